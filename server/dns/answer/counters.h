// What one worker counts. Only its owner writes; metrics read from any thread at any time.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "server/dns/message/wire.h"

namespace cloudmap::dns {

class Counter {
 public:
  // REQUIRES: called by the owner only, which is why no locked instruction is needed.
  void Add(uint64_t n = 1) { value_.store(value() + n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// A cache line of its own, so that workers do not slow each other.
struct alignas(64) Counters {
  Counter queries;    // packets or frames that were looked at
  Counter ignored;    // shorter than a header, or responses
  Counter truncated;  // answered with TC
  Counter dropped;    // not answered for rate limiting
  Counter slipped;    // answered with TC for rate limiting
  Counter send_errors;
  std::array<Counter, 24> rcodes;  // answers by rcode, BADVERS and BADCOOKIE included
};

}  // namespace cloudmap::dns
