// SipHash-2-4 (Aumasson and Bernstein, 2012), a short keyed hash: without the key nobody can choose
// inputs that collide. RFC 9018 makes DNS server cookies of it, and the registry's maps use it.
//
//   const uint64_t hash = SipHash24({.k0 = 1, .k1 = 2}, text.data(), text.size());
//
// Pure functions; any thread may call them.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "absl/strings/string_view.h"

namespace cloudmap {

struct SipKey {
  uint64_t k0 = 0;
  uint64_t k1 = 0;
};

// The hash of `size` bytes, as the reference implementation gives it on little-endian machines.
inline uint64_t SipHash24(SipKey key, const void* bytes, size_t size) {
  const auto rotl = [](uint64_t x, int b) { return (x << b) | (x >> (64 - b)); };
  uint64_t v0 = 0x736f6d6570736575 ^ key.k0;
  uint64_t v1 = 0x646f72616e646f6d ^ key.k1;
  uint64_t v2 = 0x6c7967656e657261 ^ key.k0;
  uint64_t v3 = 0x7465646279746573 ^ key.k1;
  const auto round = [&] {
    v0 += v1;
    v1 = rotl(v1, 13) ^ v0;
    v0 = rotl(v0, 32);
    v2 += v3;
    v3 = rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = rotl(v1, 17) ^ v2;
    v2 = rotl(v2, 32);
  };
  const auto* p = static_cast<const unsigned char*>(bytes);
  const uint64_t length = size;
  // Words are read in host order; the hash is only compared on little-endian machines (x86, ARM).
  for (; size >= 8; size -= 8, p += 8) {
    uint64_t m = 0;
    std::memcpy(&m, p, 8);
    v3 ^= m;
    round();
    round();
    v0 ^= m;
  }
  uint64_t last = length << 56;
  for (size_t i = 0; i < size; ++i) {
    last |= static_cast<uint64_t>(p[i]) << (8 * i);
  }
  v3 ^= last;
  round();
  round();
  v0 ^= last;
  v2 ^= 0xff;
  round();
  round();
  round();
  round();
  return v0 ^ v1 ^ v2 ^ v3;
}

// The hash of the registry's maps. Its key is fixed, so that the order of a list, and with it a
// page token, outlives a restart; a chosen key could at worst deepen a tree to its 13 levels.
struct StableHash {
  uint64_t operator()(absl::string_view s) const {
    return SipHash24({0x636c6f75646d6170, 0x72656769737472}, s.data(), s.size());
  }
};

}  // namespace cloudmap
