// Commands that take more than one call: every page of a list, and waiting for an operation.
//
//   if (IsPaged(method)) {
//     ASSIGN_OR_RETURN(response, CallAllPages(client, method, *request));
//   }
//
// Errors are those of Client::Call, unless a function says more. All functions run on the caller's
// thread and return when the last answer is there; a Client serves one of them at a time.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/client.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace cloudmap::cli {

// True when both the request and the response have a NextToken: the method answers in pages.
bool IsPaged(const google::protobuf::MethodDescriptor& method);
// True when the response has an OperationId: what was asked for may go on after the answer.
bool IsAsynchronous(const google::protobuf::MethodDescriptor& method);

// Calls `method` again and again, from the page that `request` asks for to the last one, and
// returns the pages joined into one response without a NextToken. `request` is left with the last
// token in it. Aborted, beside what Call returns, when the server gives the same token twice, since
// that would go on for ever. REQUIRES: IsPaged(method).
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> CallAllPages(
    Client& client, const google::protobuf::MethodDescriptor& method,
    google::protobuf::Message& request);

// Asks for the operation that `started` names until it has ended, and returns the last
// GetOperation response. It is asked at once, then after 20 ms, then after pauses that double up to
// a second. An operation that ended with FAIL is no error here; OperationError tells. Aborted when
// it has not ended within `timeout`. REQUIRES: `started` is the response of an asynchronous method.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> WaitForOperation(
    Client& client, const google::protobuf::Message& started, absl::Duration timeout);

// OK, or Aborted with the operation's error code and message when it failed. REQUIRES: `response`
// is one that WaitForOperation returned.
absl::Status OperationError(const google::protobuf::Message& response);

}  // namespace cloudmap::cli
