// An instance's health as the API shows it and as answers use it. HealthOf is the only reader of
// what is recorded of an instance's health, so that DNS and DiscoverInstances never disagree.
#pragma once

#include "registry/model/record.h"

namespace cloudmap::registry {

// HEALTHY or UNHEALTHY for a service with a HealthCheckCustomConfig: what was set last and is in
// effect. UNKNOWN when the service has no such check, or no verdict yet.
v1::HealthStatus HealthOf(const ServiceRecord& service, const PackedInstance& instance);

// True when the service has a health check of either kind. Without one every instance is eligible,
// and DiscoverInstances ignores its HealthStatus filter.
bool HasHealthCheck(const ServiceRecord& service);

// True unless the instance is known to be unhealthy: without a verdict it is given to clients, by
// DNS and by the HEALTHY filter alike.
inline bool CountsAsHealthy(v1::HealthStatus health) {
  return health != v1::HEALTH_STATUS_UNHEALTHY;
}

}  // namespace cloudmap::registry
