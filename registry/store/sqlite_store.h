// The registry in one SQLite file, DIR/registry.db: WAL, synchronous=FULL, one transaction a
// batch. `sqlite3 DIR/registry.db '.backup FILE'` is safe while the server runs.
//
//   ASSIGN_OR_RETURN(std::unique_ptr<Store> store, SqliteStore::Open("./cloudmap-data"));
//
// After a failed Commit() it refuses more until Load() has told the caller what is there.
//
// Thread safety: one caller at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "registry/store/sqlite_db.h"
#include "registry/store/store.h"
#include "registry/store/store_directory.h"

namespace cloudmap::registry {

class SqliteStore : public Store {
 public:
  // Makes directory and file when there are none, and holds the directory until destroyed. Errors
  // are one line and name the directory or file and the remedy; see store_directory.h.
  static absl::StatusOr<std::unique_ptr<Store>> Open(absl::string_view data_dir);

  // DataLoss names the record or the file that is damaged.
  absl::StatusOr<Snapshot> Load() override;
  absl::Status Commit(const Batch& batch) override;

 private:
  struct Statements {
    SqliteStatement put;
    SqliteStatement erase;
    SqliteStatement set_revision;
  };

  SqliteStore(StoreDirectory directory, SqliteConnection db, Statements statements,
              int64_t revision);

  absl::StatusOr<Snapshot> ReadAll();
  absl::Status WriteBatch(const Batch& batch);

  // Order matters: the statements go before their connection, the claim after it.
  StoreDirectory directory_;
  SqliteConnection db_;
  Statements statements_;
  int64_t revision_;
  bool must_load_ = false;
};

}  // namespace cloudmap::registry
