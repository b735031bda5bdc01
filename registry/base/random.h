// Randomness, as a seam between the rules and the operating system, and the alphabets in which AWS
// writes random numbers.
//
//   RealRandom random;                      // one for the process
//   FastRandom fast(random.Next());         // one for a thread
//   const uint32_t i = fast.Below(8);       // 0 to 7
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
  // 64 uniform bits. Thread-safe. In the real implementation nobody can predict them: ids and
  // cookie secrets are made of them. A test's may be a counter.
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

// xoshiro256** (Blackman and Vigna, https://prng.di.unimi.it): a number in a few nanoseconds, for
// the order and choice of answers. Not for secrets: whoever sees some numbers can compute the
// others. Not thread-safe; each thread has its own.
class FastRandom final {
 public:
  // Equal seeds give equal sequences. Any seed will do, 0 included.
  explicit FastRandom(uint64_t seed);

  // 64 uniform bits.
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

  // A number from 0 to bound - 1, by multiply-shift: some come more often than others, by less than
  // bound / 2^32, which is uniform enough for answers. REQUIRES: bound > 0.
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(((Next() >> 32) * bound) >> 32); }

 private:
  static uint64_t RotateLeft(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  std::array<uint64_t, 4> s_;
};

// Lower-case RFC 4648 base32 ([a-z2-7]) of the leading bits of `bytes`, `chars` characters long.
// REQUIRES: bytes has at least chars * 5 bits.
std::string Base32(std::span<const uint8_t> bytes, int chars);

// A number in base 36 with lower-case digits, as AWS writes the time in operation ids.
std::string Base36(uint64_t value);

// A random RFC 4122 version 4 UUID.
std::string Uuid(Random& random);

}  // namespace cloudmap
