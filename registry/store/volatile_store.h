// `--store memory`: the registry's State is the only copy, so there is nothing to keep and nothing
// to read back; a commit cannot fail.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "registry/store/store.h"

namespace cloudmap::registry {

class VolatileStore final : public Store {
 public:
  absl::StatusOr<Snapshot> Load() override { return Snapshot(); }
  absl::Status Commit(const Batch& /*batch*/) override { return absl::OkStatus(); }
  bool CommitWaits() const override { return false; }
};

}  // namespace cloudmap::registry
