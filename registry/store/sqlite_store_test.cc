#include "registry/store/sqlite_store.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "registry/store/testing/store_contract.h"
#include "tests/support/temporary_directory.h"

namespace cloudmap::registry {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Store> MustOpen(const std::string& directory) {
  absl::StatusOr<std::unique_ptr<Store>> store = SqliteStore::Open(directory);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

struct SqliteFixture {
  TemporaryDirectory directory;
  std::unique_ptr<Store> Open() { return MustOpen(directory.path() + "/made/when/missing"); }
};
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, DurableStoreContract, SqliteFixture);

class SqliteStoreTest : public testing::Test {
 protected:
  // A raw connection, as another program would use.
  SqliteConnection Raw() {
    return *SqliteConnection::Open(directory_.path() + "/registry.db", SqliteAccess::kExisting);
  }

  TemporaryDirectory directory_;
};

TEST_F(SqliteStoreTest, FileSaysWhoseItIsAndIsDurable) {
  const std::unique_ptr<Store> store = MustOpen(directory_.path());
  SqliteConnection db = Raw();
  EXPECT_EQ(*db.QueryInteger("PRAGMA application_id"), 0x636d6170);
  EXPECT_EQ(*db.QueryInteger("PRAGMA user_version"), 1);
  EXPECT_EQ(*db.QueryText("PRAGMA journal_mode"), "wal");
}

TEST_F(SqliteStoreTest, OneBatchIsOneTransaction) {
  const std::unique_ptr<Store> store = MustOpen(directory_.path());
  ASSERT_TRUE(store->Commit({1, OneOfEachKind()}).ok());
  SqliteConnection db = Raw();
  const int64_t before = *db.QueryInteger("PRAGMA data_version");
  ASSERT_TRUE(store->Commit({2, OneOfEachKind()}).ok());
  EXPECT_EQ(*db.QueryInteger("PRAGMA data_version"), before + 1);
}

TEST_F(SqliteStoreTest, SecondOwnerIsToldOfTheFirst) {
  const std::unique_ptr<Store> store = MustOpen(directory_.path());
  const auto second = SqliteStore::Open(directory_.path());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(
      second.status().message(),
      absl::StrCat("--data-dir ", directory_.path(), " is in use by another cloudmapd (process ",
                   getpid(), "); stop it or name another directory"));
}

TEST_F(SqliteStoreTest, DirectoryIsFreeOnceTheStoreIsGone) {
  MustOpen(directory_.path()).reset();
  EXPECT_NE(MustOpen(directory_.path()), nullptr);
}

TEST_F(SqliteStoreTest, LiveBackupHoldsTheCommitted) {
  const std::unique_ptr<Store> store = MustOpen(directory_.path());
  ASSERT_TRUE(store->Commit({9, OneOfEachKind()}).ok());
  const TemporaryDirectory copy;
  SqliteConnection db = Raw();
  ASSERT_TRUE(db.Execute(absl::StrCat("VACUUM INTO '", copy.path(), "/registry.db'").c_str()).ok());
  const std::unique_ptr<Store> restored = MustOpen(copy.path());
  ASSERT_NE(restored, nullptr);
  EXPECT_EQ(restored->Load()->revision, 9);
  EXPECT_EQ(ContentsOf(*restored->Load()), ContentsOf(*store->Load()));
}

TEST_F(SqliteStoreTest, InterruptedCreationIsStartedOver) {
  std::filesystem::create_directories(directory_.path());
  WriteFile(directory_.path() + "/registry.new", "half a database");
  WriteFile(directory_.path() + "/registry.new-wal", "half a log");
  const std::unique_ptr<Store> store = MustOpen(directory_.path());
  ASSERT_NE(store, nullptr);
  EXPECT_TRUE(store->Load()->records.empty());
}

// A limit on file size stands in for a full disk: writes to the log fail half way.
TEST_F(SqliteStoreTest, CommitOnAFullDiskFailsWholeAndTheStoreRecovers) {
  const std::unique_ptr<Store> store = MustOpen(directory_.path());
  ASSERT_TRUE(store->Commit({1, OneOfEachKind()}).ok());
  const Contents before = ContentsOf(*store->Load());

  std::vector<Change> large;
  for (int i = 0; i < 200; ++i) {
    large.push_back(Put(InstanceWith("srv-1", absl::StrCat("i-", i), std::string(4000, 'x'))));
  }
  struct rlimit unlimited {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  struct rlimit small = unlimited;
  small.rlim_cur = 200000;
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status full = store->Commit({2, large});
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
  signal(SIGXFSZ, old_handler);

  ASSERT_FALSE(full.ok());
  EXPECT_THAT(std::string(full.message()), HasSubstr(directory_.path() + "/registry.db"));
  EXPECT_EQ(store->Commit({2, large}).code(), absl::StatusCode::kFailedPrecondition)
      << "refused until loaded";
  EXPECT_EQ(store->Load()->revision, 1);
  EXPECT_EQ(ContentsOf(*store->Load()), before);
  const absl::Status again = store->Commit({2, large});
  ASSERT_TRUE(again.ok()) << again;
  EXPECT_EQ(store->Load()->records.size(), before.size() + 199) << "i-1 was there before";
}

TEST_F(SqliteStoreTest, DamagedValueIsNamedNotServed) {
  ASSERT_TRUE(MustOpen(directory_.path())->Commit({1, OneOfEachKind()}).ok());
  ASSERT_TRUE(Raw()
                  .Execute("UPDATE records SET value = CAST(replace(value, '10.0.0.1', '10.0.0.7')"
                           " AS BLOB) WHERE key = CAST('instance/srv-1/i-1' AS BLOB)")
                  .ok());
  const std::unique_ptr<Store> store = MustOpen(directory_.path());
  const absl::StatusOr<Snapshot> snapshot = store->Load();
  ASSERT_FALSE(snapshot.ok());
  EXPECT_EQ(snapshot.status().message(),
            directory_.path() +
                "/registry.db: record instance/srv-1/i-1 is damaged; restore the "
                "file from a backup");
}

TEST_F(SqliteStoreTest, MissingTableIsAnError) {
  MustOpen(directory_.path()).reset();
  ASSERT_TRUE(Raw().Execute("DROP TABLE records").ok());
  const auto store = SqliteStore::Open(directory_.path());
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.status().message(), directory_.path() + "/registry.db: no such table: records");
}

// Overwrites each page in turn with garbage: an error or the old content, never a crash and never
// anything else.
TEST_F(SqliteStoreTest, GarbageInAnyPageIsAnErrorOrHarmless) {
  const std::string path = directory_.path() + "/registry.db";
  {
    const std::unique_ptr<Store> store = MustOpen(directory_.path());
    std::mt19937_64 random(3);
    for (int64_t revision = 1; revision <= 20; ++revision) {
      ASSERT_TRUE(store->Commit({revision, RandomChanges(random, 20)}).ok());
    }
  }
  const std::string good = ReadFile(path);
  const Contents expected = ContentsOf(*MustOpen(directory_.path())->Load());
  ASSERT_GT(expected.size(), 10U);
  std::mt19937_64 random(4);
  int errors = 0;
  for (size_t page = 0; page < good.size(); page += 4096) {
    std::string bad = good;
    // Page 1 keeps its header: a file without one is not ours at all.
    for (size_t i = page + (page == 0 ? 100 : 0); i < page + 4096; ++i) {
      bad[i] = static_cast<char>(random());
    }
    WriteFile(path, bad);
    const auto store = SqliteStore::Open(directory_.path());
    const absl::StatusOr<Snapshot> snapshot =
        store.ok() ? (*store)->Load() : absl::StatusOr<Snapshot>(store.status());
    if (snapshot.ok()) {
      EXPECT_EQ(ContentsOf(*snapshot), expected) << "page at " << page;
    } else {
      ++errors;
      EXPECT_THAT(std::string(snapshot.status().message()), HasSubstr(path));
      EXPECT_FALSE(absl::StrContains(snapshot.status().message(), "\n"));
    }
  }
  EXPECT_GT(errors, 5);
}

TEST_F(SqliteStoreTest, TruncatedFileIsAnErrorOrHarmless) {
  const std::string path = directory_.path() + "/registry.db";
  ASSERT_TRUE(MustOpen(directory_.path())->Commit({1, OneOfEachKind()}).ok());
  const std::string good = ReadFile(path);
  const Contents expected = ContentsOf(*MustOpen(directory_.path())->Load());
  for (size_t size = 0; size < good.size(); size += 512) {
    WriteFile(path, good.substr(0, size));
    const auto store = SqliteStore::Open(directory_.path());
    const absl::StatusOr<Snapshot> snapshot =
        store.ok() ? (*store)->Load() : absl::StatusOr<Snapshot>(store.status());
    if (snapshot.ok()) {
      EXPECT_EQ(ContentsOf(*snapshot), expected) << "of " << size << " bytes";
    }
  }
}

TEST_F(SqliteStoreTest, TornLogLosesAtMostTheTornBatch) {
  const TemporaryDirectory crashed;
  std::filesystem::create_directories(crashed.path());
  std::vector<Contents> history = {{}};
  {
    const std::unique_ptr<Store> store = MustOpen(directory_.path());
    std::mt19937_64 random(5);
    for (int64_t revision = 1; revision <= 8; ++revision) {
      const std::vector<Change> changes = RandomChanges(random, 3);
      history.push_back(history.back());
      ApplyTo(history.back(), changes);
      ASSERT_TRUE(store->Commit({revision, changes}).ok());
    }
    // While the store is open its batches are in the log: the state a crash leaves.
    for (const char* name : {"/registry.db", "/registry.db-wal"}) {
      std::filesystem::copy_file(directory_.path() + name, crashed.path() + name);
    }
  }
  const std::string wal = crashed.path() + "/registry.db-wal";
  const std::string db = ReadFile(crashed.path() + "/registry.db");
  const std::string log = ReadFile(wal);
  ASSERT_GT(log.size(), 8U * 4096U);
  size_t last_revision = 0;
  for (size_t size = 0; size <= log.size(); size += 1000) {
    WriteFile(crashed.path() + "/registry.db", db);
    WriteFile(wal, log.substr(0, size));
    const std::unique_ptr<Store> store = MustOpen(crashed.path());
    ASSERT_NE(store, nullptr);
    const absl::StatusOr<Snapshot> snapshot = store->Load();
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    const auto revision = static_cast<size_t>(snapshot->revision);
    ASSERT_LT(revision, history.size());
    EXPECT_GE(revision, last_revision) << "a longer log holds no less";
    EXPECT_EQ(ContentsOf(*snapshot), history[revision]);
    last_revision = revision;
  }
  EXPECT_GE(last_revision, history.size() - 2);
}

// Commits one instance a batch and writes its number to `pipe_fd` once it is acknowledged.
[[noreturn]] void CommitUntilKilled(const std::string& directory, int pipe_fd) {
  auto store = SqliteStore::Open(directory);
  if (!store.ok()) {
    _exit(2);
  }
  const absl::StatusOr<Snapshot> snapshot = (*store)->Load();
  int64_t revision = snapshot.ok() ? snapshot->revision : 0;
  for (;;) {
    ++revision;
    const std::string id = absl::StrCat("i-", revision);
    if (!(*store)->Commit({revision, {Put(InstanceWith("srv-1", id, id))}}).ok() ||
        write(pipe_fd, &revision, sizeof(revision)) != sizeof(revision)) {
      _exit(3);
    }
  }
}

TEST_F(SqliteStoreTest, KilledOwnerLosesNothingAcknowledgedAndLeavesNoLock) {
  int64_t acknowledged = 0;
  for (int round = 0; round < 10; ++round) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      CommitUntilKilled(directory_.path(), ends[1]);
    }
    close(ends[1]);
    const int64_t kill_after = acknowledged + 20 + round * 7;
    int64_t revision = 0;
    bool killed = false;
    while (read(ends[0], &revision, sizeof(revision)) == sizeof(revision)) {
      acknowledged = revision;
      if (revision >= kill_after && !killed) {
        killed = true;
        ASSERT_EQ(kill(child, SIGKILL), 0);
      }
    }
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child stopped by itself: " << status;

    const std::unique_ptr<Store> store = MustOpen(directory_.path());
    ASSERT_NE(store, nullptr);
    const absl::StatusOr<Snapshot> snapshot = store->Load();
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    // The batch in flight may have become durable without being acknowledged.
    EXPECT_GE(snapshot->revision, acknowledged);
    EXPECT_LE(snapshot->revision, acknowledged + 1);
    EXPECT_EQ(snapshot->records.size(), static_cast<size_t>(snapshot->revision));
    acknowledged = snapshot->revision;
  }
}

TEST_F(SqliteStoreTest, ForeignWriterDelaysButNeverBreaksACommit) {
  const std::unique_ptr<Store> store = MustOpen(directory_.path());
  SqliteConnection db = Raw();
  {
    const absl::StatusOr<SqliteTransaction> held = SqliteTransaction::Begin(db);
    ASSERT_TRUE(held.ok());
    const absl::Status busy = store->Commit({1, OneOfEachKind()});
    EXPECT_EQ(busy.code(), absl::StatusCode::kUnavailable) << busy;
  }
  EXPECT_TRUE(store->Load()->records.empty());
  EXPECT_TRUE(store->Commit({1, OneOfEachKind()}).ok());
}

}  // namespace
}  // namespace cloudmap::registry
