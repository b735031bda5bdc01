#include "server/grpc/grpc_server.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpc/support/log.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "registry/base/status_macros.h"
#include "server/grpc/grpc_credentials.h"
#include "server/grpc/grpc_health.h"
#include "server/grpc/grpc_listener.h"
#include "server/grpc/grpc_reflection.h"
#include "server/grpc/grpc_service.h"
#include "spdlog/spdlog.h"

namespace cloudmap::api {
namespace {

constexpr absl::Duration kDrainDeadline = absl::Seconds(5);
// For idle clients to close by themselves, as gRPC asks them to.
constexpr absl::Duration kCloseDelay = absl::Milliseconds(300);
// Go's clients may ping every 10 s, others more often; 5 s is still no flood.
constexpr int kPingIntervalMinMs = 5000;
// An idle connection is asked for a sign of life so often, and given up after so long.
constexpr int kKeepaliveTimeMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
// Far above any valid request (5,000 characters of attributes), far below what would hurt.
constexpr int kRequestBytesMax = 1 << 20;

// One log. What gRPC calls an error is a failed handshake, mostly: the operator's business only
// when asked. The exception is why it is about to end the process.
void LogForGrpc(gpr_log_func_args* args) {
  if (absl::StrContains(args->message, "assertion failed")) {
    spdlog::critical("grpc: {}", args->message);
  } else {
    spdlog::debug("grpc: {}", args->message);
  }
}

// Clients keep streams and idle connections alive with pings, and so do we: a peer that vanished is
// noticed, and no middle box forgets the connection.
void AllowPings(grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kPingIntervalMinMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);  // no limit
}

// Each has a thread; the rest is for DNS and HTTP.
int QueueCount() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / 2); }

}  // namespace

class GrpcServer::Impl {
 public:
  Impl(GrpcOptions options, Operations& operations)
      : options_(std::move(options)), service_(operations, listener_) {}

  absl::Status Start() {
    for (const std::string& address : options_.listen) {
      RETURN_IF_ERROR(listener_.Listen(address));
    }
    gpr_set_log_function(LogForGrpc);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(kRequestBytesMax);
    AllowPings(builder);
    listener_.AddTo(builder, GrpcCredentials(options_.tls));
    service_.AddQueues(builder, QueueCount());
    builder.RegisterService(&service_);
    builder.RegisterService(&health_);
    builder.RegisterService(&reflection_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) {
      return absl::UnavailableError("gRPC did not start");
    }
    RETURN_IF_ERROR(service_.Start());
    return listener_.Start();
  }

  void Stop() {
    if (server_ != nullptr) {
      health_.StopServing();
      listener_.Stop();
      ShutDown();
      service_.Stop();
      server_.reset();
    }
  }

  const std::vector<std::string>& bound_addresses() const { return listener_.bound_addresses(); }

 private:
  // gRPC waits for connections that have not even said that they speak HTTP/2, until its deadline.
  // Calls are worth that; once they are answered, what is still open is closed.
  void ShutDown() {
    const absl::Time deadline = absl::Now() + kDrainDeadline;
    absl::Notification done;
    std::thread shutdown([this, deadline, &done] {
      server_->Shutdown(absl::ToChronoTime(deadline));
      done.Notify();
    });
    service_.AwaitSent(deadline);
    if (!done.WaitForNotificationWithTimeout(kCloseDelay)) {
      listener_.CloseConnections();
    }
    shutdown.join();
  }

  const GrpcOptions options_;
  GrpcListener listener_;
  GrpcService service_;
  GrpcHealth health_{{"cloudmap.v1.ServiceDiscovery"}};
  GrpcReflection reflection_{{"cloudmap.v1.ServiceDiscovery", "grpc.health.v1.Health",
                              "grpc.reflection.v1.ServerReflection",
                              "grpc.reflection.v1alpha.ServerReflection"}};
  std::unique_ptr<grpc::Server> server_;
};

GrpcServer::GrpcServer(GrpcOptions options, Operations& operations)
    : impl_(std::make_unique<Impl>(std::move(options), operations)) {}

GrpcServer::~GrpcServer() { Stop(); }

absl::Status GrpcServer::Start() { return impl_->Start(); }

const std::vector<std::string>& GrpcServer::bound_addresses() const {
  return impl_->bound_addresses();
}

void GrpcServer::Stop() { impl_->Stop(); }

}  // namespace cloudmap::api
