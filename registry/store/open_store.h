// From the `--store` and `--data-dir` options to a store.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "registry/store/store.h"

namespace cloudmap::registry {

// `kind` is "memory" or "sqlite"; anything else is InvalidArgument. `data_dir` is used by sqlite
// only.
absl::StatusOr<std::unique_ptr<Store>> OpenStore(absl::string_view kind,
                                                 absl::string_view data_dir);

}  // namespace cloudmap::registry
