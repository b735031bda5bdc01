// Time, as a seam: rules never read time, they are given it, and a test or a simulator drives it
// (testing/fake_clock.h). There are two clocks, because they answer different questions:
//
//   clock.Now()        // what time it is: for what is stored, shown, or compared with a timestamp
//   clock.Monotonic()  // how much time has passed: for timeouts, rates, back-off and leases
//
// The wall clock may step: an operator or NTP sets it, forward or back. The monotonic clock never
// does, but it starts anew with the machine, so its values must not be stored or sent. How to wait
// for a time is in timers.h.
#pragma once

#include "absl/time/time.h"

namespace cloudmap {

// A point in time of the monotonic clock, which compares with others of the same clock only. The
// default is the clock's start, which is not later than any other.
class MonotonicTime {
 public:
  constexpr MonotonicTime() = default;
  explicit constexpr MonotonicTime(absl::Duration since_start) : since_start_(since_start) {}

  constexpr absl::Duration since_start() const { return since_start_; }

  friend MonotonicTime operator+(MonotonicTime time, absl::Duration by) {
    return MonotonicTime(time.since_start_ + by);
  }
  MonotonicTime& operator+=(absl::Duration by) {
    since_start_ += by;
    return *this;
  }
  friend absl::Duration operator-(MonotonicTime a, MonotonicTime b) {
    return a.since_start_ - b.since_start_;
  }
  friend constexpr bool operator==(MonotonicTime a, MonotonicTime b) {
    return a.since_start_ == b.since_start_;
  }
  friend constexpr bool operator<(MonotonicTime a, MonotonicTime b) {
    return a.since_start_ < b.since_start_;
  }
  friend constexpr bool operator>(MonotonicTime a, MonotonicTime b) { return b < a; }
  friend constexpr bool operator<=(MonotonicTime a, MonotonicTime b) { return !(b < a); }
  friend constexpr bool operator>=(MonotonicTime a, MonotonicTime b) { return !(a < b); }

 private:
  absl::Duration since_start_ = absl::ZeroDuration();
};

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
  virtual MonotonicTime Monotonic() const = 0;
};

// The kernel's clocks: CLOCK_REALTIME and CLOCK_MONOTONIC.
class RealClock final : public Clock {
 public:
  absl::Time Now() const override;
  MonotonicTime Monotonic() const override;
};

}  // namespace cloudmap
