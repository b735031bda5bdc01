#include "cli/client.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>  // Messages as requests and responses
#include <grpcpp/security/credentials.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/notification.h"
#include "registry/base/status_macros.h"

namespace cloudmap::cli {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr char kErrorType[] = "cloudmap-error-type";

absl::Status CheckServer(absl::string_view server) {
  const size_t colon = server.rfind(':');
  const absl::string_view host = server.substr(0, colon);
  int port = 0;
  const bool bracketed = !host.empty() && host.front() == '[' && host.back() == ']';
  if (colon == absl::string_view::npos || host.empty() ||
      (host.find(':') != absl::string_view::npos && !bracketed) ||
      host.find('/') != absl::string_view::npos ||
      !absl::SimpleAtoi(server.substr(colon + 1), &port) || port < 1 || port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--server: '", server, "' is no HOST:PORT; write 127.0.0.1:8054 or [::1]:8054"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadPem(absl::string_view flag, const std::string& path) {
  if (path.empty()) {
    return std::string();
  }
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (file.fail() || text.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": cannot read ", path, "; name a readable PEM file"));
  }
  return text;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(
    const ConnectOptions& options) {
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return absl::InvalidArgumentError(options.tls_key.empty()
                                          ? "--tls-cert: give --tls-key with it"
                                          : "--tls-key: give --tls-cert with it");
  }
  if (options.tls_ca.empty() && options.tls_cert.empty()) {
    return grpc::InsecureChannelCredentials();
  }
  grpc::SslCredentialsOptions ssl;
  ASSIGN_OR_RETURN(ssl.pem_root_certs, ReadPem("--tls-ca", options.tls_ca));
  ASSIGN_OR_RETURN(ssl.pem_cert_chain, ReadPem("--tls-cert", options.tls_cert));
  ASSIGN_OR_RETURN(ssl.pem_private_key, ReadPem("--tls-key", options.tls_key));
  return grpc::SslCredentials(ssl);
}

std::string OneLine(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\n", " "}, {"\r", " "}});
}

absl::Status FailureOf(const grpc::Status& status, const grpc::ClientContext& context,
                       const ConnectOptions& options) {
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto type = trailers.find(kErrorType);
  if (type != trailers.end()) {
    const absl::string_view name(type->second.data(), type->second.size());
    return absl::AbortedError(absl::StrCat(name, ": ", OneLine(status.error_message())));
  }
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return absl::UnavailableError(absl::StrCat("cannot reach ", options.server, " (",
                                                 OneLine(status.error_message()),
                                                 "); is cloudmapd running there?"));
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return absl::UnavailableError(absl::StrCat("no answer from ", options.server, " within ",
                                                 absl::FormatDuration(options.timeout),
                                                 "; raise --timeout"));
    default:
      return absl::AbortedError(
          absl::StrCat("gRPC status ", status.error_code(), ": ", OneLine(status.error_message())));
  }
}

}  // namespace

absl::StatusOr<Client> Client::Connect(const ConnectOptions& options) {
  RETURN_IF_ERROR(CheckServer(options.server));
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ChannelCredentials> credentials,
                   CredentialsOf(options));
  grpc::ChannelArguments arguments;
  // A registry is a neighbour: $http_proxy is not the way to it.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // A page of 1,000 instances with 30 attributes of 1 KiB is larger than gRPC's 4 MiB.
  arguments.SetMaxReceiveMessageSize(-1);
  return Client(grpc::CreateCustomChannel(options.server, credentials, arguments), options);
}

Client::Client(std::shared_ptr<grpc::Channel> channel, ConnectOptions options)
    : channel_(std::move(channel)), options_(std::move(options)) {}

absl::StatusOr<std::unique_ptr<Message>> Client::Call(const MethodDescriptor& method,
                                                      const Message& request) {
  std::unique_ptr<Message> response(google::protobuf::MessageFactory::generated_factory()
                                        ->GetPrototype(method.output_type())
                                        ->New());
  const std::string path = absl::StrCat("/", method.service()->full_name(), "/", method.name());
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + options_.timeout));
  grpc::TemplatedGenericStub<Message, Message> stub(channel_);
  grpc::Status status;
  absl::Notification done;
  stub.UnaryCall(&context, path, grpc::StubOptions(), &request, response.get(),
                 [&](grpc::Status result) {
                   status = std::move(result);
                   done.Notify();
                 });
  done.WaitForNotification();
  if (!status.ok()) {
    return FailureOf(status, context, options_);
  }
  return response;
}

}  // namespace cloudmap::cli
