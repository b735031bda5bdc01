#include "cli/calls.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "registry/base/status_macros.h"
#include "registry/schema/enum_names.h"

namespace cloudmap::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

// Operations usually end with the call that started them; slow ones are asked once a second.
constexpr absl::Duration kFirstPause = absl::Milliseconds(20);
constexpr absl::Duration kLongestPause = absl::Seconds(1);

const MethodDescriptor& GetOperationMethod() {
  return *v1::GetOperationRequest::descriptor()
              ->file()
              ->FindServiceByName("ServiceDiscovery")
              ->FindMethodByName("GetOperation");
}

const v1::Operation& OperationOf(const Message& response) {
  return dynamic_cast<const v1::GetOperationResponse&>(response).operation();
}

}  // namespace

bool IsPaged(const MethodDescriptor& method) {
  return method.input_type()->FindFieldByName("next_token") != nullptr &&
         method.output_type()->FindFieldByName("next_token") != nullptr;
}

bool IsAsynchronous(const MethodDescriptor& method) {
  return method.output_type()->FindFieldByName("operation_id") != nullptr;
}

absl::StatusOr<std::unique_ptr<Message>> CallAllPages(Client& client,
                                                      const MethodDescriptor& method,
                                                      Message& request) {
  const FieldDescriptor* asked = method.input_type()->FindFieldByName("next_token");
  const FieldDescriptor* next = method.output_type()->FindFieldByName("next_token");
  ASSIGN_OR_RETURN(std::unique_ptr<Message> all, client.Call(method, request));
  std::string token = all->GetReflection()->GetString(*all, next);
  while (!token.empty()) {
    request.GetReflection()->SetString(&request, asked, token);
    all->GetReflection()->ClearField(all.get(), next);
    ASSIGN_OR_RETURN(const std::unique_ptr<Message> page, client.Call(method, request));
    all->MergeFrom(*page);
    std::string following = page->GetReflection()->GetString(*page, next);
    if (following == token) {
      return absl::AbortedError("the server gave the same page token twice; use --no-paginate");
    }
    token = std::move(following);
  }
  all->GetReflection()->ClearField(all.get(), next);
  return all;
}

absl::StatusOr<std::unique_ptr<Message>> WaitForOperation(Client& client, const Message& started,
                                                          absl::Duration timeout) {
  const FieldDescriptor* id = started.GetDescriptor()->FindFieldByName("operation_id");
  v1::GetOperationRequest request;
  request.set_operation_id(started.GetReflection()->GetString(started, id));
  const absl::Time deadline = absl::Now() + timeout;
  for (absl::Duration pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    ASSIGN_OR_RETURN(std::unique_ptr<Message> response, client.Call(GetOperationMethod(), request));
    const v1::OperationStatus status = OperationOf(*response).status();
    if (status == v1::OPERATION_STATUS_SUCCESS || status == v1::OPERATION_STATUS_FAIL) {
      return response;
    }
    if (absl::Now() + pause > deadline) {
      const auto* name = v1::OperationStatus_descriptor()->FindValueByNumber(status);
      return absl::AbortedError(
          absl::StrCat("operation ", request.operation_id(), " is still ",
                       name == nullptr ? "unknown" : registry::EnumName(*name), " after ",
                       absl::FormatDuration(timeout), "; raise --wait-timeout"));
    }
    absl::SleepFor(pause);
  }
}

absl::Status OperationError(const Message& response) {
  const v1::Operation& operation = OperationOf(response);
  if (operation.status() != v1::OPERATION_STATUS_FAIL) {
    return absl::OkStatus();
  }
  return absl::AbortedError(absl::StrCat(operation.error_code(), ": ", operation.error_message(),
                                         " (operation ", operation.id(), " failed)"));
}

}  // namespace cloudmap::cli
