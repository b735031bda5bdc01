// The only maker of errors that clients see. Code, text and members ride in the absl::Status as
// an ErrorDetail payload; both transports read it back with DetailOf.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "cloudmap/v1/errors.pb.h"

namespace cloudmap {

// Name and statuses of an error, from errors.proto.
const v1::ErrorShape& ShapeOf(v1::ErrorCode code);

// `members` are those of the error's shape besides Message, by AWS member name.
absl::Status MakeError(v1::ErrorCode code, absl::string_view message,
                       const std::vector<std::pair<std::string, std::string>>& members = {});

// REQUIRES: !status.ok(). A status that MakeError did not make is an InternalFailure whose text
// stays with the server: its message says only that.
v1::ErrorDetail DetailOf(const absl::Status& status);

absl::Status InvalidInput(absl::string_view message);
absl::Status NamespaceNotFound(absl::string_view id);
absl::Status ServiceNotFound(absl::string_view id);
absl::Status InstanceNotFound(absl::string_view service_id, absl::string_view instance_id);
absl::Status OperationNotFound(absl::string_view id);
absl::Status ResourceNotFound(absl::string_view arn);
// `method` is the API name of the operation in progress.
absl::Status DuplicateRequest(absl::string_view method, absl::string_view operation_id);

}  // namespace cloudmap
