#include "registry/base/status_macros.h"
#include "registry/errors.h"
#include "registry/model/ids.h"
#include "registry/model/lookup.h"
#include "registry/model/present.h"
#include "registry/query/query.h"

namespace cloudmap::registry {

absl::StatusOr<v1::GetNamespaceResponse> GetNamespace(const State& state,
                                                      const QueryContext& context,
                                                      const v1::GetNamespaceRequest& request) {
  ASSIGN_OR_RETURN(const NamespaceEntry* entry,
                   LookUpNamespace(state, context.options, request.id()));
  v1::GetNamespaceResponse response;
  *response.mutable_namespace_() = NamespaceToApi(context.options, *entry);
  return response;
}

absl::StatusOr<v1::GetServiceResponse> GetService(const State& state, const QueryContext& context,
                                                  const v1::GetServiceRequest& request) {
  ASSIGN_OR_RETURN(const ServiceEntry* entry, LookUpService(state, context.options, request.id()));
  v1::GetServiceResponse response;
  *response.mutable_service() = ServiceToApi(context.options, *entry);
  return response;
}

absl::StatusOr<v1::GetServiceAttributesResponse> GetServiceAttributes(
    const State& state, const QueryContext& context,
    const v1::GetServiceAttributesRequest& request) {
  ASSIGN_OR_RETURN(const ServiceEntry* entry,
                   LookUpService(state, context.options, request.service_id()));
  v1::GetServiceAttributesResponse response;
  v1::ServiceAttributes& out = *response.mutable_service_attributes();
  out.set_service_arn(ServiceArn(context.options, entry->record->id()));
  out.set_resource_owner(context.options.account_id);
  *out.mutable_attributes() = entry->record->attributes();
  return response;
}

absl::StatusOr<v1::GetInstanceResponse> GetInstance(const State& state, const QueryContext& context,
                                                    const v1::GetInstanceRequest& request) {
  ASSIGN_OR_RETURN(const ServiceEntry* service,
                   LookUpService(state, context.options, request.service_id()));
  ASSIGN_OR_RETURN(const PackedInstance* instance, LookUpInstance(*service, request.instance_id()));
  v1::GetInstanceResponse response;
  response.set_resource_owner(context.options.account_id);
  v1::Instance& out = *response.mutable_instance();
  out.set_id(std::string(instance->id()));
  out.set_creator_request_id(std::string(instance->creator_request_id()));
  instance->CopyAttributesTo(*out.mutable_attributes());
  out.set_created_by_account(context.options.account_id);
  return response;
}

absl::StatusOr<v1::GetOperationResponse> GetOperation(const State& state,
                                                      const QueryContext& context,
                                                      const v1::GetOperationRequest& request) {
  const PackedOperation* operation = state.FindOperation(request.operation_id());
  const bool ours =
      !request.has_owner_account() || request.owner_account() == context.options.account_id;
  if (operation == nullptr || !ours) {
    return OperationNotFound(request.operation_id());
  }
  v1::GetOperationResponse response;
  *response.mutable_operation() = OperationToApi(context.options, *operation);
  return response;
}

absl::StatusOr<v1::ListTagsForResourceResponse> ListTagsForResource(
    const State& state, const QueryContext& context,
    const v1::ListTagsForResourceRequest& request) {
  v1::ListTagsForResourceResponse response;
  const auto fill = [&response](const auto& record) {
    for (const auto& [key, value] : record.tags()) {
      v1::Tag& tag = *response.add_tags();
      tag.set_key(key);
      tag.set_value(value);
    }
  };
  ASSIGN_OR_RETURN(const Tagged tagged,
                   LookUpTagged(state, context.options, request.resource_arn()));
  if (tagged.service != nullptr) {
    fill(*tagged.service->record);
  } else {
    fill(*tagged.in->record);
  }
  return response;
}

}  // namespace cloudmap::registry
