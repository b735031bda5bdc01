// The rules of instance attributes (RegisterInstance).
#pragma once

#include <string>

#include "absl/status/status.h"
#include "registry/base/string_map.h"
#include "registry/model/record.h"
#include "registry/options.h"

namespace cloudmap::registry {

inline constexpr char kAttributeAlias[] = "AWS_ALIAS_DNS_NAME";
inline constexpr char kAttributeCname[] = "AWS_INSTANCE_CNAME";
inline constexpr char kAttributeEc2[] = "AWS_EC2_INSTANCE_ID";
inline constexpr char kAttributeInitHealth[] = "AWS_INIT_HEALTH_STATUS";
inline constexpr char kAttributeIpv4[] = "AWS_INSTANCE_IPV4";
inline constexpr char kAttributeIpv6[] = "AWS_INSTANCE_IPV6";
inline constexpr char kAttributePort[] = "AWS_INSTANCE_PORT";

// InvalidInput, in AWS's words where they are known, unless an instance of `service` may have
// `attributes`.
absl::Status CheckInstanceAttributes(const RegistryOptions& options, const NamespaceRecord& in,
                                     const ServiceRecord& service, const StringMap& attributes);

// Whether the address of their AWS_EC2_INSTANCE_ID is known.
bool HasEc2Address(const RegistryOptions& options, const StringMap& attributes);
// What is kept of `attributes`: with that address, if it is known.
StringMap WithEc2Address(const RegistryOptions& options, StringMap attributes);

// What Route 53 would refuse of the records of instance `id` of `service`; "" if nothing.
std::string InvalidChange(const NamespaceRecord& in, const ServiceRecord& service,
                          absl::string_view id);

}  // namespace cloudmap::registry
