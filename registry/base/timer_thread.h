// The timers of a running server: one thread that sleeps until the next alarm and rings it.
//
//   RealClock clock;
//   TimerThread timers(clock);
//   RETURN_IF_ERROR(timers.Start());
//   ... alarms ...
//   timers.Stop();
//
// It waits on the monotonic clock, so a step of the wall clock does not reach it. An alarm rings
// within the scheduler's delay (some tens of microseconds on an idle machine), later when others
// keep the thread busy.
//
// Thread safety: Start and Stop are for the owner; alarms may be set by any thread.
#pragma once

#include <condition_variable>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "registry/base/clock.h"
#include "registry/base/timers.h"

namespace cloudmap {

class TimerThread final : public Timers {
 public:
  // The real clock only: the thread sleeps in real time. It must outlive the timers.
  explicit TimerThread(const RealClock& clock) : Timers(clock) {}
  // Stops.
  ~TimerThread() override;

  // Unavailable when the system refuses the thread. Alarms that are set before wait for it.
  absl::Status Start();

  // No alarm rings afterwards. Waits for one that is ringing. Idempotent.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  void Sleep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnEarlier() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { changed_.notify_one(); }

  // Not absl::CondVar, whose time-outs are points of the wall clock.
  std::condition_variable_any changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace cloudmap
