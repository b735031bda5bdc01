#include "registry/base/timers.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "registry/base/testing/fake_clock.h"
#include "registry/base/testing/fake_timers.h"
#include "registry/base/timer_thread.h"

namespace cloudmap {
namespace {

class FakeTimersTest : public ::testing::Test {
 protected:
  MonotonicTime After(absl::Duration by) const { return clock_.Monotonic() + by; }

  FakeClock clock_;
  FakeTimers timers_{clock_};
};

TEST_F(FakeTimersTest, AlarmsRingInOrderEachAtItsOwnMoment) {
  std::vector<std::string> rung;
  const absl::Time start = clock_.Now();
  Alarm second(timers_,
               [&] { rung.push_back("second at " + FormatDuration(clock_.Now() - start)); });
  Alarm first(timers_, [&] { rung.push_back("first at " + FormatDuration(clock_.Now() - start)); });
  second.Set(After(absl::Seconds(2)));
  first.Set(After(absl::Seconds(1)));
  timers_.Advance(absl::Milliseconds(999));
  EXPECT_TRUE(rung.empty());
  timers_.Advance(absl::Seconds(9));
  EXPECT_EQ(rung, (std::vector<std::string>{"first at 1s", "second at 2s"}));
  EXPECT_EQ(clock_.Now() - start, absl::Milliseconds(9999));
  timers_.Advance(absl::Hours(1));
  EXPECT_EQ(rung.size(), 2U) << "an alarm rings once";
}

TEST_F(FakeTimersTest, TheLastSetDecides) {
  int rung = 0;
  Alarm alarm(timers_, [&] { ++rung; });
  alarm.Set(After(absl::Seconds(1)));
  alarm.Set(After(absl::Seconds(3)));
  timers_.Advance(absl::Seconds(2));
  EXPECT_EQ(rung, 0);
  alarm.Set(After(-absl::Seconds(1)));
  EXPECT_EQ(rung, 0) << "Set itself never rings";
  timers_.RingDue();
  EXPECT_EQ(rung, 1);
}

TEST_F(FakeTimersTest, ACancelledOrDestroyedAlarmDoesNotRing) {
  int rung = 0;
  Alarm cancelled(timers_, [&] { ++rung; });
  cancelled.Set(After(absl::Seconds(1)));
  cancelled.Cancel();
  {
    Alarm destroyed(timers_, [&] { ++rung; });
    destroyed.Set(After(absl::Seconds(1)));
  }
  timers_.Advance(absl::Hours(1));
  EXPECT_EQ(rung, 0);
  EXPECT_EQ(timers_.UntilNext(), absl::InfiniteDuration());
}

TEST_F(FakeTimersTest, AnAlarmMaySetItselfAgain) {
  int rung = 0;
  Alarm* self = nullptr;
  Alarm alarm(timers_, [&] {
    ++rung;
    self->Set(After(absl::Seconds(10)));
  });
  self = &alarm;
  alarm.Set(After(absl::Seconds(10)));
  timers_.Advance(absl::Minutes(1));
  EXPECT_EQ(rung, 6);
}

TEST_F(FakeTimersTest, AStepOfTheWallClockNeitherRingsNorDelays) {
  int rung = 0;
  Alarm alarm(timers_, [&] { ++rung; });
  alarm.Set(After(absl::Seconds(10)));
  clock_.StepWall(absl::Hours(5));
  timers_.Advance(absl::Seconds(9));
  EXPECT_EQ(rung, 0);
  clock_.StepWall(-absl::Hours(10));
  timers_.Advance(absl::Seconds(1));
  EXPECT_EQ(rung, 1);
}

// Real time from here on. It is waited for, but how much of it passes decides nothing.
class TimerThreadTest : public ::testing::Test {
 protected:
  void Start() { ASSERT_TRUE(timers_.Start().ok()); }
  MonotonicTime After(absl::Duration by) const { return clock_.Monotonic() + by; }

  RealClock clock_;
  TimerThread timers_{clock_};
};

TEST_F(TimerThreadTest, NeverRingsBeforeTheTimeAndRingsOnItsOwnThread) {
  Start();
  absl::Notification rung;
  MonotonicTime at;
  std::thread::id on;
  Alarm alarm(timers_, [&] {
    at = clock_.Monotonic();
    on = std::this_thread::get_id();
    rung.Notify();
  });
  const MonotonicTime when = After(absl::Milliseconds(3));
  alarm.Set(when);
  rung.WaitForNotification();
  EXPECT_GE(at, when);
  EXPECT_NE(on, std::this_thread::get_id());
}

TEST_F(TimerThreadTest, AnEarlierAlarmIsNotKeptWaitingByALaterOne) {
  Start();
  absl::Notification rung;
  bool late_rung = false;
  Alarm late(timers_, [&] { late_rung = true; });
  Alarm early(timers_, [&] { rung.Notify(); });
  late.Set(After(absl::Hours(10)));
  early.Set(After(absl::ZeroDuration()));
  rung.WaitForNotification();
  timers_.Stop();
  EXPECT_FALSE(late_rung);
}

TEST_F(TimerThreadTest, AnAlarmSetBeforeTheStartRings) {
  absl::Notification rung;
  Alarm alarm(timers_, [&] { rung.Notify(); });
  alarm.Set(After(absl::ZeroDuration()));
  Start();
  rung.WaitForNotification();
}

TEST_F(TimerThreadTest, CancelWaitsForTheCallAndEndsAnAlarmThatSetsItself) {
  Start();
  absl::Notification ringing;
  bool ended = false;
  Alarm* self = nullptr;
  Alarm alarm(timers_, [&] {
    if (!ringing.HasBeenNotified()) {
      ringing.Notify();
    }
    self->Set(MonotonicTime());
    ended = true;  // a race for ThreadSanitizer, should Cancel not wait
  });
  self = &alarm;
  alarm.Set(MonotonicTime());
  ringing.WaitForNotification();
  alarm.Cancel();
  EXPECT_TRUE(ended);
  ended = false;
  // Whatever is due rings before this one, on the same thread.
  absl::Notification later;
  Alarm other(timers_, [&] { later.Notify(); });
  other.Set(After(absl::ZeroDuration()));
  later.WaitForNotification();
  EXPECT_FALSE(ended) << "it rang after Cancel";
}

TEST_F(TimerThreadTest, AnAlarmMayCancelItself) {
  Start();
  absl::Notification rung;
  Alarm* self = nullptr;
  Alarm alarm(timers_, [&] {
    self->Set(MonotonicTime());
    self->Cancel();
    rung.Notify();
  });
  self = &alarm;
  alarm.Set(MonotonicTime());
  rung.WaitForNotification();
  timers_.Stop();
}

TEST_F(TimerThreadTest, StopDoesNotWaitForAlarms) {
  Start();
  bool rung = false;
  Alarm alarm(timers_, [&] { rung = true; });
  alarm.Set(After(absl::Hours(10)));
  timers_.Stop();
  timers_.Stop();
  EXPECT_FALSE(rung);
}

TEST(RealClock, MonotonicTimeDoesNotRunBackwards) {
  const RealClock clock;
  MonotonicTime last = clock.Monotonic();
  for (int i = 0; i < 10'000; ++i) {
    const MonotonicTime next = clock.Monotonic();
    EXPECT_GE(next, last);
    last = next;
  }
}

}  // namespace
}  // namespace cloudmap
