#include "registry/decide/locks.h"

#include "absl/strings/str_cat.h"
#include "registry/errors.h"
#include "registry/model/names.h"

namespace cloudmap::registry {

std::string CreateNamespaceLock(v1::NamespaceType type, absl::string_view vpc,
                                absl::string_view name) {
  return absl::StrCat("create-namespace/", type, "/", vpc, "/", NamespaceNameKey(type, name));
}

std::string NamespaceLock(absl::string_view namespace_id) {
  return absl::StrCat("namespace/", namespace_id);
}

std::string ServiceLock(absl::string_view service_id) {
  return absl::StrCat("service/", service_id);
}

std::string InstanceLock(absl::string_view service_id, absl::string_view instance_id) {
  return absl::StrCat("instance/", service_id, "/", instance_id);
}

absl::Status CheckLock(const State& state, absl::string_view lock) {
  if (const PackedOperation* holder = state.FindOperationByLock(lock)) {
    return DuplicateRequest(holder->method(), holder->id());
  }
  return absl::OkStatus();
}

}  // namespace cloudmap::registry
