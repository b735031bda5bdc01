#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "registry/base/status_macros.h"
#include "registry/errors.h"
#include "registry/limits.h"
#include "registry/model/health.h"
#include "registry/model/ids.h"
#include "registry/model/lookup.h"
#include "registry/model/present.h"
#include "registry/query/filters.h"
#include "registry/query/page.h"
#include "registry/query/query.h"

namespace cloudmap::registry {
namespace {

template <typename Request>
int PageSize(const Request& request) {
  return request.has_max_results() ? request.max_results() : kPageSizeDefault;
}

template <typename Response>
void SetNextToken(std::string token, Response& response) {
  if (!token.empty()) {
    response.set_next_token(std::move(token));
  }
}

// After a namespace is gone, so are the operations that concerned it, but for its deletion: a
// waiter still asks for that one. A creation that has not made its namespace is listed, too.
bool IsListed(const State& state, const PackedOperation& operation) {
  return operation.type() == v1::OPERATION_TYPE_DELETE_NAMESPACE ||
         (operation.type() == v1::OPERATION_TYPE_CREATE_NAMESPACE &&
          operation.status() != v1::OPERATION_STATUS_SUCCESS) ||
         state.FindNamespace(operation.namespace_id()) != nullptr;
}

}  // namespace

absl::StatusOr<v1::ListNamespacesResponse> ListNamespaces(
    const State& state, const QueryContext& context, const v1::ListNamespacesRequest& request) {
  ASSIGN_OR_RETURN(const NamespaceFilter filter, NamespaceFilter::Parse(request.filters()));
  v1::ListNamespacesResponse response;
  ASSIGN_OR_RETURN(std::string next,
                   FillPage(state.namespaces(), "ListNamespaces", request.next_token(),
                            PageSize(request), [&](const std::string&, const auto& entry) {
                              if (!filter.Accepts(*entry.record)) {
                                return false;
                              }
                              *response.add_namespaces() =
                                  NamespaceToSummary(context.options, entry);
                              return true;
                            }));
  SetNextToken(std::move(next), response);
  return response;
}

absl::StatusOr<v1::ListServicesResponse> ListServices(const State& state,
                                                      const QueryContext& context,
                                                      const v1::ListServicesRequest& request) {
  ASSIGN_OR_RETURN(const ServiceFilter filter,
                   ServiceFilter::Parse(context.options, request.filters()));
  v1::ListServicesResponse response;
  if (filter.none()) {
    return response;
  }
  if (!filter.namespace_id().has_value()) {
    ASSIGN_OR_RETURN(std::string next,
                     FillPage(state.services(), "ListServices", request.next_token(),
                              PageSize(request), [&](const std::string&, const auto& entry) {
                                *response.add_services() = ServiceToSummary(context.options, entry);
                                return true;
                              }));
    SetNextToken(std::move(next), response);
    return response;
  }
  const NamespaceEntry* in = state.FindNamespace(*filter.namespace_id());
  if (in == nullptr) {
    return response;
  }
  ASSIGN_OR_RETURN(
      std::string next,
      FillPage(in->services, absl::StrCat("ListServices/", in->record->id()), request.next_token(),
               PageSize(request), [&](const std::string&, const std::string& id) {
                 *response.add_services() =
                     ServiceToSummary(context.options, *state.FindService(id));
                 return true;
               }));
  SetNextToken(std::move(next), response);
  return response;
}

absl::StatusOr<v1::ListInstancesResponse> ListInstances(const State& state,
                                                        const QueryContext& context,
                                                        const v1::ListInstancesRequest& request) {
  ASSIGN_OR_RETURN(const ServiceEntry* service,
                   LookUpService(state, context.options, request.service_id()));
  v1::ListInstancesResponse response;
  response.set_resource_owner(context.options.account_id);
  ASSIGN_OR_RETURN(
      std::string next,
      FillPage(service->instances, absl::StrCat("ListInstances/", service->record->id()),
               request.next_token(), PageSize(request),
               [&](absl::string_view, const auto& instance) {
                 v1::InstanceSummary& out = *response.add_instances();
                 out.set_id(std::string(instance.id()));
                 instance.CopyAttributesTo(*out.mutable_attributes());
                 out.set_created_by_account(context.options.account_id);
                 return true;
               }));
  SetNextToken(std::move(next), response);
  return response;
}

absl::StatusOr<v1::ListOperationsResponse> ListOperations(
    const State& state, const QueryContext&, const v1::ListOperationsRequest& request) {
  ASSIGN_OR_RETURN(const OperationFilter filter, OperationFilter::Parse(request.filters()));
  v1::ListOperationsResponse response;
  ASSIGN_OR_RETURN(std::string next,
                   FillPage(state.operations(), "ListOperations", request.next_token(),
                            PageSize(request), [&](absl::string_view, const auto& operation) {
                              if (!filter.Accepts(operation) || !IsListed(state, operation)) {
                                return false;
                              }
                              v1::OperationSummary& out = *response.add_operations();
                              out.set_id(std::string(operation.id()));
                              out.set_status(operation.status());
                              return true;
                            }));
  SetNextToken(std::move(next), response);
  return response;
}

absl::StatusOr<v1::GetInstancesHealthStatusResponse> GetInstancesHealthStatus(
    const State& state, const QueryContext& context,
    const v1::GetInstancesHealthStatusRequest& request) {
  ASSIGN_OR_RETURN(const ServiceEntry* service,
                   LookUpService(state, context.options, request.service_id()));
  InstanceMap wanted = service->instances;
  if (!request.instances().empty()) {
    wanted = {};
    for (const std::string& id : request.instances()) {
      RETURN_IF_ERROR(LookUpInstance(*service, id).status());
      const auto& instance = *service->instances.Find(id);
      wanted.Put(instance.id(), instance);
    }
  }
  v1::GetInstancesHealthStatusResponse response;
  ASSIGN_OR_RETURN(
      std::string next,
      FillPage(wanted, absl::StrCat("GetInstancesHealthStatus/", service->record->id()),
               request.next_token(), PageSize(request),
               [&](absl::string_view, const auto& instance) {
                 (*response.mutable_status())[std::string(instance.id())] =
                     HealthOf(*service->record, instance);
                 return true;
               }));
  SetNextToken(std::move(next), response);
  return response;
}

}  // namespace cloudmap::registry
