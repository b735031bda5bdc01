// The server as a whole: builds the rooms in order, stops them in reverse.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "registry/base/clock.h"
#include "registry/base/random.h"
#include "registry/base/timer_thread.h"
#include "registry/registry.h"
#include "server/api/operations.h"
#include "server/api/throttle.h"
#include "server/aws/aws_endpoint.h"
#include "server/aws/sigv4.h"
#include "server/config.h"
#include "server/dns/secondary/notifier.h"
#include "server/dns/transport/dns_server.h"
#include "server/dns/zones/publisher.h"
#include "server/grpc/grpc_server.h"
#include "server/http/http_server.h"
#include "server/net/tls.h"

namespace cloudmap {

class App {
 public:
  explicit App(Config config);
  // Stops.
  ~App();

  // Loads the registry and binds every listener. The error is one line that names the option and
  // the reason; InvalidArgument for a value that can never work.
  absl::Status Start();

  // The ready line, without its newline. REQUIRES: started.
  std::string ReadyLine() const;

  // Reads certificates again (SIGHUP). Errors are logged, and what was in use stays.
  void Reload();

  // Stops accepting, drains, flushes. Idempotent.
  void Stop();

 private:
  absl::Status StartRegistry();
  absl::Status MakeApi();
  absl::Status StartDns();
  http::Router MakeRouter();

  const Config config_;
  RealClock clock_;
  RealRandom random_;
  TimerThread timers_{clock_};
  std::atomic<bool> ready_{false};

  std::unique_ptr<TlsCertificates> tls_;  // --tls-cert only
  std::unique_ptr<dns::ZonePublisher> publisher_;
  std::unique_ptr<registry::Registry> registry_;
  std::unique_ptr<api::Throttle> throttle_;  // --emulate aws only
  std::unique_ptr<api::Operations> operations_;
  std::unique_ptr<aws::SigV4Verifier> verifier_;  // --credentials only
  std::unique_ptr<aws::AwsEndpoint> aws_endpoint_;
  std::unique_ptr<dns::DnsServer> dns_;
  std::unique_ptr<dns::Notifier> notifier_;  // --notify only
  std::unique_ptr<api::GrpcServer> grpc_;
  std::unique_ptr<http::HttpServer> http_;
};

}  // namespace cloudmap
