// The rules of services: which record types, routing policies and health checks go together, and
// what an update may change.
//
// Pure functions. Both return OK or InvalidInput, in AWS's words where they are known. AWS takes
// these sets of record types: any of A, AAAA and SRV together, or CNAME alone
// (https://docs.aws.amazon.com/cloud-map/latest/api/API_DnsConfig.html lists some of them).
#pragma once

#include "absl/status/status.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "registry/model/record.h"
#include "registry/options.h"

namespace cloudmap::registry {

// Whether the service that `request` describes may be created in namespace `in`. Whether its name
// is taken is not looked at.
absl::Status CheckServiceCreation(const RegistryOptions& options, const NamespaceRecord& in,
                                  const v1::CreateServiceRequest& request);

// Whether UpdateService may make `change` to a service of namespace `in`. The service's record
// types and the type of its health check stay what they were when it was created; what `change`
// leaves out is dropped, which is always allowed.
absl::Status CheckServiceUpdate(const RegistryOptions& options, const NamespaceRecord& in,
                                const ServiceRecord& record, const v1::ServiceChange& change);

}  // namespace cloudmap::registry
