#include "registry/store/sqlite_db.h"

#include <sqlite3.h>

#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "registry/base/status_macros.h"

namespace cloudmap::registry {
namespace {

// A foreign program may hold the write lock for a moment; a commit waits this long.
constexpr int kBusyTimeoutMs = 1000;

absl::StatusCode CodeOf(int result) {
  switch (result & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_FULL:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status LastError(sqlite3* db) {
  const int result = sqlite3_extended_errcode(db);
  const char* path = sqlite3_db_filename(db, "main");
  std::string text = absl::StrCat(path == nullptr ? "" : path, ": ", sqlite3_errmsg(db));
  const int system_error = sqlite3_system_errno(db);
  if ((result & 0xff) == SQLITE_IOERR && system_error != 0) {
    absl::StrAppend(&text, " (", std::generic_category().message(system_error), ")");
  }
  return {CodeOf(result), text};
}

}  // namespace

void SqliteStatement::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

SqliteStatement& SqliteStatement::BindBlob(int parameter, absl::string_view bytes) {
  // A null pointer would bind NULL. Errors (a wrong number) surface as a missing value in Step.
  sqlite3_bind_blob64(statement_.get(), parameter, bytes.empty() ? "" : bytes.data(), bytes.size(),
                      SQLITE_STATIC);
  return *this;
}

SqliteStatement& SqliteStatement::BindInteger(int parameter, int64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter, value);
  return *this;
}

absl::StatusOr<bool> SqliteStatement::Step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) {
    return true;
  }
  if (result == SQLITE_DONE) {
    return false;
  }
  absl::Status error = LastError(sqlite3_db_handle(statement_.get()));
  Reset();
  return error;
}

absl::Status SqliteStatement::Run() {
  for (;;) {
    ASSIGN_OR_RETURN(const bool row, Step());
    if (!row) {
      Reset();
      return absl::OkStatus();
    }
  }
}

void SqliteStatement::Reset() { sqlite3_reset(statement_.get()); }

absl::string_view SqliteStatement::Blob(int column) {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {static_cast<const char*>(bytes), static_cast<size_t>(size)};
}

int64_t SqliteStatement::Integer(int column) {
  return sqlite3_column_int64(statement_.get(), column);
}

void SqliteConnection::Closer::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

absl::StatusOr<SqliteConnection> SqliteConnection::Open(const std::string& path,
                                                        SqliteAccess access) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  if (access == SqliteAccess::kCreate) {
    flags |= SQLITE_OPEN_CREATE;
  }
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  SqliteConnection connection(handle);
  if (result != SQLITE_OK) {
    return absl::Status(
        CodeOf(result),
        absl::StrCat(path, ": ", handle == nullptr ? "out of memory" : sqlite3_errmsg(handle)));
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return connection;
}

absl::StatusOr<SqliteStatement> SqliteConnection::Prepare(absl::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return LastError(db_.get());
  }
  return SqliteStatement(statement);
}

absl::Status SqliteConnection::Execute(const char* sql) {
  if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return LastError(db_.get());
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> SqliteConnection::QueryInteger(absl::string_view sql) {
  ASSIGN_OR_RETURN(SqliteStatement query, Prepare(sql));
  ASSIGN_OR_RETURN(const bool row, query.Step());
  if (!row) {
    return absl::DataLossError(
        absl::StrCat(sqlite3_db_filename(db_.get(), "main"), ": no row for ", sql));
  }
  return query.Integer(0);
}

absl::StatusOr<std::string> SqliteConnection::QueryText(absl::string_view sql) {
  ASSIGN_OR_RETURN(SqliteStatement query, Prepare(sql));
  ASSIGN_OR_RETURN(const bool row, query.Step());
  return row ? std::string(query.Blob(0)) : std::string();
}

void SqliteConnection::KeepLogOnClose(bool keep) {
  sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
}

bool SqliteConnection::IsReadOnly() const { return sqlite3_db_readonly(db_.get(), "main") == 1; }

bool SqliteConnection::InTransaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }

absl::StatusOr<SqliteTransaction> SqliteTransaction::Begin(SqliteConnection& db) {
  RETURN_IF_ERROR(db.Execute("BEGIN IMMEDIATE"));
  return SqliteTransaction(db);
}

SqliteTransaction::SqliteTransaction(SqliteTransaction&& other) noexcept
    : db_(std::exchange(other.db_, nullptr)) {}

SqliteTransaction::~SqliteTransaction() {
  // Some errors make SQLite roll back by itself; a second ROLLBACK would only fail.
  if (db_ != nullptr && db_->InTransaction()) {
    (void)db_->Execute("ROLLBACK");
  }
}

absl::Status SqliteTransaction::Commit() {
  RETURN_IF_ERROR(db_->Execute("COMMIT"));
  db_ = nullptr;
  return absl::OkStatus();
}

}  // namespace cloudmap::registry
