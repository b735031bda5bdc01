// The instance attributes that AWS Cloud Map gives a meaning to. All others that begin with "AWS_",
// in any letter case, are reserved; the rest are the caller's own. docs/registry.md says which
// record needs which.
#pragma once

namespace cloudmap::registry {

// The DNS name that a WEIGHTED service's A and AAAA records are aliases of.
inline constexpr char kAttributeAlias[] = "AWS_ALIAS_DNS_NAME";
// The target of a CNAME record.
inline constexpr char kAttributeCname[] = "AWS_INSTANCE_CNAME";
// An EC2 instance, whose address is filled in as AWS_INSTANCE_IPV4; in HTTP namespaces only.
inline constexpr char kAttributeEc2[] = "AWS_EC2_INSTANCE_ID";
// HEALTHY or UNHEALTHY: the custom health status before the first UpdateInstanceCustomHealthStatus.
inline constexpr char kAttributeInitHealth[] = "AWS_INIT_HEALTH_STATUS";
// The address of an A record, in dotted decimal.
inline constexpr char kAttributeIpv4[] = "AWS_INSTANCE_IPV4";
// The address of an AAAA record, in any form of RFC 4291.
inline constexpr char kAttributeIpv6[] = "AWS_INSTANCE_IPV6";
// The port of an SRV record and of health checks: 1 to 65535, in decimal.
inline constexpr char kAttributePort[] = "AWS_INSTANCE_PORT";

}  // namespace cloudmap::registry
