#include "server/dns/answer/rate_limit.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace cloudmap::dns {
namespace {

// What counts as one network.
constexpr size_t kV4PrefixBytes = 3;
constexpr size_t kV6PrefixBytes = 7;

}  // namespace

std::vector<IpPrefix> PrivateNetworks() {
  std::vector<IpPrefix> networks;
  for (const char* text : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
                           "fc00::/7", "fe80::/10"}) {
    networks.push_back(*IpPrefix::Parse(text));
  }
  return networks;
}

RateLimiter::RateLimiter(const RateLimitOptions& options, const SipKey& key)
    : options_(options), key_(key), buckets_(kBuckets) {}

bool RateLimiter::IsExempt(const SocketAddress& client) const {
  return client.is_loopback() ||
         std::any_of(options_.exempt.begin(), options_.exempt.end(),
                     [&](const IpPrefix& prefix) { return prefix.Contains(client.ip()); });
}

RateVerdict RateLimiter::Count(const SocketAddress& client, uint64_t kind, uint32_t now) {
  std::array<uint8_t, 16> identity{};
  std::memcpy(identity.data(), &kind, sizeof(kind));
  const size_t prefix = client.is_v4() ? kV4PrefixBytes : kV6PrefixBytes;
  std::copy_n(client.ip().begin(), prefix, identity.begin() + sizeof(kind));
  identity[15] = client.is_v4() ? 4 : 6;
  const uint64_t key = SipHash24(key_, identity.data(), identity.size());
  // A bucket that two kinds share belongs to whichever came last.
  Bucket& bucket = buckets_[key % kBuckets];
  if (bucket.key != key || bucket.second != now) {
    bucket = {key, now, 0};
  }
  ++bucket.sent;
  if (bucket.sent <= options_.responses_per_second) {
    return RateVerdict::kSend;
  }
  const uint32_t excess = bucket.sent - options_.responses_per_second;
  return options_.slip != 0 && excess % options_.slip == 0 ? RateVerdict::kSlip
                                                           : RateVerdict::kDrop;
}

}  // namespace cloudmap::dns
