// Response rate limiting: keeps this server from being the amplifier of an attack on somebody whose
// address the queries forge. Answers of one kind to one network over a rate are dropped, every
// `slip`-th is sent truncated instead, so that a real client comes back over TCP.
//
// A network is a /24 or /56. Answers are of one kind when they say the same: positive answers by
// name and type, negative ones and errors by zone. Clients with a valid cookie are not limited, and
// neither are TCP, loopback and the exempt networks. Each worker limits on its own.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "registry/base/siphash.h"
#include "server/net/address.h"

namespace cloudmap::dns {

struct RateLimitOptions {
  // Responses of one kind to one network; 0 turns it off.
  uint32_t responses_per_second = 1000;
  // Every so many of the excess are truncated, the others dropped; 0 drops all.
  uint32_t slip = 2;
  // Loopback always is.
  std::vector<IpPrefix> exempt;
};

// Private and link-local ranges (RFC 1918, RFC 4193): nobody outside can be attacked there, and a
// thousand containers behind one /24 are ordinary clients.
std::vector<IpPrefix> PrivateNetworks();

enum class RateVerdict : uint8_t { kSend, kSlip, kDrop };

class RateLimiter {
 public:
  // `key` is random, so that nobody can aim at another's bucket. `options` must outlive this.
  RateLimiter(const RateLimitOptions& options, const SipKey& key);

  bool IsExempt(const SocketAddress& client) const;

  // Counts one response at `now` (seconds, may wrap). `kind` tells kinds of answers apart.
  // Not thread-safe.
  RateVerdict Count(const SocketAddress& client, uint64_t kind, uint32_t now);

 private:
  // One second's worth of responses may go out at once.
  struct Bucket {
    uint64_t key = 0;
    uint32_t second = 0;
    uint32_t sent = 0;
  };
  static constexpr size_t kBuckets = 1 << 15;

  const RateLimitOptions& options_;
  const SipKey key_;
  std::vector<Bucket> buckets_;
};

}  // namespace cloudmap::dns
