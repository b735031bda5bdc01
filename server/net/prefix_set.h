// PrefixSet: whether an address is in one of many networks, by binary search.
//
//   PrefixSet allowed(prefixes);
//   if (allowed.Contains(client.ip())) ...
//
// Thread safety: never changes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "server/net/address.h"

namespace cloudmap {

class PrefixSet {
 public:
  PrefixSet() = default;
  explicit PrefixSet(const std::vector<IpPrefix>& prefixes);

  // `ip` is 4 or 16 bytes in network order; an IPv4 address mapped into IPv6 counts as IPv4.
  bool Contains(std::span<const uint8_t> ip) const;

 private:
  // First and last address of a network, as numbers that compare as addresses do.
  template <typename Address>
  struct Range {
    Address first;
    Address last;
  };
  using V6 = std::array<uint64_t, 2>;

  std::vector<Range<uint32_t>> v4_;  // in order, without overlaps
  std::vector<Range<V6>> v6_;
};

}  // namespace cloudmap
