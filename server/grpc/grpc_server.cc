#include "server/grpc/grpc_server.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpc/support/log.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "registry/base/status_macros.h"
#include "server/grpc/grpc_health.h"
#include "server/grpc/grpc_listener.h"
#include "server/grpc/grpc_service.h"
#include "spdlog/spdlog.h"

namespace cloudmap::api {
namespace {

constexpr auto kDrainDeadline = std::chrono::seconds(5);
// Far above any valid request (5,000 characters of attributes), far below what would hurt.
constexpr int kRequestBytesMax = 1 << 20;

std::shared_ptr<grpc::ServerCredentials> CredentialsOf(const GrpcOptions& options) {
  if (options.tls_cert.empty()) {
    return grpc::InsecureServerCredentials();
  }
  namespace tls = grpc::experimental;
  tls::TlsServerCredentialsOptions credentials(
      std::make_shared<tls::FileWatcherCertificateProvider>(options.tls_key, options.tls_cert,
                                                            options.tls_client_ca, 1));
  credentials.watch_identity_key_cert_pairs();
  if (!options.tls_client_ca.empty()) {
    credentials.watch_root_certs();
    credentials.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return tls::TlsServerCredentials(credentials);
}

// One log: what gRPC says (a failed handshake, mostly) is the operator's business only when asked.
void LogForGrpc(gpr_log_func_args* args) { spdlog::debug("grpc: {}", args->message); }

// Each has a thread; the rest is for DNS and HTTP.
int QueueCount() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / 2); }

}  // namespace

class GrpcServer::Impl {
 public:
  Impl(GrpcOptions options, Operations& operations)
      : options_(std::move(options)), service_(operations, listener_) {}

  absl::Status Start() {
    RETURN_IF_ERROR(listener_.Listen(options_.listen));
    gpr_set_log_function(LogForGrpc);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(kRequestBytesMax);
    listener_.AddTo(builder, CredentialsOf(options_));
    service_.AddQueues(builder, QueueCount());
    builder.RegisterService(&service_);
    builder.RegisterService(&health_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) {
      return absl::UnavailableError(
          absl::StrCat("--grpc-listen ", options_.listen, ": gRPC did not start"));
    }
    service_.Start();
    bound_address_ = listener_.bound_address();
    listener_.Start();
    return absl::OkStatus();
  }

  void Stop() {
    if (server_ != nullptr) {
      health_.StopServing();
      listener_.Stop();
      server_->Shutdown(std::chrono::system_clock::now() + kDrainDeadline);
      service_.Stop();
      server_.reset();
    }
  }

  const std::string& bound_address() const { return bound_address_; }

 private:
  const GrpcOptions options_;
  GrpcListener listener_;
  GrpcService service_;
  GrpcHealth health_{{"cloudmap.v1.ServiceDiscovery"}};
  std::unique_ptr<grpc::Server> server_;
  std::string bound_address_;
};

GrpcServer::GrpcServer(GrpcOptions options, Operations& operations)
    : impl_(std::make_unique<Impl>(std::move(options), operations)) {}

GrpcServer::~GrpcServer() { Stop(); }

absl::Status GrpcServer::Start() { return impl_->Start(); }

const std::string& GrpcServer::bound_address() const { return impl_->bound_address(); }

void GrpcServer::Stop() { impl_->Stop(); }

}  // namespace cloudmap::api
