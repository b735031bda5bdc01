#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "registry/base/status_macros.h"
#include "registry/decide/decide.h"
#include "registry/decide/due.h"
#include "registry/errors.h"
#include "registry/model/lookup.h"

namespace cloudmap::registry {
namespace {

v1::HealthStatus HealthFor(v1::CustomHealthStatus status) {
  return status == v1::CUSTOM_HEALTH_STATUS_UNHEALTHY ? v1::HEALTH_STATUS_UNHEALTHY
                                                      : v1::HEALTH_STATUS_HEALTHY;
}

bool IsPending(const PackedInstance& instance) {
  return instance.pending_health() != v1::HEALTH_STATUS_UNSPECIFIED;
}

void ClearPending(InstanceRecord& instance) {
  instance.clear_pending_health();
  instance.clear_pending_health_due_ms();
}

}  // namespace

absl::StatusOr<Decision> UpdateInstanceCustomHealthStatus(
    const State& state, const CommandContext& context,
    const v1::UpdateInstanceCustomHealthStatusRequest& request) {
  ASSIGN_OR_RETURN(const ServiceEntry* service,
                   LookUpService(state, *context.options, request.service_id()));
  ASSIGN_OR_RETURN(const PackedInstance* instance, LookUpInstance(*service, request.instance_id()));
  if (!service->record->has_health_check_custom_config()) {
    return MakeError(v1::ERROR_CODE_CUSTOM_HEALTH_NOT_FOUND,
                     absl::StrCat("Service ", service->record->id(),
                                  " has no HealthCheckCustomConfig; its instances' health cannot "
                                  "be set."));
  }
  Decision decision;
  decision.response = std::make_unique<v1::UpdateInstanceCustomHealthStatusResponse>();

  const v1::HealthStatus asked = HealthFor(request.status());
  InstanceRecord next = instance->ToRecord();
  if (context.options->custom_health_delay <= absl::ZeroDuration()) {
    next.set_custom_health(asked);
    ClearPending(next);
  } else if (IsPending(*instance)) {
    if (instance->pending_health() == asked) {
      return decision;  // the delay runs from the first request of a value
    }
    ClearPending(next);  // an opposite request within the delay: nothing changes
  } else if (instance->custom_health() != asked) {
    next.set_pending_health(asked);
    next.set_pending_health_due_ms(
        absl::ToUnixMillis(context.now + context.options->custom_health_delay));
  } else {
    return decision;
  }
  decision.mutation.Put(std::move(next));
  return decision;
}

absl::StatusOr<Decision> ApplyPendingHealth(const State& state, const CommandContext& context,
                                            absl::string_view service_id,
                                            absl::string_view instance_id) {
  Decision decision;
  const PackedInstance* instance = state.FindInstance(service_id, instance_id);
  if (instance == nullptr || !IsPending(*instance) ||
      instance->pending_health_due_ms() > absl::ToUnixMillis(context.now)) {
    return decision;
  }
  InstanceRecord next = instance->ToRecord();
  next.set_custom_health(instance->pending_health());
  ClearPending(next);
  decision.mutation.Put(std::move(next));
  return decision;
}

}  // namespace cloudmap::registry
