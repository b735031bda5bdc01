#include "server/api/grpc_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/any.pb.h"
#include "grpc/support/log.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/impl/codegen/server_callback_handlers.h"
#include "grpcpp/impl/service_type.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "grpcpp/support/server_callback.h"
#include "registry/base/status_macros.h"
#include "registry/errors.h"
#include "server/net/address.h"
#include "server/net/unique_fd.h"
#include "spdlog/spdlog.h"

namespace cloudmap::api {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr char kErrorTypeKey[] = "cloudmap-error-type";
constexpr auto kDrainDeadline = std::chrono::seconds(5);
// Far above any valid request (5,000 characters of attributes), far below what would hurt.
constexpr int kRequestBytesMax = 1 << 20;

grpc::Status FailureStatus(const MethodDescriptor& method, const absl::Status& failure,
                           grpc::CallbackServerContext& context) {
  const v1::ErrorDetail detail = DetailOf(failure);
  if (detail.code() == v1::INTERNAL_FAILURE) {
    spdlog::error("{} failed: {}", method.name(), failure.ToString());
  }
  v1::StatusDetails details;
  details.set_code(ShapeOf(detail.code()).grpc_code());
  details.set_message(detail.message());
  details.add_details()->PackFrom(detail);
  context.AddTrailingMetadata(kErrorTypeKey, detail.type());
  return grpc::Status(static_cast<grpc::StatusCode>(details.code()), detail.message(),
                      details.SerializeAsString());
}

// Takes the bytes over instead of copying them.
grpc::ByteBuffer BufferOf(std::string bytes) {
  auto held = std::make_unique<std::string>(std::move(bytes));
  const auto free = [](void* string) { delete static_cast<std::string*>(string); };
  const grpc::Slice slice(held->data(), held->size(), free, held.get());
  held.release();  // The slice's now.
  return {&slice, 1};
}

// Registers every method of the descriptor with one handler, the way generated code registers its
// raw callback methods; unlike a generic service, server reflection lists it.
class DescribedService final : public grpc::Service {
 public:
  explicit DescribedService(Operations& operations) : operations_(operations) {
    for (const MethodDescriptor* method : operations.methods()) {
      names_.push_back(absl::StrCat("/", method->service()->full_name(), "/", method->name()));
      // grpc::Service owns both.
      AddMethod(new grpc::internal::RpcServiceMethod(
          names_.back().c_str(), grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
      MarkMethodRawCallback(
          static_cast<int>(names_.size()) - 1,
          new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
              [this, method](grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                             grpc::ByteBuffer* response) {
                return Serve(*method, *context, *request, *response);
              }));
    }
  }

 private:
  grpc::ServerUnaryReactor* Serve(const MethodDescriptor& method,
                                  grpc::CallbackServerContext& context,
                                  const grpc::ByteBuffer& bytes, grpc::ByteBuffer& response) {
    grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
    std::unique_ptr<Message> request = Operations::NewRequest(method);
    grpc::ByteBuffer copy(bytes);  // the reader wants it mutable; slices are shared
    grpc::ProtoBufferReader reader(&copy);
    if (!reader.status().ok() || !request->ParseFromZeroCopyStream(&reader)) {
      reactor->Finish(FailureStatus(
          method,
          MakeError(v1::SERIALIZATION,
                    absl::StrCat("The request is not a ", method.input_type()->full_name(), ".")),
          context));
      return reactor;
    }
    operations_.Call(method, std::move(request), {},
                     [&method, &context, &response, reactor](auto answer) {
                       if (!answer.ok()) {
                         reactor->Finish(FailureStatus(method, answer.status(), context));
                         return;
                       }
                       response = BufferOf(*std::move(answer));
                       reactor->Finish(grpc::Status::OK);
                     });
    return reactor;
  }

  Operations& operations_;
  std::deque<std::string> names_;  // grpc keeps pointers to them
};

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

// gRPC does not say why it could not bind; a trial socket does.
absl::Status CheckBindable(const std::string& listen) {
  const absl::StatusOr<SocketAddress> address = SocketAddress::Parse(listen);
  if (!address.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--grpc-listen ", listen, ": ", address.status().message()));
  }
  const UniqueFd fd(socket(address->get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd.get(), address->get(), address->size()) != 0 || ::listen(fd.get(), 1) != 0) {
    return absl::UnavailableError(
        absl::StrCat("--grpc-listen ", listen, ": ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

}  // namespace

class GrpcServer::Impl {
 public:
  Impl(GrpcOptions options, Operations& operations)
      : options_(std::move(options)), service_(operations) {}

  absl::Status Start() {
    RETURN_IF_ERROR(CheckBindable(options_.listen));
    gpr_set_log_function(LogForGrpc);
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    // A second server on the port must fail, not share it.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.SetMaxReceiveMessageSize(kRequestBytesMax);
    int port = 0;
    builder.AddListeningPort(options_.listen, CredentialsOf(options_), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      return absl::UnavailableError(
          absl::StrCat("--grpc-listen ", options_.listen, ": the address cannot be listened on"));
    }
    SocketAddress bound = *SocketAddress::Parse(options_.listen);
    bound.set_port(static_cast<uint16_t>(port));
    bound_address_ = bound.ToString();
    server_->GetHealthCheckService()->SetServingStatus("cloudmap.v1.ServiceDiscovery", true);
    return absl::OkStatus();
  }

  void Stop() {
    if (server_ != nullptr) {
      server_->Shutdown(std::chrono::system_clock::now() + kDrainDeadline);
      server_->Wait();
      server_.reset();
    }
  }

  const std::string& bound_address() const { return bound_address_; }

 private:
  const GrpcOptions options_;
  DescribedService service_;
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
