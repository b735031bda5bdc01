// Finding what a request names, by id or ARN, or the error that says it is not there.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "registry/model/state.h"
#include "registry/options.h"

namespace cloudmap::registry {

absl::StatusOr<const NamespaceEntry*> LookUpNamespace(const State& state,
                                                      const RegistryOptions& options,
                                                      absl::string_view id_or_arn);

absl::StatusOr<const ServiceEntry*> LookUpService(const State& state,
                                                  const RegistryOptions& options,
                                                  absl::string_view id_or_arn);

absl::StatusOr<const PackedInstance*> LookUpInstance(const ServiceEntry& service,
                                                     absl::string_view instance_id);

// What a tag operation is about: a namespace or a service.
struct Tagged {
  const NamespaceEntry* in = nullptr;
  const ServiceEntry* service = nullptr;
};

// By ARN only, as on AWS.
absl::StatusOr<Tagged> LookUpTagged(const State& state, const RegistryOptions& options,
                                    absl::string_view arn);

// REQUIRES: a service of `state`.
const NamespaceEntry& NamespaceOf(const State& state, const ServiceRecord& service);

}  // namespace cloudmap::registry
