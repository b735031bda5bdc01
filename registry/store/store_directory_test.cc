#include "registry/store/store_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "registry/store/registry_file.h"
#include "registry/store/sqlite_store.h"
#include "tests/support/temporary_directory.h"

namespace cloudmap::registry {
namespace {

using Files = std::map<std::string, std::string>;

Files FilesIn(const std::string& directory) {
  Files files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    files[entry.path().filename()] = entry.is_regular_file() ? ReadFile(entry.path()) : "";
  }
  return files;
}

class RefusedDirectory : public testing::Test {
 protected:
  // Opening must fail with `message`, where $D is the directory, and change nothing.
  void ExpectRefused(const std::string& message) {
    const Files before = FilesIn(path());
    const auto store = SqliteStore::Open(path());
    ASSERT_FALSE(store.ok());
    std::string expected = message;
    for (size_t at = expected.find("$D"); at != std::string::npos; at = expected.find("$D")) {
      expected.replace(at, 2, path());
    }
    EXPECT_EQ(store.status().message(), expected);
    EXPECT_EQ(FilesIn(path()), before);
  }

  const std::string& path() const { return directory_.path(); }

 private:
  TemporaryDirectory directory_;
};

TEST_F(RefusedDirectory, HoldsForeignFiles) {
  WriteFile(path() + "/thesis.tex", "years of work");
  ExpectRefused(
      "--data-dir $D holds files that cloudmapd did not write (thesis.tex); name an empty "
      "directory");
}

TEST_F(RefusedDirectory, RegistryIsGarbage) {
  WriteFile(path() + "/registry.db", std::string(5000, 'x'));
  ExpectRefused(
      "$D/registry.db is not an SQLite database, not a registry of cloudmapd; name another "
      "--data-dir");
}

TEST_F(RefusedDirectory, RegistryIsShorterThanAHeader) {
  WriteFile(path() + "/registry.db", std::string("SQLite format 3\0", 16));
  ExpectRefused(
      "$D/registry.db is not an SQLite database, not a registry of cloudmapd; name another "
      "--data-dir");
}

TEST_F(RefusedDirectory, RegistryIsEmpty) {
  WriteFile(path() + "/registry.db", "");
  ExpectRefused("$D/registry.db is empty, not a registry of cloudmapd; name another --data-dir");
}

TEST_F(RefusedDirectory, RegistryIsADirectory) {
  std::filesystem::create_directory(path() + "/registry.db");
  ExpectRefused(
      "$D/registry.db is a directory, not a registry of cloudmapd; name another --data-dir");
}

TEST_F(RefusedDirectory, RegistryIsAFifo) {
  ASSERT_EQ(mkfifo((path() + "/registry.db").c_str(), 0600), 0);
  ExpectRefused(
      "$D/registry.db is a special file, not a registry of cloudmapd; name another --data-dir");
}

TEST_F(RefusedDirectory, RegistryIsOfAnotherProgram) {
  {
    auto db = SqliteConnection::Open(path() + "/registry.db", SqliteAccess::kCreate);
    ASSERT_TRUE(db->Execute("CREATE TABLE bookmarks (url TEXT)").ok());
  }
  ExpectRefused(
      "$D/registry.db is an SQLite database of another program, not a registry of cloudmapd; name "
      "another --data-dir");
}

TEST_F(RefusedDirectory, RegistryIsOfANewerSchema) {
  ASSERT_TRUE(CreateRegistryFile(path() + "/registry.db", path() + "/registry.new").ok());
  {
    auto db = SqliteConnection::Open(path() + "/registry.db", SqliteAccess::kExisting);
    ASSERT_TRUE(db->Execute("PRAGMA user_version=7").ok());
  }
  ExpectRefused(
      "$D/registry.db was written by a newer cloudmapd (schema 7, this one knows 1); upgrade "
      "cloudmapd");
}

// The newer server was killed before its version number got from the log into the file.
TEST_F(RefusedDirectory, LogIsOfANewerSchema) {
  const TemporaryDirectory origin;
  const std::string db_path = origin.path() + "/registry.db";
  ASSERT_TRUE(CreateRegistryFile(db_path, origin.path() + "/registry.new").ok());
  {
    auto db = SqliteConnection::Open(db_path, SqliteAccess::kExisting);
    ASSERT_TRUE(db->Execute("PRAGMA user_version=7").ok());
    for (const char* name : {"/registry.db", "/registry.db-wal"}) {
      std::filesystem::copy_file(origin.path() + name, path() + name);
    }
  }
  const Files before = FilesIn(path());
  const auto store = SqliteStore::Open(path());
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.status().message(),
            path() +
                "/registry.db was written by a newer cloudmapd (schema 7, this one knows 1); "
                "upgrade cloudmapd");
  const Files after = FilesIn(path());
  EXPECT_EQ(after.at("registry.db"), before.at("registry.db"));
  EXPECT_EQ(after.at("registry.db-wal"), before.at("registry.db-wal"));
}

TEST_F(RefusedDirectory, LogWithoutItsRegistry) {
  WriteFile(path() + "/registry.db-wal", "acknowledged batches");
  ExpectRefused(
      "--data-dir $D holds registry.db-wal but no registry.db; restore that file or name an empty "
      "directory");
}

