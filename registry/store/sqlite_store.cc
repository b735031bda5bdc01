#include "registry/store/sqlite_store.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "registry/base/check.h"
#include "registry/base/status_macros.h"
#include "registry/store/record_codec.h"
#include "registry/store/registry_file.h"

namespace cloudmap::registry {
namespace {

constexpr absl::string_view kSelectRevision = "SELECT value FROM meta WHERE name = 'revision'";

absl::Status WithRemedy(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kDataLoss) {
    return status;
  }
  return absl::DataLossError(absl::StrCat(status.message(), "; restore the file from a backup"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> SqliteStore::Open(absl::string_view data_dir) {
  ASSIGN_OR_RETURN(StoreDirectory directory, StoreDirectory::Claim(data_dir));
  const std::string path = directory.registry_path();
  if (!directory.has_registry()) {
    RETURN_IF_ERROR(CreateRegistryFile(path, directory.scratch_path()));
  }
  absl::StatusOr<SqliteConnection> opened = OpenRegistryFile(path);
  if (!opened.ok()) {
    return WithRemedy(opened.status());
  }
  int64_t revision = 0;
  const auto prepare = [&]() -> absl::StatusOr<Statements> {
    ASSIGN_OR_RETURN(revision, opened->QueryInteger(kSelectRevision));
    ASSIGN_OR_RETURN(SqliteStatement put,
                     opened->Prepare("INSERT OR REPLACE INTO records VALUES (?1, ?2, ?3)"));
    ASSIGN_OR_RETURN(SqliteStatement erase, opened->Prepare("DELETE FROM records WHERE key = ?1"));
    ASSIGN_OR_RETURN(SqliteStatement set_revision,
                     opened->Prepare("UPDATE meta SET value = ?1 WHERE name = 'revision'"));
    return Statements{std::move(put), std::move(erase), std::move(set_revision)};
  };
  absl::StatusOr<Statements> statements = prepare();
  if (!statements.ok()) {
    return WithRemedy(statements.status());
  }
  return std::unique_ptr<Store>(
      new SqliteStore(std::move(directory), *std::move(opened), *std::move(statements), revision));
}

SqliteStore::SqliteStore(StoreDirectory directory, SqliteConnection db, Statements statements,
                         int64_t revision)
    : directory_(std::move(directory)),
      db_(std::move(db)),
      statements_(std::move(statements)),
      revision_(revision) {}

absl::StatusOr<Snapshot> SqliteStore::Load() {
  absl::StatusOr<Snapshot> snapshot = ReadAll();
  if (!snapshot.ok()) {
    return WithRemedy(snapshot.status());
  }
  revision_ = snapshot->revision;
  must_load_ = false;
  return snapshot;
}

absl::StatusOr<Snapshot> SqliteStore::ReadAll() {
  Snapshot snapshot;
  ASSIGN_OR_RETURN(snapshot.revision, db_.QueryInteger(kSelectRevision));
  ASSIGN_OR_RETURN(SqliteStatement query, db_.Prepare("SELECT key, value, checksum FROM records"));
  for (;;) {
    ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) {
      return snapshot;
    }
    const absl::string_view key = query.Blob(0);
    const absl::string_view value = query.Blob(1);
    const bool intact = static_cast<uint64_t>(query.Integer(2)) == Checksum(key, value);
    absl::StatusOr<RecordPtr> record = intact ? DecodeRecord(key, value) : DamagedRecord(key);
    if (!record.ok()) {
      return absl::DataLossError(
          absl::StrCat(directory_.registry_path(), ": ", record.status().message()));
    }
    snapshot.records.push_back(*std::move(record));
  }
}

absl::Status SqliteStore::Commit(const Batch& batch) {
  if (must_load_) {
    return absl::FailedPreconditionError(
        absl::StrCat(directory_.registry_path(), ": load before the next commit"));
  }
  CLOUDMAP_CHECK(batch.revision > revision_, "I3: revisions grow");
  // Until it has succeeded.
  must_load_ = true;
  RETURN_IF_ERROR(WithRemedy(WriteBatch(batch)));
  must_load_ = false;
  revision_ = batch.revision;
  return absl::OkStatus();
}

absl::Status SqliteStore::WriteBatch(const Batch& batch) {
  ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(db_));
  for (const Change& change : batch.changes) {
    if (const PackedOperations* operations = change.forgotten()) {
      for (const PackedOperation& operation : *operations) {
        const std::string key = EncodeKey(KeyOf(operation));
        RETURN_IF_ERROR(statements_.erase.BindBlob(1, key).Run());
      }
      continue;
    }
    const std::string key = EncodeKey(change.key());
    if (change.record() == nullptr) {
      RETURN_IF_ERROR(statements_.erase.BindBlob(1, key).Run());
      continue;
    }
    const std::string value = EncodeRecord(*change.record());
    RETURN_IF_ERROR(statements_.put.BindBlob(1, key)
                        .BindBlob(2, value)
                        .BindInteger(3, static_cast<int64_t>(Checksum(key, value)))
                        .Run());
  }
  RETURN_IF_ERROR(statements_.set_revision.BindInteger(1, batch.revision).Run());
  return transaction.Commit();
}

}  // namespace cloudmap::registry
