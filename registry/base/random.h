// Randomness, as a seam, and the id alphabets that AWS uses.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace cloudmap {

class Random {
 public:
  virtual ~Random() = default;
  // Thread-safe. Unpredictable in the real implementation.
  virtual uint64_t Next() = 0;
};

// The kernel's generator, asked for many numbers at a time: a system call for each would be a
// noticeable part of a registration. Nothing is handed out twice.
class RealRandom final : public Random {
 public:
  uint64_t Next() override;

 private:
  absl::Mutex mutex_;
  std::array<uint64_t, 32> numbers_ ABSL_GUARDED_BY(mutex_) = {};
  size_t left_ ABSL_GUARDED_BY(mutex_) = 0;
};

// xoshiro256**: a few nanoseconds, not for secrets. One per thread; not thread-safe.
class FastRandom final {
 public:
  explicit FastRandom(uint64_t seed);

  uint64_t Next() {
    const uint64_t result = RotateLeft(s_[1] * 5, 7) * 9;
    const uint64_t t = s_[1] << 17;
    s_[2] ^= s_[0];
    s_[3] ^= s_[1];
    s_[1] ^= s_[2];
    s_[0] ^= s_[3];
    s_[2] ^= t;
    s_[3] = RotateLeft(s_[3], 45);
    return result;
  }

  // Uniform enough for answers: [0, bound) by multiply-shift. REQUIRES: bound > 0.
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(((Next() >> 32) * bound) >> 32); }

 private:
  static uint64_t RotateLeft(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  std::array<uint64_t, 4> s_;
};

// Lower-case RFC 4648 base32 ([a-z2-7]) of the leading bits of `bytes`, `chars` characters long.
// REQUIRES: bytes has at least chars * 5 bits.
std::string Base32(std::span<const uint8_t> bytes, int chars);

// Lower-case base 36 of a non-negative number.
std::string Base36(uint64_t value);

// A random RFC 4122 version 4 UUID.
std::string Uuid(Random& random);

}  // namespace cloudmap
