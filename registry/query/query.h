// The reads: one pure function for each API method that changes nothing. It is given a State and a
// request, and says what the caller is answered, or why it is refused.
//
//   const auto response = GetService(*registry.Current(), {options, random.Next()}, request);
//
// A read does not wait for the queue of commands: it sees the newest committed state, and so a
// caller that has been answered sees its own write (I1). Any thread may call these.
//
// REQUIRES: the request has passed Validate (registry/schema/validate.h). Errors are those that the
// operation declares in service_discovery.proto, made by registry/errors.h.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "registry/base/random.h"
#include "registry/model/state.h"
#include "registry/options.h"

namespace cloudmap::registry {

// Everything that a read may know besides the state and the request.
struct QueryContext {
  const RegistryOptions& options;
  // The seed of DiscoverInstances' order; fresh for each call.
  uint64_t entropy = 0;
};

// A response that may be large, in protobuf's wire format: fields by number, maps by key, as
// SerializeDeterministically would write it. `bytes` parse as a `Response`.
template <typename Response>
struct Wire {
  std::string bytes;
};

// get.cc: one thing, by id or ARN.
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

// list.cc: a page of many things; page.h says what its tokens promise. A filter is applied before a
// page is cut, so that only the last page may be short.
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

// discover.cc: instances by the names of their namespace and service. A service that does not
// exist, in a namespace that does, has no instances (and InstancesRevision 0), while its revision
// is ServiceNotFound, as recorded on AWS.
absl::StatusOr<Wire<v1::DiscoverInstancesResponse>> DiscoverInstances(
    const State&, const QueryContext&, const v1::DiscoverInstancesRequest&);
absl::StatusOr<v1::DiscoverInstancesRevisionResponse> DiscoverInstancesRevision(
    const State&, const QueryContext&, const v1::DiscoverInstancesRevisionRequest&);

}  // namespace cloudmap::registry
