// What the operator decides of the registry's behaviour. Fixed while it runs, and part of the
// context of every decision and read; docs/operations.md has the flags.
#pragma once

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "registry/limits.h"

namespace cloudmap::registry {

// In seconds, by the type of the namespace.
struct SoaTtls {
  int64_t private_seconds = kPrivateSoaTtlSecondsDefault;
  int64_t public_seconds = kPublicSoaTtlSecondsDefault;
};

struct RegistryOptions {
  // Parts of every ARN: one server is one region and one account. The account has 12 digits.
  std::string region = "us-east-1";
  std::string account_id = "000000000000";
  // How long an asynchronous operation stays PENDING; zero: it is finished when the call answers.
  absl::Duration operation_delay = absl::ZeroDuration();
  // How long after UpdateInstanceCustomHealthStatus its status takes effect; zero: at once.
  absl::Duration custom_health_delay = absl::ZeroDuration();
  // Whether AWS's default quotas (limits.h) are enforced.
  bool aws_quotas = false;
  // Whether HealthCheckConfig is refused in private namespaces and for private addresses, as on
  // AWS.
  bool aws_health_check_rules = false;
  // The SOA TTL, and with it the TTL of negative answers, of namespaces that do not set one.
  SoaTtls soa_ttls;
  // Whether DiscoverInstances without a HealthStatus gives all instances instead of healthy ones.
  bool discover_all = false;
  // The AWS_INSTANCE_IPV4 that is filled in for each AWS_EC2_INSTANCE_ID; ids not in it get none.
  absl::flat_hash_map<std::string, std::string> ec2_addresses;
  // Whether services in HTTP namespaces cannot be updated at all, as on AWS.
  bool aws_update_rules = false;
};

}  // namespace cloudmap::registry
