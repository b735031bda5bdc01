#include "registry/store/open_store.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "registry/store/sqlite_store.h"
#include "registry/store/volatile_store.h"

namespace cloudmap::registry {

absl::StatusOr<std::unique_ptr<Store>> OpenStore(absl::string_view kind,
                                                 absl::string_view data_dir) {
  if (kind == "memory") {
    return std::make_unique<VolatileStore>();
  }
  if (kind == "sqlite") {
    return SqliteStore::Open(data_dir);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--store ", kind, " is unknown; use sqlite or memory"));
}

}  // namespace cloudmap::registry