TEST(StoreDirectory, FileInPlaceOfADirectoryIsRefused) {
  const TemporaryDirectory parent;
  const std::string path = parent.path() + "/file";
  WriteFile(path, "content");
  const auto claim = StoreDirectory::Claim(path);
  ASSERT_FALSE(claim.ok());
  EXPECT_EQ(claim.status().message(),
            absl::StrCat("--data-dir ", path, " is not a directory; name a directory"));
  EXPECT_EQ(ReadFile(path), "content");
}

TEST(StoreDirectory, FileInPlaceOfAParentIsRefused) {
  const TemporaryDirectory parent;
  WriteFile(parent.path() + "/file", "content");
  const auto claim = StoreDirectory::Claim(parent.path() + "/file/store");
  ASSERT_FALSE(claim.ok());
  EXPECT_THAT(std::string(claim.status().message()), testing::HasSubstr("Not a directory"));
}

TEST(StoreDirectory, EmptyNameIsRefused) {
  const auto claim = StoreDirectory::Claim("");
  ASSERT_FALSE(claim.ok());
  EXPECT_EQ(claim.status().message(), "--data-dir is empty; name a directory");
}

TEST(StoreDirectory, MissingOneIsMadeWithItsParents) {
  const TemporaryDirectory parent;
  const auto claim = StoreDirectory::Claim(parent.path() + "/a/b/c//");
  ASSERT_TRUE(claim.ok()) << claim.status();
  EXPECT_FALSE(claim->has_registry());
  EXPECT_EQ(claim->registry_path(), parent.path() + "/a/b/c/registry.db");
  struct stat status {};
  ASSERT_EQ(stat((parent.path() + "/a/b/c").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST(StoreDirectory, RootOfANewFileSystemIsAccepted) {
  const TemporaryDirectory mount;
  std::filesystem::create_directory(mount.path() + "/lost+found");
  const auto claim = StoreDirectory::Claim(mount.path());
  EXPECT_TRUE(claim.ok()) << claim.status();
}

// Root may do anything; become somebody else for the duration.
class WithoutPrivileges {
 public:
  WithoutPrivileges() : original_(geteuid()) {
    if (original_ == 0) {
      EXPECT_EQ(seteuid(65534), 0);
    }
  }
  WithoutPrivileges(const WithoutPrivileges&) = delete;
  WithoutPrivileges& operator=(const WithoutPrivileges&) = delete;
  ~WithoutPrivileges() { EXPECT_EQ(seteuid(original_), 0); }

 private:
  uid_t original_;
};

TEST(StoreDirectory, UnreadableOrUnwritableIsRefused) {
  const TemporaryDirectory parent;
  ASSERT_EQ(chmod(parent.path().c_str(), 0755), 0);
  const std::string unreadable = parent.path() + "/unreadable";
  const std::string unwritable = parent.path() + "/unwritable";
  ASSERT_EQ(mkdir(unreadable.c_str(), 0000), 0);
  ASSERT_EQ(mkdir(unwritable.c_str(), 0555), 0);
  const std::string missing = unwritable + "/missing";

  const auto [on_unreadable, on_unwritable, on_missing] = [&] {
    const WithoutPrivileges guard;
    return std::tuple(StoreDirectory::Claim(unreadable).status(),
                      StoreDirectory::Claim(unwritable).status(),
                      StoreDirectory::Claim(missing).status());
  }();
  EXPECT_EQ(on_unreadable.message(),
            absl::StrCat("--data-dir ", unreadable,
                         " cannot be read: Permission denied; let the user that runs cloudmapd "
                         "read and write it, or name another directory"));
  EXPECT_EQ(on_unwritable.message(),
            absl::StrCat(unwritable,
                         "/registry.lock cannot be written: Permission denied; let the user that "
                         "runs cloudmapd write it, or name another --data-dir"));
  EXPECT_EQ(on_missing.message(),
            absl::StrCat("--data-dir ", missing,
                         " cannot be created: Permission denied; create it for the user that runs "
                         "cloudmapd, or name another directory"));
  ASSERT_EQ(chmod(unreadable.c_str(), 0700), 0);
}

TEST(StoreDirectory, RegistryThatMayNotBeWrittenIsRefusedAtOpen) {
  const TemporaryDirectory directory;
  { ASSERT_TRUE(SqliteStore::Open(directory.path()).ok()); }
  ASSERT_EQ(chmod(directory.path().c_str(), 0777), 0);
  ASSERT_EQ(chmod((directory.path() + "/registry.lock").c_str(), 0666), 0);
  ASSERT_EQ(chmod((directory.path() + "/registry.db").c_str(), 0444), 0);
  const absl::Status refused = [&] {
    const WithoutPrivileges guard;
    return SqliteStore::Open(directory.path()).status();
  }();
  EXPECT_EQ(refused.message(), absl::StrCat(directory.path(),
                                            "/registry.db cannot be written: Permission denied; "
                                            "let the user that runs cloudmapd write it, or name "
                                            "another --data-dir"));
}

}  // namespace
}  // namespace cloudmap::registry
