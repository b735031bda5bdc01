#include "server/grpc/grpc_server.h"

#include <chrono>
#include <deque>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cloudmap/v1/service_discovery.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "registry/base/testing/fake_clock.h"
#include "registry/base/testing/fake_timers.h"
#include "registry/store/memory_store.h"
#include "server/net/testing/test_identity.h"

namespace cloudmap::api {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// A server over a memory store, and what a user's generated stub sees of it.
class GrpcServerTest : public testing::Test {
 protected:
  GrpcServerTest()
      : registry_({}, std::make_unique<registry::MemoryStore>(), timers_, random_),
        operations_(registry_) {
    EXPECT_TRUE(registry_.Start().ok());
    server_ = std::make_unique<GrpcServer>(GrpcOptions{.listen = {"127.0.0.1:0"}}, operations_);
    EXPECT_TRUE(server_->Start().ok());
    channel_ =
        grpc::CreateChannel(server_->bound_addresses().front(), grpc::InsecureChannelCredentials());
    stub_ = v1::ServiceDiscovery::NewStub(channel_);
  }
  ~GrpcServerTest() override {
    server_->Stop();
    registry_.Stop();
  }

  FakeClock clock_;
  FakeTimers timers_{clock_};
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
  EXPECT_EQ(detail.code(), v1::ERROR_CODE_SERVICE_NOT_FOUND);
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

TEST_F(GrpcServerTest, ManyCallsAtOnceAreAllAnswered) {
  constexpr int kThreads = 4;
  constexpr int kCalls = 100;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kCalls; ++i) {
        grpc::ClientContext context;
        v1::CreateHttpNamespaceRequest create;
        create.set_name(absl::StrCat("n-", t, "-", i));
        v1::CreateHttpNamespaceResponse created;
        EXPECT_TRUE(stub_->CreateHttpNamespace(&context, create, &created).ok());
        // Answered means visible.
        grpc::ClientContext get_context;
        v1::GetOperationRequest get;
        get.set_operation_id(created.operation_id());
        v1::GetOperationResponse got;
        EXPECT_TRUE(stub_->GetOperation(&get_context, get, &got).ok());
        EXPECT_EQ(got.operation().status(), v1::OPERATION_STATUS_SUCCESS);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(registry_.Current()->namespaces().size(), static_cast<size_t>(kThreads * kCalls));
}

TEST_F(GrpcServerTest, ACallThatTheClientGaveUpLeavesTheServerServing) {
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    // Some are answered all the same.
    context.set_deadline(std::chrono::system_clock::now());
    v1::ListNamespacesResponse response;
    stub_->ListNamespaces(&context, {}, &response);
  }
  grpc::ClientContext context;
  v1::ListNamespacesResponse response;
  EXPECT_TRUE(stub_->ListNamespaces(&context, {}, &response).ok());
}

// A server that speaks TLS, and what a fresh connection sees of it.
class GrpcTlsTest : public testing::Test {
 protected:
  GrpcTlsTest()
      : registry_({}, std::make_unique<registry::MemoryStore>(), timers_, random_),
        operations_(registry_) {
    EXPECT_TRUE(registry_.Start().ok());
  }
  ~GrpcTlsTest() override {
    if (server_ != nullptr) {
      server_->Stop();
    }
    registry_.Stop();
  }

  void Start(const TlsFiles& files) {
    auto tls = TlsCertificates::Load(files);
    ASSERT_TRUE(tls.ok()) << tls.status();
    tls_ = *std::move(tls);
    server_ = std::make_unique<GrpcServer>(
        GrpcOptions{.listen = {"127.0.0.1:0"}, .tls = tls_.get()}, operations_);
    ASSERT_TRUE(server_->Start().ok());
  }

