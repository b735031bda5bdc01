// What gRPC's listeners identify themselves with.
#pragma once

#include <memory>

#include "grpcpp/security/server_credentials.h"
#include "server/net/tls.h"

namespace cloudmap::api {

// TLS with the certificates that are current when a connection begins; clients must show one
// themselves where `tls` has authorities for them. `tls` must outlive the server. Without it, null,
// connections are plain.
std::shared_ptr<grpc::ServerCredentials> GrpcCredentials(const TlsCertificates* tls);

}  // namespace cloudmap::api
