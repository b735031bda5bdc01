// Records as the API shows them, in the responses of Get and List operations.
//
// Members that AWS leaves out are left out, and what it shows as an empty object is one (the
// DnsProperties of an HTTP namespace, the DnsConfig of a service without DNS): Terraform takes each
// difference for a change. Pure functions; they copy the texts they show.
#pragma once

#include "cloudmap/v1/resources.pb.h"
#include "registry/model/state.h"
#include "registry/options.h"

namespace cloudmap::registry {

// A namespace as GetNamespace shows it, with its CreatorRequestId; the summary is without.
v1::Namespace NamespaceToApi(const RegistryOptions& options, const NamespaceEntry& entry);
v1::NamespaceSummary NamespaceToSummary(const RegistryOptions& options,
                                        const NamespaceEntry& entry);
// A service as GetService shows it, with the namespace's id at the top and in DnsConfig, and its
// CreatorRequestId; the summary is without these.
v1::Service ServiceToApi(const RegistryOptions& options, const ServiceEntry& entry);
v1::ServiceSummary ServiceToSummary(const RegistryOptions& options, const ServiceEntry& entry);
// An operation as GetOperation shows it: the targets name what is changed and what that is in.
v1::Operation OperationToApi(const RegistryOptions& options, const PackedOperation& operation);

}  // namespace cloudmap::registry
