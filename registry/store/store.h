// Where the registry is kept. Two verbs: nothing else knows which store is running. (A store
// that others also write to will add a third, Follow.)
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "registry/model/record.h"

namespace cloudmap::registry {

struct Snapshot {
  // Of the last committed batch; 0 for a store that never held one.
  int64_t revision = 0;
  std::vector<RecordPtr> records;  // in no particular order
};

struct Batch {
  int64_t revision = 0;         // greater than that of every batch before
  std::vector<Change> changes;  // at most one per key
};

// Thread safety: one caller at a time.
class Store {
 public:
  virtual ~Store() = default;

  // Every record, at a revision.
  virtual absl::StatusOr<Snapshot> Load() = 0;

  // All of the batch or nothing. Durable when it returns OK; after an error nothing is known of
  // the batch until the next Load().
  virtual absl::Status Commit(const Batch& batch) = 0;

  // Whether Commit waits for a disk or a network, so that it is worth a thread of its own.
  virtual bool CommitWaits() const { return true; }
};

}  // namespace cloudmap::registry
