// Respond: the whole answer path as one function. UDP, TCP, TLS, tests, fuzzers and benches call
// nothing else.
//
//   Worker worker(seed);
//   Client client{Transport::kUdp, address, now};
//   size_t size = Respond(packet, zones, options, client, worker, out);   // 0: send nothing
//
// It never allocates, blocks, logs or fails (I5), and touches no reference count.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "registry/base/random.h"
#include "server/dns/answer/counters.h"
#include "server/dns/answer/rate_limit.h"
#include "server/dns/message/cookie.h"
#include "server/dns/zones/zone_table.h"
#include "server/net/address.h"

namespace cloudmap::dns {

// What every answer of this server has in common.
struct RespondOptions {
  // The payload that is advertised and never exceeded over UDP (dnsflagday.net/2020).
  uint16_t udp_payload = 1232;
  // Identity for NSID, id.server and hostname.bind; empty: not told (RFC 5001, RFC 4892).
  static constexpr size_t kNsidMax = 128;
  std::string nsid;
  // Told to TCP clients that ask, in units of 100 ms (RFC 7828).
  uint16_t tcp_idle_timeout = 100;
  // Whether names outside the zones are resolved for this server's clients (the RA flag).
  bool recursion = false;
  CookieSecrets cookies;
  // Who may have whole zones (AXFR, IXFR).
  std::vector<IpPrefix> allow_transfer;
};

enum class Transport : uint8_t { kUdp, kTcp, kTls };

// Who asks, when.
struct Client {
  Transport transport = Transport::kUdp;
  const SocketAddress& address;
  // Seconds since 1970; may wrap.
  uint32_t now = 0;
};

// What one thread brings along.
struct Worker {
  explicit Worker(uint64_t seed) : random(seed) {}
  FastRandom random;
  Counters counters;
  // nullptr: responses are not limited.
  std::unique_ptr<RateLimiter> rate_limiter;
  // Set when the last query asked, over TCP, for a zone that the client may have: Respond() gave a
  // response without records, which a ZoneTransfer fills.
  ZonePtr transfer;
};

// The size of the response in `out`, or 0 for none. REQUIRES: `out` holds udp_payload bytes for
// UDP, 65,535 otherwise.
size_t Respond(std::span<const uint8_t> packet, const ZoneTable& zones,
               const RespondOptions& options, const Client& client, Worker& worker,
               std::span<uint8_t> out);

}  // namespace cloudmap::dns
