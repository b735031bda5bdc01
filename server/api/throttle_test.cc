#include "server/api/throttle.h"

#include <string>

#include "gtest/gtest.h"
#include "registry/base/testing/fake_clock.h"
#include "registry/errors.h"

namespace cloudmap::api {
namespace {

class ThrottleTest : public ::testing::Test {
 protected:
  int AdmittedOf(int requests, absl::string_view method) {
    int admitted = 0;
    for (int i = 0; i < requests; ++i) {
      admitted += throttle_.Admit(method).ok() ? 1 : 0;
    }
    return admitted;
  }

  std::string Refusal(absl::string_view method) {
    AdmittedOf(5000, method);
    return DetailOf(throttle_.Admit(method)).type();
  }

  FakeClock clock_;
  Throttle throttle_{{}, clock_};
};

TEST_F(ThrottleTest, DiscoverInstancesMayBurstTo2000AndGoesOnAt1000PerSecond) {
  EXPECT_EQ(AdmittedOf(5000, "DiscoverInstances"), 2000);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(AdmittedOf(5000, "DiscoverInstances"), 1000);
  clock_.Advance(absl::Milliseconds(100));
  EXPECT_EQ(AdmittedOf(5000, "DiscoverInstances"), 100);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(AdmittedOf(5000, "DiscoverInstances"), 2000);
}

TEST_F(ThrottleTest, DiscoverInstancesRevisionGoesAt3000PerSecond) {
  EXPECT_EQ(AdmittedOf(5000, "DiscoverInstancesRevision"), 3000);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(AdmittedOf(5000, "DiscoverInstancesRevision"), 3000);
}

TEST_F(ThrottleTest, OtherOperationsGoAt50PerSecondEach) {
  EXPECT_EQ(AdmittedOf(100, "ListInstances"), 50);
  EXPECT_EQ(AdmittedOf(100, "RegisterInstance"), 50);
  clock_.Advance(absl::Milliseconds(20));
  EXPECT_EQ(AdmittedOf(100, "ListInstances"), 1);
}

TEST_F(ThrottleTest, ARefusalTakesNoToken) {
  EXPECT_EQ(AdmittedOf(10'000, "ListServices"), 50);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(AdmittedOf(100, "ListServices"), 50);
}

TEST_F(ThrottleTest, TheDataPlanesErrorIsNotTheControlPlanes) {
  EXPECT_EQ(Refusal("DiscoverInstances"), "RequestLimitExceeded");
  EXPECT_EQ(Refusal("DiscoverInstancesRevision"), "RequestLimitExceeded");
  EXPECT_EQ(Refusal("ListInstances"), "ThrottlingException");
  EXPECT_EQ(std::string(throttle_.Admit("ListInstances").message()), "Rate exceeded");
}

TEST_F(ThrottleTest, AWallClockThatIsSetGivesAndTakesNothing) {
  EXPECT_EQ(AdmittedOf(30, "ListServices"), 30);
  clock_.StepWall(-absl::Hours(1));
  EXPECT_EQ(AdmittedOf(100, "ListServices"), 20);
  clock_.StepWall(absl::Hours(2));
  EXPECT_EQ(AdmittedOf(100, "ListServices"), 0);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(AdmittedOf(100, "ListServices"), 50);
}

}  // namespace
}  // namespace cloudmap::api
