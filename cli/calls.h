// What a command does beyond one call: all pages of a list, and waiting for an operation.
//
// Thread safety: as the client.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/client.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace cloudmap::cli {

// Whether the method answers in pages (NextToken).
bool IsPaged(const google::protobuf::MethodDescriptor& method);
// Whether the method starts an operation (answers an OperationId).
bool IsAsynchronous(const google::protobuf::MethodDescriptor& method);

// REQUIRES: IsPaged(method). All pages from the one that `request` asks for, as one response.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> CallAllPages(
    Client& client, const google::protobuf::MethodDescriptor& method,
    google::protobuf::Message& request);

// REQUIRES: `started` is the response of an asynchronous method. The GetOperation response in
// which the operation has ended, with SUCCESS or FAIL; Aborted when `timeout` passes before.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> WaitForOperation(
    Client& client, const google::protobuf::Message& started, absl::Duration timeout);

// OK, or Aborted with the operation's error when it has failed. `response` is GetOperation's.
absl::Status OperationError(const google::protobuf::Message& response);

}  // namespace cloudmap::cli
