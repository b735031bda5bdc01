#include "server/dns/resolver/upstream.h"

#include "gtest/gtest.h"

namespace cloudmap::dns {
namespace {

Upstream Make() { return Upstream(*SocketAddress::Parse("127.0.0.1:53")); }

TEST(Upstream, OneLostPacketDoesNotTakeItDown) {
  Upstream upstream = Make();
  upstream.Failed(1000);
  EXPECT_TRUE(upstream.IsUp(1000));
}

TEST(Upstream, ThreeFailuresInARowTakeItDownUntilItAnswers) {
  Upstream upstream = Make();
  for (int i = 0; i < 3; ++i) {
    upstream.Failed(1000);
  }
  EXPECT_FALSE(upstream.IsUp(1'000'000)) << "no time alone brings it back";
  EXPECT_FALSE(upstream.IsDueForProbe(1499));
  EXPECT_TRUE(upstream.IsDueForProbe(1500)) << "its return is noticed within a second";
  upstream.ProbeSent(1500);
  EXPECT_FALSE(upstream.IsDueForProbe(1999));
  upstream.Answered(3);
  EXPECT_TRUE(upstream.IsUp(1500));
}

TEST(Upstream, FailuresThatAreNotInARowDoNot) {
  Upstream upstream = Make();
  for (int i = 0; i < 10; ++i) {
    upstream.Failed(1000);
    upstream.Failed(1000);
    upstream.Answered(3);
  }
  EXPECT_TRUE(upstream.IsUp(1000));
}

TEST(Upstream, TimeoutsFollowTheRoundTripsButNeverGoBelowAFloor) {
  Upstream upstream = Make();
  for (int i = 0; i < 50; ++i) {
    upstream.Answered(1);
  }
  EXPECT_EQ(upstream.TimeoutMs(), 200) << "a healthy upstream with a slow moment is not given up";
  for (int i = 0; i < 50; ++i) {
    upstream.Answered(100);
  }
  EXPECT_GE(upstream.TimeoutMs(), 400);
  for (int i = 0; i < 50; ++i) {
    upstream.Answered(3000);
  }
  EXPECT_LE(upstream.TimeoutMs(), 1500) << "there must be time for a second upstream";
}

TEST(Upstream, IsHedgedWhenItIsSlowerThanItsUsual) {
  Upstream upstream = Make();
  for (int i = 0; i < 50; ++i) {
    upstream.Answered(10);
  }
  EXPECT_GE(upstream.HedgeMs(), 20);
  EXPECT_LE(upstream.HedgeMs(), 40);
  EXPECT_LT(upstream.HedgeMs(), upstream.TimeoutMs());
}

TEST(Upstream, WhatItLacksIsAskedAgainAfterMinutes) {
  Upstream upstream = Make();
  upstream.LacksEdns(1000);
  upstream.LosesCase(1000);
  EXPECT_FALSE(upstream.KnowsEdns(1000 + 9 * 60 * 1000));
  EXPECT_FALSE(upstream.KeepsCase(1000 + 9 * 60 * 1000));
  EXPECT_TRUE(upstream.KnowsEdns(1000 + 10 * 60 * 1000));
  EXPECT_TRUE(upstream.KeepsCase(1000 + 10 * 60 * 1000));
}

}  // namespace
}  // namespace cloudmap::dns
