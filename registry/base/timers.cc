#include "registry/base/timers.h"

#include "absl/cleanup/cleanup.h"

namespace cloudmap {

void Timers::Set(Alarm& alarm, MonotonicTime when) {
  const absl::MutexLock lock(&mutex_);
  if (ringing_ == &alarm && ringing_cancelled_) {
    return;
  }
  const std::optional<MonotonicTime> first = alarms_.Next();
  alarms_.Put(&alarm, when);
  if (!first.has_value() || when < *first) {
    OnEarlier();
  }
}

void Timers::Cancel(Alarm& alarm) {
  const absl::MutexLock lock(&mutex_);
  alarms_.Cancel(&alarm);
  if (ringing_ != &alarm || ringer_ == std::this_thread::get_id()) {
    return;
  }
  // Or an alarm that sets itself again might ring again and again before this thread sees the end.
  ringing_cancelled_ = true;
  struct Ringing {
    const Alarm* const* ringing;
    const Alarm* alarm;
  } still = {&ringing_, &alarm};
  mutex_.Await(absl::Condition(
      +[](Ringing* r) { return *r->ringing != r->alarm; }, &still));
}

// Not analyzed, because a clean-up takes the mutex again, which the analysis does not follow.
bool Timers::RingNext() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  const std::optional<Alarm*> due = alarms_.PopDue(clock_.Monotonic());
  if (!due.has_value()) {
    return false;
  }
  ringing_ = *due;
  ringer_ = std::this_thread::get_id();
  mutex_.Unlock();
  // Also when an exception leaves the alarm.
  const absl::Cleanup rung = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    mutex_.Lock();
    ringing_ = nullptr;
    ringing_cancelled_ = false;
  };
  (*due)->ring_();
  return true;
}

}  // namespace cloudmap
