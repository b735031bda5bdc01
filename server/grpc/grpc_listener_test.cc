#include "server/grpc/grpc_listener.h"

#include <sys/socket.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"

namespace cloudmap::api {
namespace {

using grpc::health::v1::Health;
using testing::HasSubstr;
using testing::StartsWith;

// Remembers who called it.
class Service final : public Health::Service {
 public:
  grpc::Status Check(grpc::ServerContext* context, const grpc::health::v1::HealthCheckRequest*,
                     grpc::health::v1::HealthCheckResponse*) override {
    peer = context->peer();
    return grpc::Status::OK;
  }

  std::string peer;
};

class GrpcListenerTest : public testing::Test {
 protected:
  ~GrpcListenerTest() override { Stop(); }

  void Start(const std::string& address) {
    ASSERT_EQ(listener_.Listen(address), absl::OkStatus());
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    listener_.AddTo(builder, grpc::InsecureServerCredentials());
    server_ = builder.BuildAndStart();
    ASSERT_EQ(listener_.Start(), absl::OkStatus());
  }
  void Stop() {
    listener_.Stop();
    if (server_ != nullptr) {
      server_->Shutdown();
      server_.reset();
    }
  }

  // Who a call to `address` came from.
  std::string PeerOfCall(const std::string& address) {
    channel_ = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    grpc::health::v1::HealthCheckResponse response;
    const grpc::Status status = Health::NewStub(channel_)->Check(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return service_.peer;
  }
  size_t HeldOf(const std::vector<std::string>& peers) const {
    return GrpcListener::Hold(listener_, peers).held_connections();
  }

  GrpcListener listener_;
  Service service_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(GrpcListenerTest, HoldsConnectionsThatSeveralCallsCameOver) {
  Start("127.0.0.1:0");
  const std::string peer = PeerOfCall(listener_.bound_addresses().front());
  EXPECT_EQ(HeldOf({}), 0U);
  EXPECT_EQ(HeldOf({peer}), 0U) << "one answer goes at once";
  EXPECT_EQ(HeldOf({peer, peer}), 1U);
  EXPECT_EQ(HeldOf({peer, "ipv4:127.0.0.1:1", peer, peer, "unix:", ""}), 1U);
}

TEST_F(GrpcListenerTest, KnowsPeersOfIpv6) {
  Start("[::1]:0");
  const std::string peer = PeerOfCall(listener_.bound_addresses().front());
  EXPECT_EQ(HeldOf({peer, peer}), 1U) << peer;
}

TEST_F(GrpcListenerTest, ListensOnSeveralAddresses) {
  ASSERT_EQ(listener_.Listen("127.0.0.1:0"), absl::OkStatus());
  Start("[::1]:0");
  ASSERT_EQ(listener_.bound_addresses().size(), 2U);
  EXPECT_THAT(PeerOfCall(listener_.bound_addresses()[0]), StartsWith("ipv4:127.0.0.1:"));
  EXPECT_THAT(PeerOfCall(listener_.bound_addresses()[1]), StartsWith("ipv6:%5B::1%5D:"));
}

TEST_F(GrpcListenerTest, ForgetsConnectionsThatAreGone) {
  Start("127.0.0.1:0");
  const SocketAddress address = *SocketAddress::Parse(listener_.bound_addresses().front());
  constexpr int kConnections = 1000;
  for (int i = 0; i < kConnections; ++i) {
    const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(connect(fd.get(), address.get(), address.size()), 0);
    // Until the server has said its part, so that it has accepted.
    char byte = 0;
    ASSERT_EQ(recv(fd.get(), &byte, 1, 0), 1);
  }
  const std::string peer = PeerOfCall(listener_.bound_addresses().front());
  EXPECT_EQ(HeldOf({peer, peer}), 1U);
  EXPECT_LT(listener_.known_connections(), size_t{kConnections} / 2);
}

TEST_F(GrpcListenerTest, AfterStopNobodyIsAcceptedAndCallsGoOn) {
  Start("127.0.0.1:0");
  const std::string address = listener_.bound_addresses().front();
  PeerOfCall(address);
  listener_.Stop();
  listener_.Stop();
  grpc::ClientContext context;
  grpc::health::v1::HealthCheckResponse response;
  EXPECT_TRUE(Health::NewStub(channel_)->Check(&context, {}, &response).ok());
  const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const SocketAddress parsed = *SocketAddress::Parse(address);
  EXPECT_NE(connect(fd.get(), parsed.get(), parsed.size()), 0);
}

TEST_F(GrpcListenerTest, AnAddressThatCannotBeHadIsSaidSo) {
  GrpcListener malformed;
  EXPECT_EQ(malformed.Listen("localhost:80").code(), absl::StatusCode::kInvalidArgument);
  GrpcListener first;
  ASSERT_EQ(first.Listen("127.0.0.1:0"), absl::OkStatus());
  GrpcListener second;
  const absl::Status taken = second.Listen(first.bound_addresses().front());
  EXPECT_EQ(taken.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(taken.message()),
              HasSubstr(absl::StrCat("--grpc-listen ", first.bound_addresses().front(),
                                     ": address already in use")));
}

}  // namespace
}  // namespace cloudmap::api
