// A store that forgets everything when it is destroyed: for `--store memory` and tests.
#pragma once

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "registry/store/store.h"

namespace cloudmap::registry {

class MemoryStore : public Store {
 public:
  absl::StatusOr<Snapshot> Load() override;
  absl::Status Commit(const Batch& batch) override;

 private:
  int64_t revision_ = 0;
  absl::flat_hash_map<RecordKey, RecordPtr> records_;
};

}  // namespace cloudmap::registry
