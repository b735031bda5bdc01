// TcpServer: DNS over TCP (RFC 7766) and over TLS (RFC 7858) on Asio.
//
// Queries of one read are answered in one write. A client that sends no whole query, or takes no
// answer, for the idle timeout is closed; so is one whose frame cannot be a query. When half of the
// connections are in use, idle ones are closed sooner.
//
//   TcpServer server(options, limits, zones, forwarding, threads, seed);
//   RETURN_IF_ERROR(server.Listen(address, nullptr));    // repeatable
//   server.Start();
//   server.Stop();
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "registry/base/published.h"
#include "server/dns/answer/respond.h"
#include "server/dns/transport/late_answerer.h"
#include "server/dns/zones/zone_table.h"
#include "server/net/address.h"
#include "server/net/tls.h"

namespace cloudmap::dns {

struct TcpLimits {
  size_t connections_max = 4096;
  size_t connections_per_client_max = 1024;
  // Advertised to clients that ask (RFC 7828).
  absl::Duration idle_timeout = absl::Seconds(10);
  // When over half of connections_max are open.
  absl::Duration idle_timeout_under_pressure = absl::Seconds(2);
  // For clients to take answers that are being written when the server stops.
  absl::Duration drain_timeout = absl::Seconds(1);
};

class TcpServer {
 public:
  // `options`, `zones` and what `forwarding` names must outlive the server.
  TcpServer(const RespondOptions& options, const TcpLimits& limits,
            const Published<ZoneTable>& zones, const Forwarding& forwarding, int threads,
            uint64_t seed);
  ~TcpServer();

  // Binds; with `tls`, connections speak TLS first. Unavailable with the reason when the address
  // cannot be had. Port 0 picks one, which `address` then says. REQUIRES: not started.
  absl::Status Listen(SocketAddress& address, const TlsCertificates* tls);

  // Unavailable when a thread cannot be had.
  absl::Status Start();
  // Accepts no more, finishes what is being written, closes, joins. Idempotent.
  void Stop();

  // One per thread.
  std::vector<const Counters*> counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cloudmap::dns
