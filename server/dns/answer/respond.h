// Respond: the whole answer path as one function. UDP, TCP, TLS, tests, fuzzers and benches call
// nothing else.
//
//   Worker worker(seed);
//   Client client{Transport::kUdp, address, now, monotonic};
//   Reply reply = Respond(packet, {zones, cache}, options, client, worker, out);
//   if (reply.kind == Reply::Kind::kSend) send(out.first(reply.size));
//
// It never allocates, blocks, logs or fails (I5), and touches no reference count.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "registry/base/random.h"
#include "server/dns/answer/counters.h"
#include "server/dns/answer/rate_limit.h"
#include "server/dns/cache/cache_table.h"
#include "server/dns/cache/late_answer.h"
#include "server/dns/message/cookie.h"
#include "server/dns/zones/zone_table.h"
#include "server/net/address.h"
#include "server/net/prefix_set.h"

namespace cloudmap::dns {

// What becomes of a question for a name in none of our zones.
enum class OutsideNames : uint8_t {
  kRefuse,   // REFUSED: this server is authoritative only
  kZones,    // REFUSED, but for the names of forward_zones, for which their upstreams are asked
  kForward,  // an upstream is asked
  kDeny,     // NXDOMAIN: an isolated network, where nothing else exists
};

// What every answer of this server has in common.
struct RespondOptions {
  // The payload that is advertised and never exceeded over UDP (dnsflagday.net/2020).
  uint16_t udp_payload = 1232;
  // Identity for NSID, id.server and hostname.bind; empty: not told (RFC 5001, RFC 4892).
  static constexpr size_t kNsidMax = 128;
  std::string nsid;
  // Told to TCP clients that ask, in units of 100 ms (RFC 7828).
  uint16_t tcp_idle_timeout = 100;
  OutsideNames outside = OutsideNames::kRefuse;
  // Who may have names outside the zones resolved, and is told so (the RA flag).
  PrefixSet allow_recursion;
  // Address questions of names of one label leave the house (RFC 1123 s6.1.4.3 warns of search
  // lists).
  bool forward_single_labels = false;
  // Names that have upstreams of their own, in wire form and lower case: at and below them
  // questions are forwarded, unless a deeper zone is ours. Empty with kRefuse.
  std::vector<std::string> forward_zones;
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
  // Seconds of the monotonic clock, by which kept answers age.
  uint32_t monotonic = 0;
};

// What is published, taken once for a batch of packets. All must outlive the answers.
struct Tables {
  const ZoneTable& zones;
  const CacheTable& cache;
  // What an upstream said of the very question, or nullptr when nobody was asked yet.
  const LateAnswer* late = nullptr;
};

// The question that a resolver is to answer before this one can be.
struct OutsideQuestion {
  uint16_t type;
  bool dnssec_ok;
  bool checking_disabled;
  uint8_t name_size;
  // Wire form, lower case; the bytes behind name_size are not set.
  std::array<uint8_t, kMaxNameSize> name;

  // Nothing is set until there is such a question: most replies have none.
  OutsideQuestion() {}  // NOLINT(modernize-use-equals-default)
};

// What is to happen with a packet. Small, so that it is returned in registers.
struct Reply {
  enum class Kind : uint8_t {
    kNothing,   // no answer is due
    kSend,      // the first `size` bytes of the buffer
    kTransfer,  // the same as the head of a transfer of `zone`, over TCP
    kForward,   // Worker::outside is to be resolved; then Respond() again, with what came of it
  };
  const ZonePtr* zone = nullptr;  // in the table; kTransfer only
  uint32_t size = 0;
  Kind kind = Kind::kNothing;
  // With kSend: a kept answer that is asked often expires soon; Worker::outside is to be asked
  // anew.
  bool refresh = false;
};

// What one thread brings along.
struct Worker {
  explicit Worker(uint64_t seed) : random(seed) {}
  FastRandom random;
  Counters counters;
  // nullptr: responses are not limited.
  std::unique_ptr<RateLimiter> rate_limiter;
  // Set by a Respond() that says kForward or `refresh`, until the next call.
  OutsideQuestion outside;
};

// REQUIRES: `out` holds udp_payload bytes for UDP, 65,535 otherwise.
Reply Respond(std::span<const uint8_t> packet, const Tables& tables, const RespondOptions& options,
              const Client& client, Worker& worker, std::span<uint8_t> out);

}  // namespace cloudmap::dns
