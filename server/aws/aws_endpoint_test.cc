#include "server/aws/aws_endpoint.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cloudmap/v1/service_discovery.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "registry/base/wire_format.h"
#include "registry/errors.h"

namespace cloudmap::aws {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;
using google::protobuf::Message;

constexpr char kTarget[] = "Route53AutoNaming_v20170314.";

// An endpoint over an operation that the test gives.
class AwsEndpointTest : public ::testing::Test {
 protected:
  using Result = absl::StatusOr<std::string>;

  struct Outcome {
    http::Response response;
    Json body;

    std::string Header(absl::string_view name) const {
      for (const auto& [key, value] : response.headers) {
        if (key == name) {
          return value;
        }
      }
      return "";
    }
  };

  static Result Empty() { return Wire(v1::DeleteServiceResponse()); }
  static Result Wire(const Message& response) { return SerializeDeterministically(response); }

  Outcome Handle(const http::Request& request) {
    AwsEndpoint endpoint({.call =
                              [this](const google::protobuf::MethodDescriptor& method,
                                     std::unique_ptr<Message> message, registry::Violations found,
                                     AwsEndpoint::Done done) {
                                called_ = method.name();
                                called_with_ = std::move(message);
                                Result result = std::exchange(result_, Empty());
                                done(found.empty() ? std::move(result) : Result(found.ToStatus()));
                              },
                          .random = random_,
                          .verifier = verifier_});
    std::optional<http::Response> response;
    endpoint.Handle(request, [&response](http::Response answer) {
      ASSERT_FALSE(response.has_value()) << "answered twice";
      response = std::move(answer);
    });
    EXPECT_TRUE(response.has_value()) << "not answered";
    Outcome outcome{std::move(response).value(), {}};
    outcome.body = Json::parse(outcome.response.body);
    EXPECT_EQ(outcome.response.content_type, "application/x-amz-json-1.1");
    EXPECT_THAT(outcome.Header("x-amzn-RequestId"),
                ContainsRegex("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                              "[0-9a-f]{12}$"));
    return outcome;
  }

  Outcome Post(const std::string& operation, absl::string_view body,
               absl::string_view content_type = "application/x-amz-json-1.1") {
    const std::string target = kTarget + operation;
    return Handle({.method = "POST",
                   .path = "/",
                   .query = "",
                   .headers = {{"Host", "any.host.at.all"},
                               {"x-amz-target", target},
                               {"Content-Type", content_type}},
                   .body = body,
                   .remote = "127.0.0.1:1"});
  }

  void ExpectError(const Outcome& outcome, int http_status, const std::string& type,
                   const std::string& message) {
    EXPECT_EQ(outcome.response.status, http_status);
    EXPECT_EQ(outcome.body.at("__type"), type);
    EXPECT_EQ(outcome.Header("x-amzn-ErrorType"), type);
    EXPECT_THAT(outcome.body.at("Message").get<std::string>(), HasSubstr(message));
    EXPECT_EQ(outcome.body.at("message"), outcome.body.at("Message"));
  }

  RealRandom random_;
  const SigV4Verifier* verifier_ = nullptr;
  Result result_ = Empty();  // Of the next call.
  std::string called_;
  std::unique_ptr<Message> called_with_;
};

TEST_F(AwsEndpointTest, RunsTheOperationOfTheTargetAndAnswersInJson) {
  v1::RegisterInstanceResponse response;
  response.set_operation_id("op-1");
  result_ = Wire(response);
  const Outcome outcome =
      Post("RegisterInstance", R"({"ServiceId":"srv-1","Attributes":{"a":"b"},"Unknown":1})");
  EXPECT_EQ(outcome.response.status, 200);
  EXPECT_EQ(outcome.response.body, R"({"OperationId":"op-1"})");
  EXPECT_EQ(outcome.Header("x-amzn-ErrorType"), "");
  EXPECT_EQ(called_, "RegisterInstance");
  const auto& request = dynamic_cast<const v1::RegisterInstanceRequest&>(*called_with_);
  EXPECT_EQ(request.service_id(), "srv-1");
  EXPECT_EQ(request.attributes().at("a"), "b");
}

TEST_F(AwsEndpointTest, AnEmptyBodyIsAnEmptyObject) {
  EXPECT_EQ(Post("ListServices", "").response.status, 200);
  EXPECT_EQ(called_, "ListServices");
}

TEST_F(AwsEndpointTest, EveryOperationOfTheProtoIsATarget) {
  const auto* service =
      v1::GetServiceRequest::descriptor()->file()->FindServiceByName("ServiceDiscovery");
  ASSERT_EQ(service->method_count(), 30);
  for (int i = 0; i < service->method_count(); ++i) {
    Post(service->method(i)->name(), "{}");
    EXPECT_EQ(called_, service->method(i)->name());
    EXPECT_EQ(called_with_->GetDescriptor(), service->method(i)->input_type());
  }
}

TEST_F(AwsEndpointTest, TheContentTypeDoesNotMatterWhenTheBodyIsJson) {
  EXPECT_EQ(Post("ListServices", "{}", "text/plain").response.status, 200);
  EXPECT_EQ(Post("ListServices", "{}", "").response.status, 200);
}

TEST_F(AwsEndpointTest, UnknownTargetsAre404) {
  for (const char* operation : {"NoSuchOperation", "", "getService", "GetService "}) {
    ExpectError(Post(operation, "{}"), 404, "UnknownOperationException",
                std::string("'") + kTarget + operation + "'");
  }
  ExpectError(Handle({.method = "POST",
                      .path = "/",
                      .query = "",
                      .headers = {{"X-Amz-Target", "DynamoDB_20120810.ListTables"}},
                      .body = "{}",
                      .remote = ""}),
              404, "UnknownOperationException", "'DynamoDB_20120810.ListTables'");
  EXPECT_EQ(called_, "");
}

TEST_F(AwsEndpointTest, AMissingTargetIsNamed) {
  ExpectError(Handle({.method = "POST",
                      .path = "/",
                      .query = "",
                      .headers = {},
                      .body = "Action=ListUsers",
                      .remote = ""}),
              404, "UnknownOperationException", "X-Amz-Target is missing");
}

TEST_F(AwsEndpointTest, BadBodiesAreSerializationErrors) {
  ExpectError(Post("GetService", "{\"Id\":"), 400, "SerializationException", "not valid JSON");
  ExpectError(Post("GetService", "{\"Id\":5}"), 400, "SerializationException",
              "Value at 'id' must be a string");
  ExpectError(Post("GetService", "[]"), 400, "SerializationException", "must be an object");
  EXPECT_EQ(called_, "");
}

TEST_F(AwsEndpointTest, AWrongContentTypeIsNamedWhenTheBodyIsNotJson) {
  ExpectError(Post("GetService", "Id=srv-1", "application/x-www-form-urlencoded"), 400,
              "SerializationException", "Its Content-Type is 'application/x-www-form-urlencoded'");
  EXPECT_THAT(Post("GetService", "Id=srv-1").response.body, Not(HasSubstr("Content-Type")));
}

TEST_F(AwsEndpointTest, ViolationsAreHandedToTheOperation) {
  ExpectError(Post("RegisterInstance", "{}"), 400, "InvalidInput",
              "Value null at 'attributes' failed to satisfy constraint");
  EXPECT_EQ(called_, "RegisterInstance");
}

TEST_F(AwsEndpointTest, ErrorsCarryTheirMembers) {
  result_ = MakeError(v1::ERROR_CODE_NAMESPACE_ALREADY_EXISTS, "It is there.",
                      {{"CreatorRequestId", "r-1"}, {"NamespaceId", "ns-1"}});
  const Outcome outcome = Post("CreateHttpNamespace", R"({"Name":"a"})");
  ExpectError(outcome, 400, "NamespaceAlreadyExists", "It is there.");
  EXPECT_EQ(outcome.body.at("CreatorRequestId"), "r-1");
  EXPECT_EQ(outcome.body.at("NamespaceId"), "ns-1");
}

TEST_F(AwsEndpointTest, TheTextOfAnInternalFailureStaysOnTheServer) {
  result_ = absl::DataLossError("disk /dev/sda1 is gone");
  const Outcome outcome = Post("GetService", R"({"Id":"srv-1"})");
  ExpectError(outcome, 500, "InternalFailure", "");
  EXPECT_THAT(outcome.response.body, Not(HasSubstr("sda1")));
}

TEST_F(AwsEndpointTest, ErrorsThatQuoteBrokenBytesAreStillJson) {
  ExpectError(Handle({.method = "POST",
                      .path = "/",
                      .query = "",
                      .headers = {{"X-Amz-Target", "\xff\xfe\""}},
                      .body = "",
                      .remote = ""}),
              404, "UnknownOperationException", "is not an operation");
}

TEST_F(AwsEndpointTest, WithAVerifierOnlySignedRequestsAreDecoded) {
  const RealClock clock;
  const SigV4Verifier verifier({{"AKID", "secret"}}, "us-east-1", "servicediscovery", clock);
  verifier_ = &verifier;
  ExpectError(Post("GetService", "not JSON"), 400, "MissingAuthenticationTokenException",
              "Missing Authentication Token");
  EXPECT_EQ(called_, "");
}

}  // namespace
}  // namespace cloudmap::aws
