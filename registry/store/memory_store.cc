#include "registry/store/memory_store.h"

#include "registry/base/check.h"

namespace cloudmap::registry {

absl::StatusOr<Snapshot> MemoryStore::Load() {
  Snapshot snapshot;
  snapshot.revision = revision_;
  snapshot.records.reserve(records_.size());
  for (const auto& [key, record] : records_) {
    snapshot.records.push_back(record);
  }
  return snapshot;
}

absl::Status MemoryStore::Commit(const Batch& batch) {
  CLOUDMAP_CHECK(batch.revision > revision_, "I3: revisions grow");
  for (const Change& change : batch.changes) {
    if (change.record.has_value()) {
      records_.insert_or_assign(change.key, *change.record);
    } else {
      records_.erase(change.key);
    }
  }
  revision_ = batch.revision;
  return absl::OkStatus();
}

}  // namespace cloudmap::registry
