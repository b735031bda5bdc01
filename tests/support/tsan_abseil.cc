// Tells ThreadSanitizer what Debian's abseil synchronises: the packaged library is not built with
// it, so every absl::Mutex would look like no lock at all. Linked into TSan builds only, where
// these definitions come before the library's and call on to them.
#include <dlfcn.h>
#include <unistd.h>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"

extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);

// gRPC calls a reactor from one thread after the other. What orders the calls is inside its
// library, which is not instrumented either; the tests' fake server is all that keeps state between
// them.
extern "C" const char* __tsan_default_suppressions() {
  return "race:cloudmap::cli::FakeServer::Reactor::\n";
}

namespace {

// The library's own definition, by its name in Debian's inline namespace.
template <typename Function>
Function Library(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

constexpr useconds_t kPollMicroseconds = 100;

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  static const auto lock = Library<void (*)(Mutex*)>("_ZN4absl7debian35Mutex4LockEv");
  lock(this);
  __tsan_acquire(this);
}

void Mutex::Unlock() {
  static const auto unlock = Library<void (*)(Mutex*)>("_ZN4absl7debian35Mutex6UnlockEv");
  __tsan_release(this);
  unlock(this);
}

// The library evaluates conditions on the unlocking thread, unseen by the sanitizer; polling is
// slow and plain.
void Mutex::Await(const Condition& condition) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  while (!condition.Eval()) {
    Unlock();
    usleep(kPollMicroseconds);
    Lock();
  }
}

bool Mutex::AwaitWithDeadline(const Condition& condition,
                              Time deadline) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  while (!condition.Eval() && Now() < deadline) {
    Unlock();
    usleep(kPollMicroseconds);
    Lock();
  }
  return condition.Eval();
}

bool Mutex::AwaitWithTimeout(const Condition& condition,
                             Duration timeout) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  return AwaitWithDeadline(condition, Now() + timeout);
}

void CondVar::Wait(Mutex* mutex) {
  static const auto wait =
      Library<void (*)(CondVar*, Mutex*)>("_ZN4absl7debian37CondVar4WaitEPNS0_5MutexE");
  __tsan_release(mutex);
  wait(this, mutex);
  __tsan_acquire(mutex);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  static const auto wait = Library<bool (*)(CondVar*, Mutex*, Duration)>(
      "_ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE");
  __tsan_release(mutex);
  const bool timed_out = wait(this, mutex, timeout);
  __tsan_acquire(mutex);
  return timed_out;
}

void Notification::Notify() {
  static const auto notify =
      Library<void (*)(Notification*)>("_ZN4absl7debian312Notification6NotifyEv");
  __tsan_release(this);
  notify(this);
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  static const auto wait = Library<bool (*)(const Notification*, Duration)>(
      "_ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE");
  const bool notified = wait(this, timeout);
  __tsan_acquire(const_cast<Notification*>(this));
  return notified;
}

void Notification::WaitForNotification() const {
  WaitForNotificationWithTimeout(InfiniteDuration());
}

ABSL_NAMESPACE_END
}  // namespace absl
