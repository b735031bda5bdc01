// Waiting, as a seam: whoever must act at a time sets an alarm and keeps no thread for it. In
// production one thread rings all alarms (timer_thread.h); in a test or a simulator the test's own
// thread does, when it advances the clock (testing/fake_timers.h), so no test waits for time.
//
//   Alarm alarm(timers, [this] { DoWhatIsDue(); });
//   alarm.Set(timers.clock().Monotonic() + absl::Seconds(1));
//   alarm.Set(timers.clock().Monotonic());                       // moved: rings once, and at once
//   alarm.Cancel();
//
// Alarms follow the monotonic clock: a step of the wall clock neither rings nor delays one. Who
// waits for a wall-clock time looks at the wall clock again when the alarm rings, and now and then
// before.
#pragma once

#include <optional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "registry/base/clock.h"
#include "registry/base/deadline_queue.h"

namespace cloudmap {

class Alarm;

// The alarms that are set, and who rings them. Must outlive its alarms. Thread-safe.
class Timers {
 public:
  virtual ~Timers() = default;
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  // The clock that the alarms follow.
  const Clock& clock() const { return clock_; }

 protected:
  // `clock` must outlive the timers.
  explicit Timers(const Clock& clock) : clock_(clock) {}

  // When the first alarm is to ring, or nullopt when none is set.
  std::optional<MonotonicTime> Next() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return alarms_.Next();
  }
  // Rings the first alarm that is due, without the lock. False when none is. Called by one thread
  // at a time.
  bool RingNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // An alarm was set that rings before all others.
  virtual void OnEarlier() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {}

  mutable absl::Mutex mutex_;

 private:
  friend class Alarm;
  void Set(Alarm& alarm, MonotonicTime when) ABSL_LOCKS_EXCLUDED(mutex_);
  void Cancel(Alarm& alarm) ABSL_LOCKS_EXCLUDED(mutex_);

  const Clock& clock_;
  DeadlineQueue<Alarm*, MonotonicTime> alarms_ ABSL_GUARDED_BY(mutex_);
  const Alarm* ringing_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::thread::id ringer_ ABSL_GUARDED_BY(mutex_);  // the thread that rings it
  // Somebody waits in Cancel for the end of `ringing_`, which can no longer be set.
  bool ringing_cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

// One alarm, set or not. Thread-safe but for its destruction.
class Alarm {
 public:
  // `ring` is called on the thread of `timers`, which serves everybody else too: it must not block.
  // One call at a time; `ring` may set its own alarm again. `timers` must outlive the alarm.
  Alarm(Timers& timers, absl::AnyInvocable<void()> ring)
      : timers_(timers), ring_(std::move(ring)) {}
  // Cancels.
  ~Alarm() { Cancel(); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  // Rings once, at `when` or soon after it; a time that has passed means at once. Replaces what was
  // set. Never calls `ring` itself.
  void Set(MonotonicTime when) { timers_.Set(*this, when); }

  // Afterwards `ring` is not running and will not run until the next Set. Waits for a call that is
  // running, whose own Sets come to nothing; so the caller must hold no lock that `ring` takes.
  // Called by `ring` itself, it does not wait.
  void Cancel() { timers_.Cancel(*this); }

 private:
  friend class Timers;
  Timers& timers_;
  absl::AnyInvocable<void()> ring_;
};

}  // namespace cloudmap
