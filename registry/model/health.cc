#include "registry/model/health.h"

namespace cloudmap::registry {

v1::HealthStatus HealthOf(const ServiceRecord& service, const PackedInstance& instance) {
  if (service.has_health_check_custom_config()) {
    return instance.custom_health();
  }
  return v1::HEALTH_STATUS_UNKNOWN;
}

bool HasHealthCheck(const ServiceRecord& service) {
  return service.has_health_check_custom_config() || service.has_health_check_config();
}

}  // namespace cloudmap::registry
