// The decisions: request + state -> what changes and what is answered. All are pure (I4); errors
// are those that the operation declares in service_discovery.proto.
//
// A request has passed Validate.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "registry/model/command.h"

namespace cloudmap::registry {

using DecisionOr = absl::StatusOr<Decision>;

// decide_namespace.cc
DecisionOr CreateHttpNamespace(const State&, const CommandContext&,
                               const v1::CreateHttpNamespaceRequest&);
DecisionOr CreatePrivateDnsNamespace(const State&, const CommandContext&,
                                     const v1::CreatePrivateDnsNamespaceRequest&);
DecisionOr CreatePublicDnsNamespace(const State&, const CommandContext&,
                                    const v1::CreatePublicDnsNamespaceRequest&);
DecisionOr UpdateHttpNamespace(const State&, const CommandContext&,
                               const v1::UpdateHttpNamespaceRequest&);
DecisionOr UpdatePrivateDnsNamespace(const State&, const CommandContext&,
                                     const v1::UpdatePrivateDnsNamespaceRequest&);
DecisionOr UpdatePublicDnsNamespace(const State&, const CommandContext&,
                                    const v1::UpdatePublicDnsNamespaceRequest&);
DecisionOr DeleteNamespace(const State&, const CommandContext&, const v1::DeleteNamespaceRequest&);

// decide_service.cc
DecisionOr CreateService(const State&, const CommandContext&, const v1::CreateServiceRequest&);
DecisionOr UpdateService(const State&, const CommandContext&, const v1::UpdateServiceRequest&);
DecisionOr DeleteService(const State&, const CommandContext&, const v1::DeleteServiceRequest&);

// decide_attributes.cc
DecisionOr UpdateServiceAttributes(const State&, const CommandContext&,
                                   const v1::UpdateServiceAttributesRequest&);
DecisionOr DeleteServiceAttributes(const State&, const CommandContext&,
                                   const v1::DeleteServiceAttributesRequest&);
DecisionOr TagResource(const State&, const CommandContext&, const v1::TagResourceRequest&);
DecisionOr UntagResource(const State&, const CommandContext&, const v1::UntagResourceRequest&);

// decide_instance.cc
DecisionOr RegisterInstance(const State&, const CommandContext&,
                            const v1::RegisterInstanceRequest&);
DecisionOr DeregisterInstance(const State&, const CommandContext&,
                              const v1::DeregisterInstanceRequest&);

// decide_health.cc
DecisionOr UpdateInstanceCustomHealthStatus(const State&, const CommandContext&,
                                            const v1::UpdateInstanceCustomHealthStatusRequest&);
// The command for a custom health status whose delay is over.
DecisionOr ApplyPendingHealth(const State&, const CommandContext&, absl::string_view service_id,
                              absl::string_view instance_id);

}  // namespace cloudmap::registry
