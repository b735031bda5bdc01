#include "registry/store/registry_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "registry/base/status_macros.h"
#include "registry/store/record_codec.h"
#include "registry/store/store_directory.h"

namespace cloudmap::registry {
namespace {

// The database header: https://www.sqlite.org/fileformat.html s1.3
constexpr size_t kHeaderBytes = 100;
constexpr size_t kUserVersionOffset = 60;
constexpr size_t kApplicationIdOffset = 68;
constexpr absl::string_view kMagic("SQLite format 3\0", 16);

using Header = std::array<unsigned char, kHeaderBytes>;

uint32_t BigEndian32(const Header& header, size_t offset) {
  return uint32_t{header[offset]} << 24 | uint32_t{header[offset + 1]} << 16 |
         uint32_t{header[offset + 2]} << 8 | uint32_t{header[offset + 3]};
}

absl::Status NotOurs(const std::string& path, absl::string_view what) {
  return absl::FailedPreconditionError(
      absl::StrCat(path, " is ", what, ", not a registry of cloudmapd; name another --data-dir"));
}

absl::Status CannotRead(const std::string& path, int error) {
  return absl::PermissionDeniedError(absl::StrCat(
      path, " cannot be read: ", std::generic_category().message(error),
      "; let the user that runs cloudmapd read and write it, or name another --data-dir"));
}

absl::Status CheckSchema(const std::string& path, int64_t version) {
  if (version > kSchemaVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " was written by a newer cloudmapd (schema ", version,
                     ", this one knows ", kSchemaVersion, "); upgrade cloudmapd"));
  }
  if (version < 1) {
    return NotOurs(path, absl::StrCat("of unknown schema ", version));
  }
  return absl::OkStatus();
}

// The number of bytes read may be short of the header.
absl::StatusOr<size_t> ReadHeader(const std::string& path, Header& header) {
  // Opening a FIFO would wait for its other end.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return CannotRead(path, errno);
  }
  const absl::Cleanup closer = [fd] { close(fd); };
  struct stat file {};
  if (fstat(fd, &file) != 0) {
    return CannotRead(path, errno);
  }
  if (!S_ISREG(file.st_mode)) {
    return NotOurs(path, S_ISDIR(file.st_mode) ? "a directory" : "a special file");
  }
  size_t size = 0;
  while (size < header.size()) {
    const ssize_t got = read(fd, header.data() + size, header.size() - size);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return CannotRead(path, errno);
    }
    if (got == 0) {
      break;
    }
    size += static_cast<size_t>(got);
  }
  return size;
}

absl::Status BuildEmptyRegistry(const std::string& path) {
  ASSIGN_OR_RETURN(SqliteConnection db, SqliteConnection::Open(path, SqliteAccess::kCreate));
  RETURN_IF_ERROR(db.Execute("PRAGMA synchronous=FULL; PRAGMA journal_mode=WAL"));
  ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(db));
  RETURN_IF_ERROR(db.Execute(
      "CREATE TABLE records ("
      "  key BLOB PRIMARY KEY, value BLOB NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID;"
      "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
      "INSERT INTO meta VALUES ('revision', 0)"));
  RETURN_IF_ERROR(db.Execute(absl::StrCat("PRAGMA application_id=", kApplicationId,
                                          "; PRAGMA user_version=", kSchemaVersion)
                                 .c_str()));
  RETURN_IF_ERROR(transaction.Commit());
  // All of it in the one file that is renamed, and nothing left in the log.
  ASSIGN_OR_RETURN(const int64_t busy, db.QueryInteger("PRAGMA wal_checkpoint(TRUNCATE)"));
  return busy == 0 ? absl::OkStatus()
                   : absl::UnavailableError(absl::StrCat(path, ": locked by another program"));
}

}  // namespace

absl::Status CheckRegistryFile(const std::string& path) {
  Header header{};
  ASSIGN_OR_RETURN(const size_t size, ReadHeader(path, header));
  const absl::string_view magic(reinterpret_cast<const char*>(header.data()), kMagic.size());
  if (size < kHeaderBytes || magic != kMagic) {
    return NotOurs(path, size == 0 ? "empty" : "not an SQLite database");
  }
  if (BigEndian32(header, kApplicationIdOffset) != kApplicationId) {
    return NotOurs(path, "an SQLite database of another program");
  }
  return CheckSchema(path, BigEndian32(header, kUserVersionOffset));
}

absl::Status CreateRegistryFile(const std::string& path, const std::string& scratch_path) {
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
    const std::string leftover = scratch_path + suffix;
    if (unlink(leftover.c_str()) != 0 && errno != ENOENT) {
      return CannotWrite(leftover, errno);
    }
  }
  RETURN_IF_ERROR(BuildEmptyRegistry(scratch_path));
  if (std::rename(scratch_path.c_str(), path.c_str()) != 0) {
    return CannotWrite(path, errno);
  }
  return SyncParent(path);
}

absl::StatusOr<SqliteConnection> OpenRegistryFile(const std::string& path) {
  ASSIGN_OR_RETURN(SqliteConnection db, SqliteConnection::Open(path, SqliteAccess::kExisting));
  // The log may hold a newer header than the file: until it has been checked, keep both as found.
  db.KeepLogOnClose(true);
  ASSIGN_OR_RETURN(const int64_t version, db.QueryInteger("PRAGMA user_version"));
  RETURN_IF_ERROR(CheckSchema(path, version));
  db.KeepLogOnClose(false);
  if (db.IsReadOnly()) {
    return CannotWrite(path, EACCES);
  }
  ASSIGN_OR_RETURN(const std::string mode, db.QueryText("PRAGMA journal_mode=WAL"));
  if (mode != "wal") {
    return absl::FailedPreconditionError(absl::StrCat(
        path, " cannot be kept on this file system (no WAL mode); name a local --data-dir"));
  }
  RETURN_IF_ERROR(db.Execute("PRAGMA synchronous=FULL; PRAGMA cell_size_check=ON"));
  return db;
}

}  // namespace cloudmap::registry
