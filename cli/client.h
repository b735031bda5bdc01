// Calls of any gRPC method by its descriptor, without generated stubs: every operation that the
// proto declares, today and later, is reached through the one function Call.
//
//   ASSIGN_OR_RETURN(Client client, Client::Connect({.server = "127.0.0.1:8054"}));
//   ASSIGN_OR_RETURN(std::unique_ptr<Message> response, client.Call(method, request));
//
// A Client serves one caller at a time. Messages of errors are one line each, made to be shown.
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
  // HOST:PORT, with brackets around an IPv6 address.
  std::string server = "127.0.0.1:8054";
  // Paths of PEM files. None of them: plain text. A CA or a certificate: TLS, where without a CA
  // gRPC's default authorities are trusted. Certificate and key go together.
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  // For one call, connecting included.
  absl::Duration timeout = absl::Seconds(5);
};

class Client {
 public:
  // Checks the options and reads the PEM files; the first Call connects. InvalidArgument names the
  // option that cannot be used and what to write instead.
  static absl::StatusOr<Client> Connect(const ConnectOptions& options);

  // Sends `request` and waits for the response, which is of the method's output type. Errors:
  //   Aborted      the server answered one; "ServiceNotFound: Service srv-x not found."
  //   Unavailable  it could not be reached, or did not answer within the timeout
  // REQUIRES: `request` is of the method's input type, and both types are generated ones.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Call(
      const google::protobuf::MethodDescriptor& method, const google::protobuf::Message& request);

 private:
  Client(std::shared_ptr<grpc::Channel> channel, ConnectOptions options);

  std::shared_ptr<grpc::Channel> channel_;
  ConnectOptions options_;
};

}  // namespace cloudmap::cli
