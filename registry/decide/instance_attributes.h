// The rules of instance attributes: what RegisterInstance accepts, what it adds, and what Route 53
// would refuse of the records that follow from them.
//
// Pure functions. The texts of errors are AWS's where they are known (docs/compatibility.md says
// where they are not).
#pragma once

#include <string>

#include "absl/status/status.h"
#include "registry/base/string_map.h"
#include "registry/model/record.h"
#include "registry/options.h"

namespace cloudmap::registry {

// OK when an instance of `service`, which is in namespace `in`, may have `attributes`; InvalidInput
// otherwise. Looks at keys and sizes, at what the service's records and health check need, and at
// addresses, ports and names. --emulate aws also refuses private addresses where Route 53 would
// probe them.
absl::Status CheckInstanceAttributes(const RegistryOptions& options, const NamespaceRecord& in,
                                     const ServiceRecord& service, const StringMap& attributes);

// True when `attributes` name an EC2 instance whose address the operator has configured.
bool HasEc2Address(const RegistryOptions& options, const StringMap& attributes);
// What is stored of `attributes`: themselves, with that address as AWS_INSTANCE_IPV4 if it is
// known.
StringMap WithEc2Address(const RegistryOptions& options, StringMap attributes);

// What Route 53 would refuse of the records of instance `id`, in its words, for an operation that
// FAILs with INVALID_CHANGE_BATCH; "" when it would refuse nothing.
std::string InvalidChange(const NamespaceRecord& in, const ServiceRecord& service,
                          absl::string_view id);

}  // namespace cloudmap::registry
