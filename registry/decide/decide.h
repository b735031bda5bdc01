// The decisions: one pure function for each API method that writes. It is given the registry's
// state and a request, and says what changes and what the caller is answered, or why it is refused.
//
//   const absl::StatusOr<Decision> decision = CreateService(state, context, request);
//   if (decision.ok()) {
//     state = Apply(std::move(state), decision->mutation.changes(), context.revision);
//   }
//
// Pure (I4): time, entropy and the operator's options come in the context; nothing is read or
// written elsewhere, so a decision can be made again, on another state, and any thread may make
// one.
//
// REQUIRES: the request has passed Validate (registry/schema/validate.h), so that lengths, patterns
// and required members are not looked at again.
//
// Errors are those that the operation declares in service_discovery.proto, made by
// registry/errors.h. Of several, a request is refused first for what it names and does not exist,
// then for what it says, then for a quota, and last for what is in the way. (DeregisterInstance
// asks for a running operation first: it may be about to make the instance.)
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "registry/model/command.h"

namespace cloudmap::registry {

// namespace.cc. A creation that is tried again with the CreatorRequestId of the first try gets the
// first try's operation; see FindReplay there.
absl::StatusOr<Decision> CreateHttpNamespace(const State&, const CommandContext&,
                                             const v1::CreateHttpNamespaceRequest&);
absl::StatusOr<Decision> CreatePrivateDnsNamespace(const State&, const CommandContext&,
                                                   const v1::CreatePrivateDnsNamespaceRequest&);
absl::StatusOr<Decision> CreatePublicDnsNamespace(const State&, const CommandContext&,
                                                  const v1::CreatePublicDnsNamespaceRequest&);
absl::StatusOr<Decision> UpdateHttpNamespace(const State&, const CommandContext&,
                                             const v1::UpdateHttpNamespaceRequest&);
absl::StatusOr<Decision> UpdatePrivateDnsNamespace(const State&, const CommandContext&,
                                                   const v1::UpdatePrivateDnsNamespaceRequest&);
absl::StatusOr<Decision> UpdatePublicDnsNamespace(const State&, const CommandContext&,
                                                  const v1::UpdatePublicDnsNamespaceRequest&);
absl::StatusOr<Decision> DeleteNamespace(const State&, const CommandContext&,
                                         const v1::DeleteNamespaceRequest&);

// service.cc
absl::StatusOr<Decision> CreateService(const State&, const CommandContext&,
                                       const v1::CreateServiceRequest&);
absl::StatusOr<Decision> UpdateService(const State&, const CommandContext&,
                                       const v1::UpdateServiceRequest&);
absl::StatusOr<Decision> DeleteService(const State&, const CommandContext&,
                                       const v1::DeleteServiceRequest&);

// attributes.cc
absl::StatusOr<Decision> UpdateServiceAttributes(const State&, const CommandContext&,
                                                 const v1::UpdateServiceAttributesRequest&);
absl::StatusOr<Decision> DeleteServiceAttributes(const State&, const CommandContext&,
                                                 const v1::DeleteServiceAttributesRequest&);
absl::StatusOr<Decision> TagResource(const State&, const CommandContext&,
                                     const v1::TagResourceRequest&);
absl::StatusOr<Decision> UntagResource(const State&, const CommandContext&,
                                       const v1::UntagResourceRequest&);

// instance.cc
absl::StatusOr<Decision> RegisterInstance(const State&, const CommandContext&,
                                          const v1::RegisterInstanceRequest&);
absl::StatusOr<Decision> DeregisterInstance(const State&, const CommandContext&,
                                            const v1::DeregisterInstanceRequest&);

// health.cc
absl::StatusOr<Decision> UpdateInstanceCustomHealthStatus(
    const State&, const CommandContext&, const v1::UpdateInstanceCustomHealthStatusRequest&);

}  // namespace cloudmap::registry
