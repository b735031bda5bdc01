#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "registry/base/status_macros.h"
#include "registry/decide/decide.h"
#include "registry/decide/effects.h"
#include "registry/decide/host_name_warning.h"
#include "registry/decide/instance_attributes.h"
#include "registry/decide/locks.h"
#include "registry/decide/operation.h"
#include "registry/errors.h"
#include "registry/limits.h"
#include "registry/model/attribute_names.h"
#include "registry/model/lookup.h"

namespace cloudmap::registry {
namespace {

bool HasExactly(const PackedInstance& instance, const StringMap& attributes) {
  return instance.attribute_count() == attributes.size() &&
         std::all_of(attributes.begin(), attributes.end(), [&instance](const auto& attribute) {
           return instance.FindAttribute(attribute.first) == attribute.second;
         });
}

// The operation of an earlier try of the same registration, if it is still in force.
const PackedOperation* FindReplay(const State& state, const RegistryOptions& options,
                                  const ServiceEntry& service,
                                  const v1::RegisterInstanceRequest& request,
                                  absl::string_view lock) {
  if (request.creator_request_id().empty()) {
    return nullptr;
  }
  const PackedOperation* pending = state.FindOperationByLock(lock);
  if (pending != nullptr && pending->type() == v1::OPERATION_TYPE_REGISTER_INSTANCE) {
    // Operations that were stored before requests were stored deterministically have a fingerprint
    // beside their request.
    const absl::string_view asked = pending->request_fingerprint().empty()
                                        ? pending->request()
                                        : pending->request_fingerprint();
    if (asked == Fingerprint(request)) {
      return pending;
    }
  }
  const PackedInstance* instance = service.instances.Find(request.instance_id());
  // An instance that was registered without a token has the operation's id in its place.
  const bool same = instance != nullptr &&
                    instance->creator_request_id() == request.creator_request_id() &&
                    instance->creator_request_id() != instance->operation_id() &&
                    HasExactly(*instance, WithEc2Address(options, request.attributes()));
  return same ? state.FindOperation(instance->operation_id()) : nullptr;
}

absl::Status CheckQuotas(const State& state, const RegistryOptions& options,
                         const NamespaceEntry& in, const ServiceEntry& service,
                         absl::string_view instance_id) {
  if (!options.aws_quotas || service.instances.Find(instance_id) != nullptr) {
    return absl::OkStatus();
  }
  // Registrations that are under way count as well.
  size_t in_service = service.instances.size();
  auto in_namespace = static_cast<size_t>(in.instance_count);
  ForEachPending(state, [&](const PackedOperation& operation) {
    if (operation.type() != v1::OPERATION_TYPE_REGISTER_INSTANCE ||
        operation.namespace_id() != in.record->id() ||
        state.FindInstance(operation.service_id(), operation.instance_id()) != nullptr) {
      return;
    }
    ++in_namespace;
    in_service += operation.service_id() == service.record->id() ? 1 : 0;
  });
  if (in_service >= kInstancesPerServiceQuota) {
    return MakeError(v1::ERROR_CODE_RESOURCE_LIMIT_EXCEEDED,
                     absl::StrCat("The limit of ", kInstancesPerServiceQuota,
                                  " instances per service has been reached."));
  }
  if (in_namespace >= kInstancesPerNamespaceQuota) {
    return MakeError(v1::ERROR_CODE_RESOURCE_LIMIT_EXCEEDED,
                     absl::StrCat("The limit of ", kInstancesPerNamespaceQuota,
                                  " instances per namespace has been reached."));
  }
  return absl::OkStatus();
}

void PutRevision(const CommandContext& context, absl::string_view service_id, Mutation& mutation) {
  InstancesRevisionRecord revision;
  revision.set_service_id(std::string(service_id));
  revision.set_revision(context.revision);
  mutation.Put(std::move(revision));
}

}  // namespace

absl::StatusOr<Decision> RegisterInstance(const State& state, const CommandContext& context,
                                          const v1::RegisterInstanceRequest& request) {
  ASSIGN_OR_RETURN(const ServiceEntry* service,
                   LookUpService(state, *context.options, request.service_id()));
  const ServiceRecord& record = *service->record;
  const NamespaceEntry& in = NamespaceOf(state, record);
  RETURN_IF_ERROR(
      CheckInstanceAttributes(*context.options, *in.record, record, request.attributes()));
  const std::string lock = InstanceLock(record.id(), request.instance_id());
  if (const PackedOperation* replayed =
          FindReplay(state, *context.options, *service, request, lock)) {
    return AnswerWithOperation<v1::RegisterInstanceResponse>(replayed->id());
  }
  RETURN_IF_ERROR(CheckQuotas(state, *context.options, in, *service, request.instance_id()));
  RETURN_IF_ERROR(CheckLock(state, lock));
  Decision decision = StartOperation<v1::RegisterInstanceResponse>(
      state, context,
      {.method = "RegisterInstance",
       .targets = {record.namespace_id(), record.id(), request.instance_id()},
       .lock = lock,
       .request = request});
  if (service->instances.Find(request.instance_id()) == nullptr) {
    decision.warning = HostNameWarning(*in.record, record, request.instance_id());
  }
  return decision;
}

EffectResult RegisterInstanceEffect(const State& state, const CommandContext& context,
                                    const OperationFields& operation,
                                    const google::protobuf::Message& message, Mutation& mutation) {
  const auto& request = dynamic_cast<const v1::RegisterInstanceRequest&>(message);
  const ServiceEntry* service = state.FindService(operation.service_id);
  if (service == nullptr) {
    return {"HOSTED_ZONE_NOT_FOUND", "The service was deleted before the registration."};
  }
  const NamespaceRecord& in = *NamespaceOf(state, *service->record).record;
  std::string invalid = InvalidChange(in, *service->record, request.instance_id());
  if (!invalid.empty()) {
    return {"INVALID_CHANGE_BATCH", std::move(invalid)};
  }
  const auto init = request.attributes().find(kAttributeInitHealth);
  const bool unhealthy = init != request.attributes().end() && init->second == "UNHEALTHY";
  const InstanceFields fields = {
      .service_id = operation.service_id,
      .id = request.instance_id(),
      .creator_request_id = request.creator_request_id().empty()
                                ? operation.id
                                : absl::string_view(request.creator_request_id()),
      .operation_id = operation.id,
      .create_ms = absl::ToUnixMillis(context.now),
      .custom_health = unhealthy ? v1::HEALTH_STATUS_UNHEALTHY : v1::HEALTH_STATUS_HEALTHY};
  mutation.Put(HasEc2Address(*context.options, request.attributes())
                   ? PackedInstance(fields, WithEc2Address(*context.options, request.attributes()))
                   : PackedInstance(fields, request.attributes()));
  PutRevision(context, operation.service_id, mutation);
  return {};
}

absl::StatusOr<Decision> DeregisterInstance(const State& state, const CommandContext& context,
                                            const v1::DeregisterInstanceRequest& request) {
  ASSIGN_OR_RETURN(const ServiceEntry* service,
                   LookUpService(state, *context.options, request.service_id()));
  const ServiceRecord& record = *service->record;
  const std::string lock = InstanceLock(record.id(), request.instance_id());
  RETURN_IF_ERROR(CheckLock(state, lock));
  RETURN_IF_ERROR(LookUpInstance(*service, request.instance_id()).status());
  return StartOperation<v1::DeregisterInstanceResponse>(
      state, context,
      {.method = "DeregisterInstance",
       .targets = {record.namespace_id(), record.id(), request.instance_id()},
       .lock = lock,
       .request = request});
}

EffectResult DeregisterInstanceEffect(const State&, const CommandContext& context,
                                      const OperationFields& operation,
                                      const google::protobuf::Message&, Mutation& mutation) {
  mutation.Delete({RecordKind::kInstance, std::string(operation.service_id),
                   std::string(operation.instance_id)});
  PutRevision(context, operation.service_id, mutation);
  return {};
}

}  // namespace cloudmap::registry
