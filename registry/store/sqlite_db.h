// SQLite with owners and absl::Status: connections, statements and transactions close themselves.
//
//   ASSIGN_OR_RETURN(SqliteConnection db, SqliteConnection::Open(path, SqliteAccess::kExisting));
//   ASSIGN_OR_RETURN(SqliteStatement put, db.Prepare("INSERT INTO t VALUES (?1, ?2)"));
//   ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(db));
//   RETURN_IF_ERROR(put.BindBlob(1, bytes).BindInteger(2, 7).Run());
//   RETURN_IF_ERROR(transaction.Commit());
//
// Every error names the file: DataLoss for a damaged one, ResourceExhausted for a full disk,
// Unavailable for one that another program has locked, Internal for the rest.
//
// Thread safety: a connection and what was made from it belong to one thread at a time. Statements
// and transactions must not outlive their connection; moving the connection is fine.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct sqlite3;
struct sqlite3_stmt;

namespace cloudmap::registry {

enum class SqliteAccess : uint8_t { kExisting, kCreate };

class SqliteStatement {
 public:
  // Parameters count from 1. What a view points to must stay until Run() or Reset().
  SqliteStatement& BindBlob(int parameter, absl::string_view bytes);
  SqliteStatement& BindInteger(int parameter, int64_t value);

  // True: there is a row, valid until the next call. False: there are no more.
  absl::StatusOr<bool> Step();
  // Steps to the end and resets.
  absl::Status Run();
  void Reset();

  // Of the current row; columns count from 0. A value of another type converts as SQLite does.
  absl::string_view Blob(int column);
  int64_t Integer(int column);

 private:
  friend class SqliteConnection;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

class SqliteConnection {
 public:
  static absl::StatusOr<SqliteConnection> Open(const std::string& path, SqliteAccess access);

  absl::StatusOr<SqliteStatement> Prepare(absl::string_view sql);
  // One or more statements whose rows nobody wants.
  absl::Status Execute(const char* sql);
  // The first column of the first row.
  absl::StatusOr<int64_t> QueryInteger(absl::string_view sql);
  absl::StatusOr<std::string> QueryText(absl::string_view sql);

  // Closing the last connection normally writes the log back into the file. Without that, a file
  // that was only looked at stays as it was.
  void KeepLogOnClose(bool keep);
  // SQLite opens a file that it may not write for reading only.
  bool IsReadOnly() const;
  // After a failed COMMIT SQLite may still be in the transaction, or already out of it.
  bool InTransaction() const;

 private:
  struct Closer {
    void operator()(sqlite3* db) const;
  };
  explicit SqliteConnection(sqlite3* db) : db_(db) {}

  std::unique_ptr<sqlite3, Closer> db_;
};

// Takes the write lock. Rolls back when destroyed before Commit() has succeeded.
class SqliteTransaction {
 public:
  static absl::StatusOr<SqliteTransaction> Begin(SqliteConnection& db);
  SqliteTransaction(SqliteTransaction&& other) noexcept;
  SqliteTransaction& operator=(SqliteTransaction&&) = delete;
  ~SqliteTransaction();

  absl::Status Commit();

 private:
  explicit SqliteTransaction(SqliteConnection& db) : db_(&db) {}

  SqliteConnection* db_;  // null: nothing to roll back
};

}  // namespace cloudmap::registry
