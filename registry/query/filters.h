// The Filters of the list operations.
//
//   ASSIGN_OR_RETURN(const OperationFilter filter, OperationFilter::Parse(request.filters()));
//   if (filter.Accepts(operation)) ...
//
// Several filters are ANDed; none accepts everything. A condition that is left out is EQ, and EQ
// takes one value. Parse gives InvalidInput for a name, condition or value that the operation does
// not take (https://docs.aws.amazon.com/cloud-map/latest/api/API_NamespaceFilter.html,
// API_ServiceFilter, API_OperationFilter). Parsed filters are constant; any thread may use them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cloudmap/v1/resources.pb.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "registry/model/record.h"
#include "registry/options.h"

namespace cloudmap::registry {

// ListNamespaces: by TYPE, NAME and HTTP_NAME (EQ, BEGINS_WITH) and RESOURCE_OWNER (EQ).
class NamespaceFilter {
 public:
  static absl::StatusOr<NamespaceFilter> Parse(
      const google::protobuf::RepeatedPtrField<v1::NamespaceFilter>& filters);
  bool Accepts(const NamespaceRecord& record) const;

 private:
  google::protobuf::RepeatedPtrField<v1::NamespaceFilter> filters_;
};

// ListServices: by NAMESPACE_ID, an id or an ARN, and RESOURCE_OWNER (EQ). It is asked for the one
// namespace to list instead of accepting services one by one.
class ServiceFilter {
 public:
  static absl::StatusOr<ServiceFilter> Parse(
      const RegistryOptions& options,
      const google::protobuf::RepeatedPtrField<v1::ServiceFilter>& filters);
  // True when no service can match.
  bool none() const { return none_; }
  // The id of the one namespace whose services match; without one, all match. The namespace need
  // not exist.
  const std::optional<std::string>& namespace_id() const { return namespace_id_; }

 private:
  bool none_ = false;
  std::optional<std::string> namespace_id_;
};

// ListOperations: by NAMESPACE_ID and SERVICE_ID (EQ), STATUS and TYPE (EQ, IN), and UPDATE_DATE
// (BETWEEN two Unix times in seconds, both included).
class OperationFilter {
 public:
  static absl::StatusOr<OperationFilter> Parse(
      const google::protobuf::RepeatedPtrField<v1::OperationFilter>& filters);
  bool Accepts(const PackedOperation& operation) const;

 private:
  std::vector<std::string> namespace_ids_;
  std::vector<std::string> service_ids_;
  // The set of values of each filter of this name; an operation must be in all sets.
  std::vector<std::vector<v1::OperationStatus>> statuses_;
  std::vector<std::vector<v1::OperationType>> types_;
  // Milliseconds since 1970.
  struct Between {
    int64_t first_ms;
    int64_t last_ms;
  };
  std::vector<Between> updated_;
};

}  // namespace cloudmap::registry
