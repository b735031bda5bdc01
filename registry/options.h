// What the operator decides of the registry's behaviour; fixed while it runs.
#pragma once

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "registry/limits.h"

namespace cloudmap::registry {

struct SoaTtls {
  int64_t private_seconds = kPrivateSoaTtlSecondsDefault;
  int64_t public_seconds = kPublicSoaTtlSecondsDefault;
};

struct RegistryOptions {
  std::string region = "us-east-1";
  std::string account_id = "000000000000";
  // How long an asynchronous operation stays PENDING.
  absl::Duration operation_delay = absl::ZeroDuration();
  // Before UpdateInstanceCustomHealthStatus takes effect.
  absl::Duration custom_health_delay = absl::ZeroDuration();
  // AWS's default quotas (limits.h) are enforced.
  bool aws_quotas = false;
  // HealthCheckConfig is rejected in private namespaces and private addresses are not accepted
  // for it, as on AWS.
  bool aws_health_check_rules = false;
  // SOA TTL in seconds, and with it negative TTL, of namespaces that do not set one.
  SoaTtls soa_ttls;
  // DiscoverInstances without a HealthStatus gives ALL instead of HEALTHY ones.
  bool discover_all = false;
  // AWS_INSTANCE_IPV4 by AWS_EC2_INSTANCE_ID; others get none.
  absl::flat_hash_map<std::string, std::string> ec2_addresses;
  // Services in HTTP namespaces cannot be updated, as on AWS.
  bool aws_update_rules = false;
};

}  // namespace cloudmap::registry
