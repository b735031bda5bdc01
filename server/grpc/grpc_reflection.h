// grpc.reflection.v1: what services there are and what their messages look like, for clients that
// have no proto (grpcurl, Postman). The packaged gRPC speaks only the older v1alpha, which new
// clients ask for second or no longer.
//
//   GrpcReflection reflection({"cloudmap.v1.ServiceDiscovery", "grpc.health.v1.Health"});
//   builder.RegisterService(&reflection);
//
// Thread safety: gRPC calls it from many threads. A stream takes a thread while it is open, as the
// packaged v1alpha's do.
#pragma once

#include <string>
#include <vector>

#include "grpc/reflection/v1/reflection.grpc.pb.h"

namespace cloudmap::api {

class GrpcReflection final : public grpc::reflection::v1::ServerReflection::Service {
 public:
  // Full names of the services that are listed; all files linked into the program are shown.
  explicit GrpcReflection(std::vector<std::string> services);

  grpc::Status ServerReflectionInfo(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<grpc::reflection::v1::ServerReflectionResponse,
                               grpc::reflection::v1::ServerReflectionRequest>* stream) override;

  // The answer to one request.
  grpc::reflection::v1::ServerReflectionResponse Answer(
      const grpc::reflection::v1::ServerReflectionRequest& request) const;

 private:
  const std::vector<std::string> services_;
};

}  // namespace cloudmap::api
