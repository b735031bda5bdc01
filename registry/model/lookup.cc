#include "registry/model/lookup.h"

#include <string>

#include "absl/strings/match.h"
#include "registry/base/check.h"
#include "registry/errors.h"
#include "registry/model/ids.h"

namespace cloudmap::registry {

absl::StatusOr<const NamespaceEntry*> LookUpNamespace(const State& state,
                                                      const RegistryOptions& options,
                                                      absl::string_view id_or_arn) {
  const NamespaceEntry* entry = state.FindNamespace(ResolveId(options, "namespace", id_or_arn));
  if (entry == nullptr) {
    return NamespaceNotFound(id_or_arn);
  }
  return entry;
}

absl::StatusOr<const ServiceEntry*> LookUpService(const State& state,
                                                  const RegistryOptions& options,
                                                  absl::string_view id_or_arn) {
  const ServiceEntry* entry = state.FindService(ResolveId(options, "service", id_or_arn));
  if (entry == nullptr) {
    return ServiceNotFound(id_or_arn);
  }
  return entry;
}

absl::StatusOr<const PackedInstance*> LookUpInstance(const ServiceEntry& service,
                                                     absl::string_view instance_id) {
  const PackedInstance* found = service.instances.Find(instance_id);
  if (found == nullptr) {
    return InstanceNotFound(service.record->id(), instance_id);
  }
  return found;
}

absl::StatusOr<Tagged> LookUpTagged(const State& state, const RegistryOptions& options,
                                    absl::string_view arn) {
  Tagged tagged;
  if (absl::StartsWith(arn, "arn:")) {
    tagged.service = state.FindService(ResolveId(options, "service", arn));
    tagged.in = state.FindNamespace(ResolveId(options, "namespace", arn));
  }
  if (tagged.service == nullptr && tagged.in == nullptr) {
    return ResourceNotFound(arn);
  }
  return tagged;
}

const NamespaceEntry& NamespaceOf(const State& state, const ServiceRecord& service) {
  const NamespaceEntry* entry = state.FindNamespace(service.namespace_id());
  CLOUDMAP_CHECK(entry != nullptr, "a service has a namespace");
  return *entry;
}

}  // namespace cloudmap::registry
