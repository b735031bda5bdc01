// Timers in the test's hands: alarms ring on the thread that advances time, in order, each at its
// own moment.
//
//   FakeClock clock;
//   FakeTimers timers(clock);
//   Alarm alarm(timers, [&] { rung = clock.Now(); });
//   alarm.Set(clock.Monotonic() + absl::Seconds(1));
//   timers.Advance(absl::Hours(1));   // `rung` is one second after the start
//
// Thread safety: alarms may be set by any thread; one thread at a time advances.
#pragma once

#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "registry/base/check.h"
#include "registry/base/testing/fake_clock.h"
#include "registry/base/timers.h"

namespace cloudmap {

class FakeTimers final : public Timers {
 public:
  // `clock` must outlive the timers.
  explicit FakeTimers(FakeClock& clock) : Timers(clock), clock_(clock) {}

  // Lets time pass and rings what falls due, including what the alarms themselves set. An alarm
  // that sets itself at once, again and again, is a bug and ends the test.
  void Advance(absl::Duration by) {
    const MonotonicTime end = clock_.Monotonic() + by;
    const absl::MutexLock lock(&mutex_);
    for (int rings = 0; rings < kRingsMax; ++rings) {
      const std::optional<MonotonicTime> next = Next();
      if (!next.has_value() || *next > end) {
        clock_.Advance(end - clock_.Monotonic());
        return;
      }
      if (*next > clock_.Monotonic()) {
        clock_.Advance(*next - clock_.Monotonic());
      }
      RingNext();
    }
    CLOUDMAP_CHECK(false, "alarms come to an end");
  }

  // Rings what is due now.
  void RingDue() { Advance(absl::ZeroDuration()); }

  // How long it is until the next alarm; infinite when none is set.
  absl::Duration UntilNext() const {
    const absl::MutexLock lock(&mutex_);
    const std::optional<MonotonicTime> next = Next();
    return next.has_value() ? *next - clock_.Monotonic() : absl::InfiniteDuration();
  }

 private:
  static constexpr int kRingsMax = 1'000'000;

  FakeClock& clock_;
};

}  // namespace cloudmap
