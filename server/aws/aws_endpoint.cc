#include "server/aws/aws_endpoint.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "registry/base/check.h"
#include "registry/base/status_macros.h"
#include "registry/errors.h"
#include "server/aws/aws_errors.h"
#include "server/json/proto_json.h"
#include "spdlog/spdlog.h"

namespace cloudmap::aws {
namespace {

using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr char kTargetHeader[] = "X-Amz-Target";
constexpr char kTargetPrefix[] = "Route53AutoNaming_v20170314.";

const ServiceDescriptor& Service() {
  const ServiceDescriptor* service =
      v1::GetNamespaceRequest::descriptor()->file()->FindServiceByName("ServiceDiscovery");
  CLOUDMAP_CHECK(service != nullptr, "the proto has the service");
  return *service;
}

std::unique_ptr<Message> NewRequest(const MethodDescriptor& method) {
  return std::unique_ptr<Message>(
      MessageFactory::generated_factory()->GetPrototype(method.input_type())->New());
}

// What is not JSON is often a form or XML: then its type says more than the byte that is wrong.
absl::Status WithContentType(absl::Status status, absl::string_view content_type) {
  if (content_type.empty() || absl::StrContains(absl::AsciiStrToLower(content_type), "json")) {
    return status;
  }
  return MakeError(v1::ERROR_CODE_SERIALIZATION,
                   absl::StrCat(status.message(), " Its Content-Type is ", Quoted(content_type),
                                "; this endpoint expects ", kContentType, "."));
}

http::Response Failure(const absl::Status& status, absl::string_view request_id,
                       absl::string_view operation) {
  const v1::ErrorDetail detail = DetailOf(status);
  if (detail.code() == v1::ERROR_CODE_INTERNAL_FAILURE) {
    spdlog::error("{} {} failed: {}", std::string(request_id), std::string(operation),
                  status.ToString());
  }
  return ErrorResponse(detail);
}

}  // namespace

AwsEndpoint::AwsEndpoint(Options options)
    : options_(std::move(options)), id_random_(options_.random.Next()) {
  for (int i = 0; i < Service().method_count(); ++i) {
    methods_[Service().method(i)->name()] = Service().method(i);
  }
}

absl::StatusOr<const MethodDescriptor*> AwsEndpoint::FindMethod(absl::string_view target) const {
  if (target.empty()) {
    return MakeError(v1::ERROR_CODE_UNKNOWN_OPERATION,
                     absl::StrCat("The header ", kTargetHeader, " is missing; it is ",
                                  kTargetPrefix, "<Operation>."));
  }
  absl::string_view name = target;
  if (absl::ConsumePrefix(&name, kTargetPrefix)) {
    const auto method = methods_.find(name);
    if (method != methods_.end()) {
      return method->second;
    }
  }
  return MakeError(v1::ERROR_CODE_UNKNOWN_OPERATION,
                   absl::StrCat("The ", kTargetHeader, " ", Quoted(target),
                                " is not an operation of this API."));
}

absl::StatusOr<AwsEndpoint::Admitted> AwsEndpoint::Admit(const http::Request& request) const {
  ASSIGN_OR_RETURN(const MethodDescriptor* method, FindMethod(request.Header(kTargetHeader)));
  if (options_.verifier != nullptr) {
    RETURN_IF_ERROR(options_.verifier->Verify(request));
  }
  Admitted admitted{method, NewRequest(*method), {}};
  const absl::string_view body = request.body.empty() ? "{}" : request.body;
  const absl::Status decoded = json::Decode(body, *admitted.message, admitted.found);
  if (!decoded.ok()) {
    return WithContentType(decoded, request.Header("Content-Type"));
  }
  return admitted;
}

void AwsEndpoint::Handle(const http::Request& request, http::Respond respond) const {
  std::string request_id = Uuid(id_random_);
  absl::StatusOr<Admitted> admitted = Admit(request);
  if (!admitted.ok()) {
    http::Response response = Failure(admitted.status(), request_id, "request");
    response.headers.emplace_back("x-amzn-RequestId", std::move(request_id));
    respond(std::move(response));
    return;
  }
  const MethodDescriptor& method = *admitted->method;
  options_.call(method, std::move(admitted->message), std::move(admitted->found),
                [request_id = std::move(request_id), respond = std::move(respond),
                 &method](const absl::StatusOr<std::string>& result) mutable {
                  http::Response response =
                      result.ok()
                          ? http::Response{.content_type = kContentType,
                                           .headers = {},
                                           .body = json::EncodeWire(*method.output_type(), *result)}
                          : Failure(result.status(), request_id, method.name());
                  response.headers.emplace_back("x-amzn-RequestId", std::move(request_id));
                  respond(std::move(response));
                });
}

}  // namespace cloudmap::aws
