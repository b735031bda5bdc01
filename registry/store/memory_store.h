// The reference store: what the others are to do, without a disk. For tests.
#pragma once

#include <cstdint>

#include "absl/container/node_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "registry/store/store.h"

namespace cloudmap::registry {

class MemoryStore : public Store {
 public:
  absl::StatusOr<Snapshot> Load() override;
  absl::Status Commit(const Batch& batch) override;
  bool CommitWaits() const override { return false; }

 private:
  // By key, which is in the record.
  struct Hash {
    using is_transparent = void;
    size_t operator()(const RecordPtr& record) const { return (*this)(KeyOf(record)); }
    size_t operator()(const RecordKeyView& key) const { return absl::HashOf(key); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const RecordPtr& a, const RecordPtr& b) const { return KeyOf(a) == KeyOf(b); }
    bool operator()(const RecordPtr& a, const RecordKeyView& b) const { return KeyOf(a) == b; }
  };

  int64_t revision_ = 0;
  absl::node_hash_set<RecordPtr, Hash, Equal> records_;
};

}  // namespace cloudmap::registry
