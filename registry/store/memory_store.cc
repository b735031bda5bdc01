#include "registry/store/memory_store.h"

#include "registry/base/check.h"

namespace cloudmap::registry {

absl::StatusOr<Snapshot> MemoryStore::Load() {
  Snapshot snapshot;
  snapshot.revision = revision_;
  snapshot.records.reserve(records_.size());
  for (const RecordPtr& record : records_) {
    snapshot.records.push_back(record);
  }
  return snapshot;
}

absl::Status MemoryStore::Commit(const Batch& batch) {
  CLOUDMAP_CHECK(batch.revision > revision_, "I3: revisions grow");
  for (const Change& change : batch.changes) {
    if (const PackedOperations* operations = change.forgotten()) {
      for (const PackedOperation& operation : *operations) {
        records_.erase(RecordPtr(operation));
      }
      continue;
    }
    const auto old = records_.find(change.key());
    if (old != records_.end()) {
      records_.erase(old);
    }
    if (const RecordPtr* record = change.record()) {
      records_.insert(*record);
    }
  }
  revision_ = batch.revision;
  return absl::OkStatus();
}

}  // namespace cloudmap::registry
