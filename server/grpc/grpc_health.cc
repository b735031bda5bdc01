#include "server/grpc/grpc_health.h"

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace cloudmap::api {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// Each takes a thread.
constexpr int kWatchesMax = 64;
// How long a client that went away goes unnoticed.
constexpr absl::Duration kCancellationCheck = absl::Seconds(1);

}  // namespace

GrpcHealth::GrpcHealth(const std::vector<std::string>& services)
    : services_(services.begin(), services.end()) {
  services_.insert("");
}

void GrpcHealth::StopServing() {
  const absl::MutexLock lock(&mutex_);
  serving_ = false;
}

grpc::Status GrpcHealth::Check(grpc::ServerContext* /*context*/, const HealthCheckRequest* request,
                               HealthCheckResponse* response) {
  if (!services_.contains(request->service())) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND,
                        absl::StrCat("There is no service '", request->service(), "'."));
  }
  const absl::MutexLock lock(&mutex_);
  response->set_status(serving_ ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING);
  return grpc::Status::OK;
}

grpc::Status GrpcHealth::Watch(grpc::ServerContext* context, const HealthCheckRequest* request,
                               grpc::ServerWriter<HealthCheckResponse>* writer) {
  {
    const absl::MutexLock lock(&mutex_);
    if (watches_ == kWatchesMax) {
      // Which clients that watch before they call take for healthy.
      return grpc::Status(grpc::StatusCode::UNIMPLEMENTED,
                          absl::StrCat("There are ", kWatchesMax, " watches already; use Check."));
    }
    ++watches_;
  }
  const absl::Cleanup leave = [this] {
    const absl::MutexLock lock(&mutex_);
    --watches_;
  };
  const bool known = services_.contains(request->service());
  HealthCheckResponse response;
  response.set_status(known ? HealthCheckResponse::SERVING : HealthCheckResponse::SERVICE_UNKNOWN);
  bool serving = writer->Write(response);
  while (serving && !context->IsCancelled()) {
    const absl::MutexLock lock(&mutex_);
    serving = !mutex_.AwaitWithTimeout(
        absl::Condition(
            +[](bool* still_serving) { return !*still_serving; }, &serving_),
        kCancellationCheck);
  }
  if (known && !serving) {
    response.set_status(HealthCheckResponse::NOT_SERVING);
    writer->Write(response);
  }
  return grpc::Status(grpc::StatusCode::UNAVAILABLE, "The server is shutting down.");
}

}  // namespace cloudmap::api
