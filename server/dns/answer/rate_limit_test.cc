#include "server/dns/answer/rate_limit.h"

#include <string>

#include "server/dns/testing/test_client.h"

namespace cloudmap::dns {
namespace {

SocketAddress At(const std::string& ip) { return *SocketAddress::Parse(ip, 53); }

TEST(RateLimiter, SendsTheRateThenDropsAndSlips) {
  const RateLimitOptions options{.responses_per_second = 3, .slip = 2, .exempt = {}};
  RateLimiter limiter(options, {1, 2});
  const SocketAddress client = At("198.51.100.7");
  for (int second = 10; second < 13; ++second) {
    const auto now = static_cast<uint32_t>(second);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(limiter.Count(client, 1, now), RateVerdict::kSend);
    }
    EXPECT_EQ(limiter.Count(client, 1, now), RateVerdict::kDrop);
    EXPECT_EQ(limiter.Count(client, 1, now), RateVerdict::kSlip);
    EXPECT_EQ(limiter.Count(client, 1, now), RateVerdict::kDrop);
    EXPECT_EQ(limiter.Count(client, 1, now), RateVerdict::kSlip);
  }
}

TEST(RateLimiter, CountsByNetworkAndKind) {
  const RateLimitOptions options{.responses_per_second = 1, .slip = 0, .exempt = {}};
  RateLimiter limiter(options, {1, 2});
  EXPECT_EQ(limiter.Count(At("198.51.100.7"), 1, 5), RateVerdict::kSend);
  EXPECT_EQ(limiter.Count(At("198.51.100.200"), 1, 5), RateVerdict::kDrop);
  EXPECT_EQ(limiter.Count(At("198.51.100.7"), 2, 5), RateVerdict::kSend);
  EXPECT_EQ(limiter.Count(At("198.51.101.7"), 1, 5), RateVerdict::kSend);
  EXPECT_EQ(limiter.Count(At("2001:db8:0:1::1"), 1, 5), RateVerdict::kSend);
  EXPECT_EQ(limiter.Count(At("2001:db8:0:ff::2"), 1, 5), RateVerdict::kDrop);
  EXPECT_EQ(limiter.Count(At("2001:db8:0:100::2"), 1, 5), RateVerdict::kSend);
}

class RateLimitedTest : public testing::Test {
 protected:
  RateLimitedTest() : client_(registry_) {
    registry_.AddNamespace("sd.local");
    registry_.AddService("web", {{v1::RECORD_TYPE_A, 60}});
    registry_.AddInstance("web", "i-1", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
    registry_.Commit();
    limits_.responses_per_second = 2;
    client_.worker.rate_limiter = std::make_unique<RateLimiter>(limits_, SipKey{5, 6});
  }

  int Answered(const TestQuery& query, int times) {
    int answered = 0;
    for (int i = 0; i < times; ++i) {
      const Response response = client_.Ask(query);
      answered += response.none() || response.tc() ? 0 : 1;
    }
    return answered;
  }

  RateLimitOptions limits_;
  TestRegistry registry_;
  TestClient client_;
};

TEST_F(RateLimitedTest, ExcessIsDroppedOrTruncatedWithoutData) {
  const TestQuery query("web.sd.local", type::kA);
  EXPECT_EQ(Answered(query, 2), 2);
  EXPECT_TRUE(client_.Ask(query).none());
  const Response slipped = client_.Ask(query);
  EXPECT_TRUE(slipped.tc());
  EXPECT_THAT(slipped.answer(), testing::IsEmpty());
  EXPECT_EQ(client_.worker.counters.dropped.value(), 1U);
  EXPECT_EQ(client_.worker.counters.slipped.value(), 1U);
  ++client_.now;
  EXPECT_EQ(Answered(query, 2), 2);
}

TEST_F(RateLimitedTest, NegativeAnswersCountByZoneWhateverTheName) {
  EXPECT_EQ(Answered(TestQuery("a.sd.local", type::kA), 1), 1);
  EXPECT_EQ(Answered(TestQuery("b.sd.local", type::kA), 1), 1);
  EXPECT_EQ(Answered(TestQuery("c.sd.local", type::kA), 1), 0);
  EXPECT_EQ(Answered(TestQuery("web.sd.local", type::kA), 1), 1);
}

TEST_F(RateLimitedTest, TcpLoopbackExemptNetworksAndValidCookiesAreNotLimited) {
  TestQuery query("web.sd.local", type::kA);
  client_.transport = Transport::kTcp;
  EXPECT_EQ(Answered(query, 10), 10);
  client_.transport = Transport::kUdp;
  client_.address = At("127.0.0.1");
  EXPECT_EQ(Answered(query, 10), 10);
  client_.address = At("10.1.2.3");
  limits_.exempt = {*IpPrefix::Parse("10.0.0.0/8")};
  EXPECT_EQ(Answered(query, 10), 10);
  client_.address = At("192.0.2.99");
  query.WithOption(option::kCookie, Bytes(8, 1));
  const std::string cookie = client_.Ask(query).Option(option::kCookie);
  TestQuery with_cookie("web.sd.local", type::kA);
  with_cookie.WithOption(option::kCookie, Bytes(cookie.begin(), cookie.end()));
  EXPECT_EQ(Answered(with_cookie, 10), 10);
  // A client cookie alone can be forged.
  EXPECT_LT(Answered(query, 10), 10);
}

}  // namespace
}  // namespace cloudmap::dns
