// The only maker of errors that clients see.
//
//   return ServiceNotFound(request.id());
//   return MakeError(v1::ERROR_CODE_RESOURCE_IN_USE, "Service contains registered instances; ...");
//
// AWS's error code, the text and the members of the error ride in the absl::Status as an
// ErrorDetail payload; each transport reads it back with DetailOf. errors.proto has the codes with
// their names and statuses. Pure functions; any thread may call them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "cloudmap/v1/errors.pb.h"

namespace cloudmap {

// AWS's name of an error and its HTTP and gRPC statuses, from errors.proto.
const v1::ErrorShape& ShapeOf(v1::ErrorCode code);

// `message` is what the client reads; `members` are those of the error's shape in AWS's model
// besides Message, by their AWS names.
absl::Status MakeError(v1::ErrorCode code, absl::string_view message,
                       const std::vector<std::pair<std::string, std::string>>& members = {});

// What to tell the client of a status. One that MakeError did not make is an InternalFailure: its
// text may say more of the server than a client should know, so it stays here, and the client is
// pointed to the log. REQUIRES: !status.ok().
v1::ErrorDetail DetailOf(const absl::Status& status);

// The errors that many places make. What was not found is named as the request named it, by id or
// ARN.

absl::Status InvalidInput(absl::string_view message);
absl::Status NamespaceNotFound(absl::string_view id);
absl::Status ServiceNotFound(absl::string_view id);
absl::Status InstanceNotFound(absl::string_view service_id, absl::string_view instance_id);
absl::Status OperationNotFound(absl::string_view id);
absl::Status ResourceNotFound(absl::string_view arn);
// `method` is the API method of the operation in progress: "RegisterInstance".
absl::Status DuplicateRequest(absl::string_view method, absl::string_view operation_id);

}  // namespace cloudmap
