// The reads: request + state -> response. Pure; the queue is not involved, and a caller that has
// been answered sees its own write (I1).
//
// A request has passed Validate.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "registry/base/random.h"
#include "registry/model/state.h"
#include "registry/options.h"

namespace cloudmap::registry {

// What a read may know besides the state and the request.
struct QueryContext {
  const RegistryOptions& options;
  // For DiscoverInstances' order.
  uint64_t entropy = 0;
};

// A response that may be large, in protobuf's wire format: fields by number, maps by key.
template <typename Response>
struct Wire {
  std::string bytes;
};

// get.cc
absl::StatusOr<v1::GetNamespaceResponse> GetNamespace(const State&, const QueryContext&,
                                                      const v1::GetNamespaceRequest&);
absl::StatusOr<v1::GetServiceResponse> GetService(const State&, const QueryContext&,
                                                  const v1::GetServiceRequest&);
absl::StatusOr<v1::GetServiceAttributesResponse> GetServiceAttributes(
    const State&, const QueryContext&, const v1::GetServiceAttributesRequest&);
absl::StatusOr<v1::GetInstanceResponse> GetInstance(const State&, const QueryContext&,
                                                    const v1::GetInstanceRequest&);
absl::StatusOr<v1::GetOperationResponse> GetOperation(const State&, const QueryContext&,
                                                      const v1::GetOperationRequest&);
absl::StatusOr<v1::ListTagsForResourceResponse> ListTagsForResource(
    const State&, const QueryContext&, const v1::ListTagsForResourceRequest&);

// list.cc
absl::StatusOr<v1::ListNamespacesResponse> ListNamespaces(const State&, const QueryContext&,
                                                          const v1::ListNamespacesRequest&);
absl::StatusOr<v1::ListServicesResponse> ListServices(const State&, const QueryContext&,
                                                      const v1::ListServicesRequest&);
absl::StatusOr<v1::ListInstancesResponse> ListInstances(const State&, const QueryContext&,
                                                        const v1::ListInstancesRequest&);
absl::StatusOr<v1::ListOperationsResponse> ListOperations(const State&, const QueryContext&,
                                                          const v1::ListOperationsRequest&);
absl::StatusOr<v1::GetInstancesHealthStatusResponse> GetInstancesHealthStatus(
    const State&, const QueryContext&, const v1::GetInstancesHealthStatusRequest&);

// discover.cc
absl::StatusOr<Wire<v1::DiscoverInstancesResponse>> DiscoverInstances(
    const State&, const QueryContext&, const v1::DiscoverInstancesRequest&);
absl::StatusOr<v1::DiscoverInstancesRevisionResponse> DiscoverInstancesRevision(
    const State&, const QueryContext&, const v1::DiscoverInstancesRevisionRequest&);

}  // namespace cloudmap::registry
