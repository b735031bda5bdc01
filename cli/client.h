// Calls of cloudmap.v1.ServiceDiscovery by method descriptor, without generated stubs.
//
//   ASSIGN_OR_RETURN(Client client, Client::Connect({.server = "127.0.0.1:8054"}));
//   ASSIGN_OR_RETURN(std::unique_ptr<Message> response, client.Call(method, request));
//
// Thread safety: one caller at a time.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace cloudmap::cli {

struct ConnectOptions {
  std::string server;  // HOST:PORT
  // PEM files. None: plain text. A CA or a certificate: TLS.
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  // Of each call.
  absl::Duration timeout = absl::Seconds(5);
};

class Client {
 public:
  // Does not connect yet. InvalidArgument names the option that cannot be used.
  static absl::StatusOr<Client> Connect(const ConnectOptions& options);

  // Aborted: the server answered an error, "ServiceNotFound: Service srv-x not found.".
  // Unavailable: it could not be reached, or did not answer in time.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Call(
      const google::protobuf::MethodDescriptor& method, const google::protobuf::Message& request);

 private:
  Client(std::shared_ptr<grpc::Channel> channel, ConnectOptions options);

  std::shared_ptr<grpc::Channel> channel_;
  ConnectOptions options_;
};

}  // namespace cloudmap::cli
