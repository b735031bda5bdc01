// grpc.health.v1.Health: SERVING for the server as a whole ("") and for the services named, until
// StopServing.
//
// gRPC's own one is left out because it is of the callback API, whose threads would then read all
// connections and hand every call to the threads of GrpcService.
#pragma once

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace cloudmap::api {

class GrpcHealth final : public grpc::health::v1::Health::Service {
 public:
  explicit GrpcHealth(const std::vector<std::string>& services);

  // Says NOT_SERVING from now on and ends the watches. Thread-safe.
  void StopServing();

  grpc::Status Check(grpc::ServerContext* context,
                     const grpc::health::v1::HealthCheckRequest* request,
                     grpc::health::v1::HealthCheckResponse* response) override;
  grpc::Status Watch(grpc::ServerContext* context,
                     const grpc::health::v1::HealthCheckRequest* request,
                     grpc::ServerWriter<grpc::health::v1::HealthCheckResponse>* writer) override;

 private:
  absl::flat_hash_set<std::string> services_;
  absl::Mutex mutex_;
  bool serving_ ABSL_GUARDED_BY(mutex_) = true;
  int watches_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cloudmap::api
