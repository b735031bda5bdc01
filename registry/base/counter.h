// Counter: a number that one thread counts up and any thread may read.
//
//   Counter queries;
//   queries.Add();                  // its owner
//   total += queries.value();       // anybody, at any time; a little behind at worst
#pragma once

#include <atomic>
#include <cstdint>

namespace cloudmap {

class Counter {
 public:
  // REQUIRES: called by the owner only, which is why no locked instruction is needed.
  void Add(uint64_t n = 1) { value_.store(value() + n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

}  // namespace cloudmap
