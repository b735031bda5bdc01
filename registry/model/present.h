// Records as the API shows them (Get and List responses).
#pragma once

#include "cloudmap/v1/resources.pb.h"
#include "registry/model/state.h"
#include "registry/options.h"

namespace cloudmap::registry {

v1::Namespace NamespaceToApi(const RegistryOptions& options, const NamespaceEntry& entry);
v1::NamespaceSummary NamespaceToSummary(const RegistryOptions& options,
                                        const NamespaceEntry& entry);
v1::Service ServiceToApi(const RegistryOptions& options, const ServiceEntry& entry);
v1::ServiceSummary ServiceToSummary(const RegistryOptions& options, const ServiceEntry& entry);
v1::Operation OperationToApi(const RegistryOptions& options, const PackedOperation& operation);

}  // namespace cloudmap::registry
