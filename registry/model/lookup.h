// Finding what a request names, or the error that says it is not there.
//
//   ASSIGN_OR_RETURN(const ServiceEntry* service, LookUpService(state, options, request.id()));
//
// A request may name a namespace or a service by id or by ARN; an ARN of another region, account or
// kind is not there. Pointers are never null and live as long as `state`.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "registry/model/state.h"
#include "registry/options.h"

namespace cloudmap::registry {

// NamespaceNotFound when there is none.
absl::StatusOr<const NamespaceEntry*> LookUpNamespace(const State& state,
                                                      const RegistryOptions& options,
                                                      absl::string_view id_or_arn);

// ServiceNotFound when there is none.
absl::StatusOr<const ServiceEntry*> LookUpService(const State& state,
                                                  const RegistryOptions& options,
                                                  absl::string_view id_or_arn);

// InstanceNotFound when the service has none of this id. Instance ids have no ARNs.
absl::StatusOr<const PackedInstance*> LookUpInstance(const ServiceEntry& service,
                                                     absl::string_view instance_id);

// What a tag operation is about: a namespace or a service. One of the two is nullptr.
struct Tagged {
  const NamespaceEntry* in = nullptr;
  const ServiceEntry* service = nullptr;
};

// ResourceNotFound when there is none. By ARN only, as on AWS: an id is not found.
absl::StatusOr<Tagged> LookUpTagged(const State& state, const RegistryOptions& options,
                                    absl::string_view arn);

// The namespace that a service is in. REQUIRES: a service of `state`.
const NamespaceEntry& NamespaceOf(const State& state, const ServiceRecord& service);

}  // namespace cloudmap::registry
