// DnsServer: every listener of the DNS side.
//
//   DnsServer server({.listen = {"127.0.0.1:8053"}, .workers = 2}, publisher.zones(), random);
//   RETURN_IF_ERROR(server.Start());
//   server.BoundAddresses();                  // {"127.0.0.1:8053"}
//   server.Stop();
//
// Start and Stop are called by one thread.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "registry/base/published.h"
#include "registry/base/random.h"
#include "server/dns/answer/respond.h"
#include "server/dns/transport/tcp.h"
#include "server/dns/transport/udp.h"
#include "server/dns/zones/zone_table.h"

namespace cloudmap::dns {

struct DnsServerOptions {
  // "ip:port", each for UDP and TCP; port 0 picks one that is free for both.
  std::vector<std::string> listen;
  // What errors call it.
  std::string listen_option = "--dns-listen";
  // "ip:port" for DNS over TLS (RFC 7858), and its certificate, which outlives the server.
  // REQUIRES: `tls` when not empty.
  std::vector<std::string> dot_listen;
  std::string dot_listen_option = "--dot-listen";
  const TlsCertificates* tls = nullptr;
  // Threads per address for UDP, and in all for TCP.
  int workers = 1;
  // Cookie secrets that are zero are drawn at start.
  RespondOptions respond;
  TcpLimits tcp;
  // Where names that are not ours are resolved, if respond.outside is kForward.
  ResolverOptions resolver;
  // Applies to UDP on addresses that are not loopback.
  RateLimitOptions rate_limit = {
      .responses_per_second = 1000, .slip = 2, .exempt = PrivateNetworks()};
};

class DnsServer {
 public:
  // `zones` and `random` must outlive the server.
  DnsServer(DnsServerOptions options, const Published<ZoneTable>& zones, Random& random);
  // Stops.
  ~DnsServer();

  // Binds everything, then serves. The error names the option, the address and the reason:
  // InvalidArgument for one that is malformed, Unavailable for one that cannot be had.
  absl::Status Start();
  // Answers what has been received, closes, joins. Idempotent.
  void Stop();

  // Where it listens, in the order of DnsServerOptions.listen. REQUIRES: started.
  const std::vector<std::string>& BoundAddresses() const { return bound_; }
  // The same of dot_listen.
  const std::vector<std::string>& BoundTlsAddresses() const { return bound_tls_; }

  // One per thread, UDP first; they live as long as the server. REQUIRES: started.
  std::vector<const Counters*> counters() const;

 private:
  absl::Status Bind(const std::string& listen);
  absl::Status BindTls(const std::string& listen);
  void AddUdpWorker(UniqueFd socket, const SocketAddress& address);

  Forwarding MakeForwarding();

  DnsServerOptions options_;
  const Published<ZoneTable>& zones_;
  Random& random_;
  Published<CacheTable> no_cache_;          // where no name is forwarded
  std::unique_ptr<Resolver> resolver_;      // where names are
  std::unique_ptr<LateAnswerer> answerer_;  // the same
  const Forwarding forwarding_;
  TcpServer tcp_;
  std::vector<std::unique_ptr<UdpWorker>> udp_;
  std::vector<std::thread> threads_;
  std::vector<std::string> bound_;
  std::vector<std::string> bound_tls_;
};

}  // namespace cloudmap::dns
