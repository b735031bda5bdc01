// gRPC: the service `cloudmap.v1.ServiceDiscovery`, dispatched by descriptor, with server
// reflection and grpc.health.v1.Health.
//
// Errors carry a fitting status code, the AWS error code in the trailing metadata
// `cloudmap-error-type`, and in the status details a google.rpc.Status whose one detail is a
// cloudmap.v1.ErrorDetail.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/api/operations.h"
#include "server/net/tls.h"

namespace cloudmap::api {

struct GrpcOptions {
  std::vector<std::string> listen = {"127.0.0.1:8054"};
  // Null: no TLS. Outlives the server.
  const TlsCertificates* tls = nullptr;
};

class GrpcServer {
 public:
  // `operations` must outlive it.
  GrpcServer(GrpcOptions options, Operations& operations);
  ~GrpcServer();

  // Binds and serves. The error names the option, its value and the reason: InvalidArgument for
  // an address that is malformed, Unavailable for one that cannot be had.
  absl::Status Start();
  // Where it listens, "ip:port", in the order of GrpcOptions::listen. REQUIRES: Start() was OK.
  const std::vector<std::string>& bound_addresses() const;
  // Refuses new calls, waits for those running, at most a few seconds. Idempotent.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cloudmap::api
