// A clock in the test's hands: time stands still until the test moves it.
//
//   FakeClock clock;
//   clock.Advance(absl::Seconds(1));    // time passes, on both clocks
//   clock.StepWall(-absl::Hours(1));    // somebody sets the wall clock; no time passes
//
// With alarms, time is advanced by FakeTimers instead. Thread-safe.
#pragma once

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "registry/base/check.h"
#include "registry/base/clock.h"

namespace cloudmap {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(absl::Time now = absl::FromUnixMillis(1'587'055'860'121)) : wall_(now) {}

  absl::Time Now() const override {
    const absl::MutexLock lock(&mutex_);
    return wall_;
  }
  MonotonicTime Monotonic() const override {
    const absl::MutexLock lock(&mutex_);
    return monotonic_;
  }

  // Lets time pass. REQUIRES: `by` is not negative.
  void Advance(absl::Duration by) {
    CLOUDMAP_CHECK(by >= absl::ZeroDuration(), "time does not run backwards; see StepWall");
    const absl::MutexLock lock(&mutex_);
    wall_ += by;
    monotonic_ += by;
  }

  // Sets the wall clock, as NTP or an operator does.
  void StepWall(absl::Duration by) {
    const absl::MutexLock lock(&mutex_);
    wall_ += by;
  }
  void SetWall(absl::Time now) {
    const absl::MutexLock lock(&mutex_);
    wall_ = now;
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Time wall_ ABSL_GUARDED_BY(mutex_);
  // Not the start, so that a test notices who takes a default for a time.
  MonotonicTime monotonic_ ABSL_GUARDED_BY(mutex_) = MonotonicTime(absl::Hours(1));
};

}  // namespace cloudmap
