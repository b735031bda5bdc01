#include "registry/errors.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"

namespace cloudmap {
namespace {
constexpr char kPayloadUrl[] = "type.googleapis.com/cloudmap.v1.ErrorDetail";
}  // namespace

const v1::ErrorShape& ShapeOf(v1::ErrorCode code) {
  return v1::ErrorCode_descriptor()->FindValueByNumber(code)->options().GetExtension(v1::error);
}

absl::Status MakeError(v1::ErrorCode code, absl::string_view message,
                       const std::vector<std::pair<std::string, std::string>>& members) {
  const v1::ErrorShape& shape = ShapeOf(code);
  v1::ErrorDetail detail;
  detail.set_code(code);
  detail.set_type(shape.aws_name());
  detail.set_message(std::string(message));
  for (const auto& [name, value] : members) {
    (*detail.mutable_members())[name] = value;
  }
  absl::Status status(static_cast<absl::StatusCode>(shape.grpc_code()), message);
  status.SetPayload(kPayloadUrl, absl::Cord(detail.SerializeAsString()));
  return status;
}

v1::ErrorDetail DetailOf(const absl::Status& status) {
  v1::ErrorDetail detail;
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayloadUrl);
  if (payload.has_value() && detail.ParseFromString(std::string(*payload))) {
    return detail;
  }
  detail.set_code(v1::ERROR_CODE_INTERNAL_FAILURE);
  detail.set_type(ShapeOf(v1::ERROR_CODE_INTERNAL_FAILURE).aws_name());
  detail.set_message("The request failed on the server; its log has the reason.");
  return detail;
}

absl::Status InvalidInput(absl::string_view message) {
  return MakeError(v1::ERROR_CODE_INVALID_INPUT, message);
}

absl::Status NamespaceNotFound(absl::string_view id) {
  return MakeError(v1::ERROR_CODE_NAMESPACE_NOT_FOUND,
                   absl::StrCat("Namespace ", id, " not found."));
}

absl::Status ServiceNotFound(absl::string_view id) {
  return MakeError(v1::ERROR_CODE_SERVICE_NOT_FOUND, absl::StrCat("Service ", id, " not found."));
}

absl::Status InstanceNotFound(absl::string_view service_id, absl::string_view instance_id) {
  return MakeError(
      v1::ERROR_CODE_INSTANCE_NOT_FOUND,
      absl::StrCat("Instance ", instance_id, " not found in service ", service_id, "."));
}

absl::Status OperationNotFound(absl::string_view id) {
  return MakeError(v1::ERROR_CODE_OPERATION_NOT_FOUND,
                   absl::StrCat("Operation ", id, " not found."));
}

absl::Status ResourceNotFound(absl::string_view arn) {
  return MakeError(v1::ERROR_CODE_RESOURCE_NOT_FOUND,
                   absl::StrCat("Resource ", arn, " not found."));
}

absl::Status DuplicateRequest(absl::string_view method, absl::string_view operation_id) {
  return MakeError(v1::ERROR_CODE_DUPLICATE_REQUEST,
                   absl::StrCat("Another operation of type ", method, " and id ", operation_id,
                                " is in progress"),
                   {{"DuplicateOperationId", std::string(operation_id)}});
}

}  // namespace cloudmap
