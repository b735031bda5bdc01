// FuzzInput: decisions out of an input's bytes, front to back; zeros when they run out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cloudmap::fuzz {

class FuzzInput {
 public:
  FuzzInput(const uint8_t* data, size_t size) : bytes_(data, size) {}

  uint8_t Byte() {
    if (bytes_.empty()) {
      return 0;
    }
    const uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }
  uint16_t Word() {
    const unsigned high = Byte();
    return static_cast<uint16_t>(high << 8 | Byte());
  }
  // REQUIRES: bound > 0.
  uint8_t Below(unsigned bound) { return static_cast<uint8_t>(Byte() % bound); }
  // A copy in memory of exactly its size, so that the sanitizer sees a read past its end.
  std::vector<uint8_t> Take(size_t size) {
    const auto taken = bytes_.first(std::min(size, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return {taken.begin(), taken.end()};
  }
  std::vector<uint8_t> Rest() { return Take(bytes_.size()); }
  bool empty() const { return bytes_.empty(); }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace cloudmap::fuzz