  // A call by who trusts the certificate that `identity` has now, and has `own` if that is given.
  bool CallSucceeds(const TestIdentity& identity, const TestIdentity* own = nullptr) {
    const auto text = [](const std::string& path) {
      std::ifstream file(path);
      return std::string(std::istreambuf_iterator<char>(file), {});
    };
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = text(identity.cert);
    if (own != nullptr) {
      options.pem_private_key = text(own->key);
      options.pem_cert_chain = text(own->cert);
    }
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("server");
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto stub = v1::ServiceDiscovery::NewStub(grpc::CreateCustomChannel(
        server_->bound_addresses().front(), grpc::SslCredentials(options), arguments));
    grpc::ClientContext context;
    v1::ListNamespacesResponse response;
    return stub->ListNamespaces(&context, {}, &response).ok();
  }

  FakeClock clock_;
  FakeTimers timers_{clock_};
  RealRandom random_;
  registry::Registry registry_;
  Operations operations_;
  std::unique_ptr<TlsCertificates> tls_;
  std::unique_ptr<GrpcServer> server_;
};

TEST_F(GrpcTlsTest, NewConnectionsSeeRenewedCertificates) {
  const TestIdentity server("server");
  Start(server.Files());
  EXPECT_TRUE(CallSucceeds(server));
  server.Renew("server");
  ASSERT_TRUE(tls_->Reload().ok());
  EXPECT_TRUE(CallSucceeds(server)) << "who trusts the new one alone";
  EXPECT_FALSE(CallSucceeds(TestIdentity("server"))) << "who trusts another one";
}

TEST_F(GrpcTlsTest, AskedForClientCertificatesItServesOnlyThoseWhoHaveOne) {
  const TestIdentity server("server");
  const TestIdentity client("client");
  const TestIdentity stranger("stranger");
  Start(server.Files(&client));
  EXPECT_TRUE(CallSucceeds(server, &client));
  EXPECT_FALSE(CallSucceeds(server, &stranger));
  EXPECT_FALSE(CallSucceeds(server));
}

class GrpcHealthTest : public GrpcServerTest {
 protected:
  using Response = grpc::health::v1::HealthCheckResponse;
  GrpcHealthTest() : health_(grpc::health::v1::Health::NewStub(channel_)) {}

  static grpc::health::v1::HealthCheckRequest Of(const std::string& service) {
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    return request;
  }

  std::unique_ptr<grpc::health::v1::Health::Stub> health_;
};

TEST_F(GrpcHealthTest, CheckKnowsTheServerAndItsService) {
  for (const char* service : {"", "cloudmap.v1.ServiceDiscovery"}) {
    grpc::ClientContext context;
    Response response;
    EXPECT_TRUE(health_->Check(&context, Of(service), &response).ok()) << service;
    EXPECT_EQ(response.status(), Response::SERVING) << service;
  }
  grpc::ClientContext context;
  Response response;
  EXPECT_EQ(health_->Check(&context, Of("other"), &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(GrpcHealthTest, WatchTellsWhenTheServerStops) {
  grpc::ClientContext context;
  const auto watch = health_->Watch(&context, Of(""));
  Response response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), Response::SERVING);
  server_->Stop();
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), Response::NOT_SERVING);
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(GrpcHealthTest, WatchOfAnUnknownServiceSaysSo) {
  grpc::ClientContext context;
  const auto watch = health_->Watch(&context, Of("other"));
  Response response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), Response::SERVICE_UNKNOWN);
}

TEST_F(GrpcHealthTest, WatchesAreBounded) {
  std::deque<grpc::ClientContext> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<Response>>> watches;
  Response response;
  for (int i = 0; i < 64; ++i) {
    watches.push_back(health_->Watch(&contexts.emplace_back(), Of("")));
    ASSERT_TRUE(watches.back()->Read(&response)) << i;
  }
  const auto refused = health_->Watch(&contexts.emplace_back(), Of(""));
  EXPECT_FALSE(refused->Read(&response));
  EXPECT_EQ(refused->Finish().error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(GrpcServerTest, SecondServerOnThePortFailsAndNamesTheOption) {
  GrpcServer second({.listen = server_->bound_addresses()}, operations_);
  const absl::Status status = second.Start();
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()),
              StartsWith("--grpc-listen " + server_->bound_addresses().front()));
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
