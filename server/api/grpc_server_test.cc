#include "server/api/grpc_server.h"

#include <memory>
#include <string>

#include "cloudmap/v1/service_discovery.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "registry/store/memory_store.h"

namespace cloudmap::api {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// A server over a memory store, and what a user's generated stub sees of it.
class GrpcServerTest : public testing::Test {
 protected:
  GrpcServerTest()
      : registry_({}, std::make_unique<registry::MemoryStore>(), clock_, random_),
        operations_(registry_) {
    EXPECT_TRUE(registry_.Start().ok());
    server_ = std::make_unique<GrpcServer>(GrpcOptions{"127.0.0.1:0", "", "", ""}, operations_);
    EXPECT_TRUE(server_->Start().ok());
    channel_ = grpc::CreateChannel(server_->bound_address(), grpc::InsecureChannelCredentials());
    stub_ = v1::ServiceDiscovery::NewStub(channel_);
  }
  ~GrpcServerTest() override {
    server_->Stop();
    registry_.Stop();
  }

  RealClock clock_;
  RealRandom random_;
  registry::Registry registry_;
  Operations operations_;
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ServiceDiscovery::Stub> stub_;
};

TEST_F(GrpcServerTest, TypedStubCallsEveryKindOfMethod) {
  grpc::ClientContext create_context;
  v1::CreateHttpNamespaceRequest create;
  create.set_name("typed");
  v1::CreateHttpNamespaceResponse created;
  ASSERT_TRUE(stub_->CreateHttpNamespace(&create_context, create, &created).ok());
  EXPECT_NE(created.operation_id(), "");

  grpc::ClientContext list_context;
  v1::ListNamespacesResponse listed;
  ASSERT_TRUE(stub_->ListNamespaces(&list_context, {}, &listed).ok());
  ASSERT_EQ(listed.namespaces_size(), 1);
  EXPECT_EQ(listed.namespaces(0).name(), "typed");
}

TEST_F(GrpcServerTest, ErrorsCarryTheAwsTypeInMetadataAndDetails) {
  grpc::ClientContext context;
  v1::GetServiceRequest request;
  request.set_id("srv-none");
  v1::GetServiceResponse response;
  const grpc::Status status = stub_->GetService(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("srv-none"));
  const auto type = context.GetServerTrailingMetadata().find("cloudmap-error-type");
  ASSERT_NE(type, context.GetServerTrailingMetadata().end());
  EXPECT_EQ(std::string(type->second.data(), type->second.size()), "ServiceNotFound");

  v1::StatusDetails details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  ASSERT_EQ(details.details_size(), 1);
  v1::ErrorDetail detail;
  ASSERT_TRUE(details.details(0).UnpackTo(&detail));
  EXPECT_EQ(detail.code(), v1::SERVICE_NOT_FOUND);
  EXPECT_EQ(detail.type(), "ServiceNotFound");
}

TEST_F(GrpcServerTest, ConstraintsAreCheckedAsOverAwsJson) {
  grpc::ClientContext context;
  v1::GetServiceResponse response;
  const grpc::Status status = stub_->GetService(&context, {}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(),
              StartsWith("1 validation error detected: Value null at 'id'"));
}

TEST_F(GrpcServerTest, EnumValueOutsideTheProtoIsInvalidInput) {
  grpc::ClientContext context;
  v1::UpdateInstanceCustomHealthStatusRequest request;
  request.set_service_id("srv-x");
  request.set_instance_id("i");
  request.set_status(static_cast<v1::CustomHealthStatus>(99));
  v1::UpdateInstanceCustomHealthStatusResponse response;
  const grpc::Status status = stub_->UpdateInstanceCustomHealthStatus(&context, request, &response);
  EXPECT_THAT(status.error_message(), HasSubstr("enum value set: [HEALTHY, UNHEALTHY]"));
}

TEST_F(GrpcServerTest, BytesThatAreNoRequestAreRefused) {
  grpc::GenericStub generic(channel_);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  grpc::Slice slice("\xff\xff\xff");
  const grpc::ByteBuffer request(&slice, 1);
  auto call = generic.PrepareUnaryCall(&context, "/cloudmap.v1.ServiceDiscovery/RegisterInstance",
                                       request, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, &queue);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("cloudmap.v1.RegisterInstanceRequest"));
}

TEST_F(GrpcServerTest, SecondServerOnThePortFailsAndNamesTheOption) {
  GrpcServer second({server_->bound_address(), "", "", ""}, operations_);
  const absl::Status status = second.Start();
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()),
              StartsWith("--grpc-listen " + server_->bound_address()));
}

TEST_F(GrpcServerTest, CallsAfterStopAreRefused) {
  server_->Stop();
  grpc::ClientContext context;
  v1::ListNamespacesResponse response;
  EXPECT_EQ(stub_->ListNamespaces(&context, {}, &response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace cloudmap::api
