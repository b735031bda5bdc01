// An instance's health as the API shows it and as answers use it.
#pragma once

#include "registry/model/record.h"

namespace cloudmap::registry {

// UNKNOWN when the service has no health check, or no verdict yet.
v1::HealthStatus HealthOf(const ServiceRecord& service, const PackedInstance& instance);

// Whether the service says anything of health; if not, every instance is eligible and the health
// filters of DiscoverInstances are ignored.
bool HasHealthCheck(const ServiceRecord& service);

// No verdict counts as healthy, in DNS and in the HEALTHY filter alike.
inline bool CountsAsHealthy(v1::HealthStatus health) {
  return health != v1::HEALTH_STATUS_UNHEALTHY;
}

}  // namespace cloudmap::registry
