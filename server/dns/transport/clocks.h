// The two clocks that answering reads once for a batch of packets, at the precision of the system's
// tick, which costs no system call.
#pragma once

#include <cstdint>
#include <ctime>

namespace cloudmap::dns {

namespace clocks_internal {
inline uint32_t SecondsOf(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<uint32_t>(now.tv_sec);
}
}  // namespace clocks_internal

// Seconds since 1970; cookies and rate limits go by it.
inline uint32_t WallClockSeconds() { return clocks_internal::SecondsOf(CLOCK_REALTIME_COARSE); }

// Seconds since some moment, unmoved when the clock is set; kept answers age by it.
inline uint32_t MonotonicSeconds() { return clocks_internal::SecondsOf(CLOCK_MONOTONIC_COARSE); }

}  // namespace cloudmap::dns
