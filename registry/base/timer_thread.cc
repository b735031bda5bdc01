#include "registry/base/timer_thread.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "registry/base/status_macros.h"
#include "registry/base/thread.h"

namespace cloudmap {
namespace {

// What std::condition_variable_any can unlock while it waits.
class LockedMutex {
 public:
  explicit LockedMutex(absl::Mutex& mutex) : mutex_(mutex) {}
  void lock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.Lock(); }
  void unlock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.Unlock(); }

 private:
  absl::Mutex& mutex_;
};

}  // namespace

TimerThread::~TimerThread() { Stop(); }

absl::Status TimerThread::Start() {
  ASSIGN_OR_RETURN(thread_, StartThread("timers", [this] { Run(); }));
  return absl::OkStatus();
}

void TimerThread::Stop() {
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void TimerThread::Run() {
  const absl::MutexLock lock(&mutex_);
  while (!stopping_) {
    if (!RingNext()) {
      Sleep();
    }
  }
}

void TimerThread::Sleep() {
  LockedMutex mutex(mutex_);
  const std::optional<MonotonicTime> next = Next();
  if (!next.has_value()) {
    changed_.wait(mutex);
    return;
  }
  // Rounded up: waking before the time would only mean to sleep again.
  const std::chrono::nanoseconds since_start =
      absl::ToChronoNanoseconds(next->since_start() + absl::Nanoseconds(1));
  changed_.wait_until(mutex, std::chrono::steady_clock::time_point(since_start));
}

}  // namespace cloudmap
