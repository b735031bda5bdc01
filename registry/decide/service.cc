#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "registry/base/random.h"
#include "registry/base/status_macros.h"
#include "registry/decide/decide.h"
#include "registry/decide/effects.h"
#include "registry/decide/instance_attributes.h"
#include "registry/decide/locks.h"
#include "registry/decide/operation.h"
#include "registry/decide/service_rules.h"
#include "registry/errors.h"
#include "registry/model/ids.h"
#include "registry/model/lookup.h"
#include "registry/model/names.h"
#include "registry/model/present.h"

namespace cloudmap::registry {
namespace {

// The namespace's id may come at the top, in DnsConfig (the older form), or in both alike.
absl::StatusOr<const NamespaceEntry*> NamespaceFor(const State& state,
                                                   const RegistryOptions& options,
                                                   const v1::CreateServiceRequest& request) {
  const std::string& top = request.namespace_id();
  const std::string& inner = request.dns_config().namespace_id();
  if (top.empty() && inner.empty()) {
    return InvalidInput("Service namespace id cannot be null");
  }
  if (!top.empty() && !inner.empty() &&
      ResolveId(options, "namespace", top) != ResolveId(options, "namespace", inner)) {
    return InvalidInput(absl::StrCat("NamespaceId '", top, "' and DnsConfig.NamespaceId '", inner,
                                     "' name different namespaces; give one of them."));
  }
  ASSIGN_OR_RETURN(const NamespaceEntry* entry,
                   LookUpNamespace(state, options, top.empty() ? inner : top));
  const PackedOperation* pending = state.FindOperationByLock(NamespaceLock(entry->record->id()));
  if (pending != nullptr && pending->type() == v1::OPERATION_TYPE_DELETE_NAMESPACE) {
    return NamespaceNotFound(entry->record->id());
  }
  return entry;
}

// The answer to a create whose name is taken: the existing service for a retry, else an error. A
// CreatorRequestId belongs to the service's name: another name is another request, whatever its
// token.
absl::StatusOr<Decision> AnswerExisting(const RegistryOptions& options,
                                        const ServiceEntry& existing,
                                        const v1::CreateServiceRequest& request) {
  const ServiceRecord& record = *existing.record;
  if (!request.creator_request_id().empty() &&
      record.creator_request_id() == request.creator_request_id() &&
      record.create_request() == Fingerprint(request)) {
    auto response = std::make_unique<v1::CreateServiceResponse>();
    *response->mutable_service() = ServiceToApi(options, existing);
    return Decision{{}, std::move(response)};
  }
  return MakeError(v1::ERROR_CODE_SERVICE_ALREADY_EXISTS, "Service already exists.",
                   {{"CreatorRequestId", record.creator_request_id()},
                    {"ServiceId", record.id()},
                    {"ServiceArn", ServiceArn(options, record.id())}});
}

ServiceRecord NewService(const CommandContext& context, const NamespaceRecord& in,
                         const v1::CreateServiceRequest& request) {
  ServiceRecord record;
  record.set_id(ServiceId(*context.options, in.id(), ServiceNameKey(in.type(), request.name())));
  record.set_namespace_id(in.id());
  record.set_name(request.name());
  if (!request.description().empty()) {
    record.set_description(request.description());
  }
  record.set_type(request.has_dns_config() ? v1::SERVICE_TYPE_DNS_HTTP : v1::SERVICE_TYPE_HTTP);
  if (request.has_dns_config()) {
    v1::DnsConfig& config = *record.mutable_dns_config();
    config = request.dns_config();
    config.clear_namespace_id();
    if (!config.has_routing_policy()) {
      config.set_routing_policy(v1::ROUTING_POLICY_MULTIVALUE);
    }
    for (const v1::DnsRecord& dns_record : config.dns_records()) {
      record.add_created_types(dns_record.type());
    }
    record.set_created_routing_policy(config.routing_policy());
  }
  if (request.has_health_check_config()) {
    *record.mutable_health_check_config() = request.health_check_config();
  }
  if (request.has_health_check_custom_config()) {
    // Whatever was asked for: AWS fixed it to 1.
    record.mutable_health_check_custom_config()->set_failure_threshold(1);
  }
  record.set_create_ms(absl::ToUnixMillis(context.now));
  record.set_creator_request_id(request.creator_request_id());
  for (const v1::Tag& tag : request.tags()) {
    (*record.mutable_tags())[tag.key()] = tag.value();
  }
  record.set_create_request(Fingerprint(request));
  return record;
}

// Why an instance that was registered while the service had no records cannot have those of
// `record`; "" when all can.
std::string InvalidInstances(const RegistryOptions& options, const State& state,
                             const ServiceEntry& service, const ServiceRecord& record) {
  const NamespaceRecord& in = *NamespaceOf(state, record).record;
  std::string invalid;
  service.instances.ForEach([&](absl::string_view id, const auto& instance) {
    if (!invalid.empty()) {
      return;
    }
    const absl::Status status =
        CheckInstanceAttributes(options, in, record, instance.ToRecord().attributes());
    invalid = status.ok() ? InvalidChange(in, record, id)
                          : absl::StrCat("[Instance '", id, "': ", status.message(), "]");
  });
  return invalid;
}

}  // namespace

absl::StatusOr<Decision> CreateService(const State& state, const CommandContext& context,
                                       const v1::CreateServiceRequest& request) {
  const RegistryOptions& options = *context.options;
  ASSIGN_OR_RETURN(const NamespaceEntry* in, NamespaceFor(state, options, request));
  RETURN_IF_ERROR(CheckServiceCreation(options, *in->record, request));
  if (const ServiceEntry* existing = state.FindServiceByName(*in, request.name())) {
    return AnswerExisting(options, *existing, request);
  }
  ServiceRecord record = NewService(context, *in->record, request);
  if (record.creator_request_id().empty()) {
    FastRandom seeded(context.entropy[0] ^ context.entropy[1]);
    record.set_creator_request_id(Base36(seeded.Next()));
  }
  InstancesRevisionRecord revision;
  revision.set_service_id(record.id());
  revision.set_revision(context.revision);

  auto response = std::make_unique<v1::CreateServiceResponse>();
  ServiceEntry entry;
  entry.record = std::make_shared<const ServiceRecord>(record);
  *response->mutable_service() = ServiceToApi(options, entry);
  Mutation mutation;
  mutation.Put(std::move(record));
  mutation.Put(std::move(revision));
  return Decision{std::move(mutation), std::move(response)};
}

absl::StatusOr<Decision> UpdateService(const State& state, const CommandContext& context,
                                       const v1::UpdateServiceRequest& request) {
  ASSIGN_OR_RETURN(const ServiceEntry* entry, LookUpService(state, *context.options, request.id()));
  const ServiceRecord& record = *entry->record;
  const NamespaceRecord& in = *NamespaceOf(state, record).record;
  RETURN_IF_ERROR(CheckServiceUpdate(*context.options, in, record, request.service()));
  const std::string lock = ServiceLock(record.id());
  RETURN_IF_ERROR(CheckLock(state, lock));
  Decision decision = StartOperation<v1::UpdateServiceResponse>(
      state, context,
      {.method = "UpdateService",
       .targets = {.namespace_id = record.namespace_id(), .service_id = record.id()},
       .lock = lock,
       .request = request});
  if (in.type() != v1::NAMESPACE_TYPE_HTTP && record.has_dns_config() &&
      !request.service().has_dns_config()) {
    // UpdateService replaces: whoever only sends a Description takes the service out of DNS.
    decision.warning =
        absl::StrCat("service ", record.name(), " (", record.id(), ") of ", in.name(),
                     " loses its DNS records: an UpdateService left out DnsConfig");
  }
  return decision;
}

EffectResult UpdateServiceEffect(const State& state, const CommandContext& context,
                                 const OperationFields& operation,
                                 const google::protobuf::Message& request, Mutation& mutation) {
  const ServiceEntry* entry = state.FindService(operation.service_id);
  if (entry == nullptr) {
    return {"HOSTED_ZONE_NOT_FOUND", "The service was deleted before the update took effect."};
  }
  const auto& change = dynamic_cast<const v1::UpdateServiceRequest&>(request).service();
  ServiceRecord record = *entry->record;
  if (change.has_description()) {
    record.set_description(change.description());
    if (change.description().empty()) {
      record.clear_description();
    }
  }
  if (NamespaceOf(state, record).record->type() != v1::NAMESPACE_TYPE_HTTP) {
    // A replace: what the request leaves out goes.
    record.clear_dns_config();
    record.clear_health_check_config();
    if (change.has_dns_config()) {
      *record.mutable_dns_config()->mutable_dns_records() = change.dns_config().dns_records();
      record.mutable_dns_config()->set_routing_policy(record.created_routing_policy());
    }
    if (change.has_health_check_config()) {
      *record.mutable_health_check_config() = change.health_check_config();
    }
    record.set_type(record.has_dns_config() ? v1::SERVICE_TYPE_DNS_HTTP : v1::SERVICE_TYPE_HTTP);
    if (record.has_dns_config() && !entry->record->has_dns_config()) {
      std::string invalid = InvalidInstances(*context.options, state, *entry, record);
      if (!invalid.empty()) {
        return {"INVALID_CHANGE_BATCH", std::move(invalid)};
      }
    }
  }
  mutation.Put(std::move(record));
  return {};
}

absl::StatusOr<Decision> DeleteService(const State& state, const CommandContext& context,
                                       const v1::DeleteServiceRequest& request) {
  ASSIGN_OR_RETURN(const ServiceEntry* entry, LookUpService(state, *context.options, request.id()));
  const std::string& id = entry->record->id();
  if (!entry->instances.empty() || HasPendingOperation(state, id)) {
    return MakeError(v1::ERROR_CODE_RESOURCE_IN_USE,
                     "Service contains registered instances; delete the instances before deleting "
                     "the service");
  }
  Mutation mutation;
  mutation.Delete({RecordKind::kInstancesRevision, id, ""});
  mutation.Delete({RecordKind::kService, id, ""});
  return Decision{std::move(mutation), std::make_unique<v1::DeleteServiceResponse>()};
}

}  // namespace cloudmap::registry
