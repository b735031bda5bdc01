// The bound for API benchmarks: gRPC and HTTP servers of the same libraries as cloudmapd's, whose
// handlers do nothing. Prints where they listen as one JSON line and serves until a signal.
#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cloudmap/v1/service_discovery.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "nlohmann/json.hpp"
#include "server/http/http_server.h"

namespace cloudmap {
namespace {

// As generated code does it for anybody's service.
class EmptyService final : public v1::ServiceDiscovery::CallbackService {
 public:
  grpc::ServerUnaryReactor* RegisterInstance(grpc::CallbackServerContext* context,
                                             const v1::RegisterInstanceRequest*,
                                             v1::RegisterInstanceResponse*) override {
    return Done(*context);
  }
  grpc::ServerUnaryReactor* GetInstance(grpc::CallbackServerContext* context,
                                        const v1::GetInstanceRequest*,
                                        v1::GetInstanceResponse*) override {
    return Done(*context);
  }
  grpc::ServerUnaryReactor* DiscoverInstances(grpc::CallbackServerContext* context,
                                              const v1::DiscoverInstancesRequest*,
                                              v1::DiscoverInstancesResponse*) override {
    return Done(*context);
  }

 private:
  static grpc::ServerUnaryReactor* Done(grpc::CallbackServerContext& context) {
    grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

int Run() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  EmptyService service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> grpc_server = builder.BuildAndStart();

  http::Router router;
  router.Add("POST", "/", [](const http::Request&, http::Respond respond) {
    http::Response response;
    response.content_type = "application/x-amz-json-1.1";
    response.body = "{}";
    respond(std::move(response));
  });
  http::ServerOptions options;
  options.listen = {"127.0.0.1:0"};
  http::HttpServer http_server(options, std::move(router));
  const absl::Status started = http_server.Start();
  if (grpc_server == nullptr || !started.ok()) {
    std::fprintf(stderr, "empty_api_server: %s\n", started.ToString().c_str());
    return 1;
  }
  const nlohmann::json ready = {{"grpc", absl::StrCat("127.0.0.1:", port)},
                                {"http", http_server.bound_addresses().front()}};
  std::printf("%s\n", ready.dump().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  grpc_server->Shutdown();
  http_server.Stop();
  return 0;
}

}  // namespace
}  // namespace cloudmap

int main() {
  try {
    return cloudmap::Run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "empty_api_server: %s\n", error.what());
    return 1;
  }
}
