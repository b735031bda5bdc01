#include "registry/base/random.h"

#include <sys/random.h>

#include <algorithm>
#include <utility>

#include "registry/base/check.h"

namespace cloudmap {

uint64_t RealRandom::Next() {
  const absl::MutexLock lock(&mutex_);
  if (left_ == 0) {
    // Up to 256 bytes come whole: getrandom(2).
    static_assert(sizeof(numbers_) <= 256);
    CLOUDMAP_CHECK(getrandom(numbers_.data(), sizeof(numbers_), 0) == sizeof(numbers_),
                   "getrandom");
    left_ = numbers_.size();
  }
  return std::exchange(numbers_[--left_], 0);
}

FastRandom::FastRandom(uint64_t seed) {
  // splitmix64, which the generator's authors advise for seeding.
  for (uint64_t& word : s_) {
    seed += 0x9e3779b97f4a7c15;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    word = z ^ (z >> 31);
  }
}

std::string Base32(std::span<const uint8_t> bytes, int chars) {
  static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  CLOUDMAP_CHECK(static_cast<size_t>(chars) * 5 <= bytes.size() * 8, "too few bytes");
  std::string out;
  out.reserve(static_cast<size_t>(chars));
  uint32_t bits = 0;
  int count = 0;
  size_t next = 0;
  for (int i = 0; i < chars; ++i) {
    if (count < 5) {
      bits = (bits << 8) | bytes[next++];
      count += 8;
    }
    out.push_back(kAlphabet[(bits >> (count - 5)) & 31]);
    count -= 5;
  }
  return out;
}

std::string Base36(uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string out;
  do {
    out.push_back(kDigits[value % 36]);
    value /= 36;
  } while (value != 0);
  std::reverse(out.begin(), out.end());
  return out;
}

std::string Uuid(Random& random) {
  const uint64_t a = (random.Next() & 0xffff'ffff'ffff'0fff) | 0x4000;                 // version
  const uint64_t b = (random.Next() & 0x3fff'ffff'ffff'ffff) | 0x8000'0000'0000'0000;  // variant
  std::string text = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  int shift = 124;
  for (char& c : text) {
    if (c == 'x') {
      c = "0123456789abcdef"[((shift >= 64 ? a : b) >> (shift % 64)) & 15];
      shift -= 4;
    }
  }
  return text;
}

}  // namespace cloudmap
