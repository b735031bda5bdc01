// The Filters of the list operations. Several are ANDed; Parse gives InvalidInput for what AWS's
// table of names, conditions and values does not hold.
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

class NamespaceFilter {
 public:
  static absl::StatusOr<NamespaceFilter> Parse(
      const google::protobuf::RepeatedPtrField<v1::NamespaceFilter>& filters);
  bool Accepts(const NamespaceRecord& record) const;

 private:
  google::protobuf::RepeatedPtrField<v1::NamespaceFilter> filters_;
};

class ServiceFilter {
 public:
  static absl::StatusOr<ServiceFilter> Parse(
      const RegistryOptions& options,
      const google::protobuf::RepeatedPtrField<v1::ServiceFilter>& filters);
  // No service can match.
  bool none() const { return none_; }
  // The one namespace whose services match; all match without it.
  const std::optional<std::string>& namespace_id() const { return namespace_id_; }

 private:
  bool none_ = false;
  std::optional<std::string> namespace_id_;
};

class OperationFilter {
 public:
  static absl::StatusOr<OperationFilter> Parse(
      const google::protobuf::RepeatedPtrField<v1::OperationFilter>& filters);
  bool Accepts(const PackedOperation& operation) const;

 private:
  std::vector<std::string> namespace_ids_;
  std::vector<std::string> service_ids_;
  // Each filter's set; an operation must be in all.
  std::vector<std::vector<v1::OperationStatus>> statuses_;
  std::vector<std::vector<v1::OperationType>> types_;
  struct Between {
    int64_t first_ms;
    int64_t last_ms;
  };
  std::vector<Between> updated_;
};

}  // namespace cloudmap::registry
