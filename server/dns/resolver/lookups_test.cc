#include "server/dns/resolver/lookups.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/dns/testing/answer_builder.h"

namespace cloudmap::dns {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr SipKey kKey{1, 2};

class FixedRandom final : public Random {
 public:
  uint64_t Next() override { return state_ = state_ * 6364136223846793005 + 1442695040888963407; }

 private:
  uint64_t state_ = 1;
};

// What was sent, for the test to answer.
struct Sent {
  std::string upstream;
  std::string query;
  bool tcp;
  uint64_t attempt;
};
class FakeTransport final : public UpstreamTransport {
 public:
  void Send(const SocketAddress& upstream, absl::string_view query, bool tcp,
            uint64_t attempt) override {
    sent.push_back({upstream.IpString(), std::string(query), tcp, attempt});
  }
  std::vector<Sent> sent;
};

// Remembers what it was told.
struct Told {
  int results = 0;
  LookupResult last;
};
class TestWaiter final : public LookupWaiter {
 public:
  explicit TestWaiter(Told& told) : told_(told) {}
  bool OnResult(const LookupResult& result, UpstreamQuestion&) override {
    ++told_.results;
    told_.last = result;
    return false;
  }

 private:
  Told& told_;
};

class LookupsTest : public testing::Test {
 protected:
  LookupsTest() { Upstreams({"192.0.2.1", "192.0.2.2"}); }

  void Upstreams(const std::vector<std::string>& ips) {
    std::vector<SocketAddress> addresses;
    for (const std::string& ip : ips) {
      addresses.push_back(*SocketAddress::Parse(ip, 53));
    }
    rules_.SetDefault(addresses);
  }
  void Ask(Told& told, const std::string& name = "www.example.com") {
    lookups_.Ask(QuestionFor(name, type::kA), std::make_unique<TestWaiter>(told), now_ms_);
  }
  // A response to what was sent `index`-th.
  AnswerBuilder To(size_t index) const {
    const std::string& query = transport_.sent[index].query;
    const size_t end = query.find('\0', kHeaderSize) + 1;
    return AnswerBuilder(query.substr(kHeaderSize, end - kHeaderSize), type::kA);
  }
  void Deliver(size_t index, const AnswerBuilder& answer) {
    const std::vector<uint8_t> message = answer.Finish();
    lookups_.OnDelivery(transport_.sent[index].attempt, Delivery::kReply, message, now_ms_);
  }
  void DeliverAddress(size_t index, uint32_t ttl = 60) {
    Deliver(index, To(index).Answer("www.example.com", type::kA, ttl, "\1\2\3\4"));
  }
  // Lets time pass, and what is due happen.
  void Pass(int64_t ms) {
    const int64_t end = now_ms_ + ms;
    while (lookups_.next_event_ms() <= end) {
      now_ms_ = std::max(now_ms_, lookups_.next_event_ms());
      lookups_.OnTime(now_ms_);
    }
    now_ms_ = end;
  }
  std::vector<std::string> Asked() const {
    std::vector<std::string> ips;
    for (const Sent& sent : transport_.sent) {
      ips.push_back(sent.upstream);
    }
    return ips;
  }

  int64_t now_ms_ = 1'000'000;
  ForwardRules rules_;
  AnswerCache cache_{1 << 20, kKey};
  FakeTransport transport_;
  FixedRandom random_;
  ResolverCounters counters_;
  LookupLimits limits_{.lookups_max = 100, .waiters_max = 8, .serve_stale_seconds = 86400};
  Lookups lookups_{rules_, cache_, transport_, random_, limits_, counters_};
};

TEST_F(LookupsTest, AnAnswerReachesWhoAskedAndTheCache) {
  Told told;
  Ask(told);
  EXPECT_THAT(Asked(), ElementsAre("192.0.2.1"));
  DeliverAddress(0);
  EXPECT_EQ(told.results, 1);
  ASSERT_THAT(told.last.parts, SizeIs(1));
  EXPECT_EQ(cache_.size(), 1U);
  EXPECT_EQ(lookups_.in_flight(), 0U);
}

TEST_F(LookupsTest, EqualQuestionsAreAskedOnce) {
  Told a;
  Told b;
  Ask(a);
  Ask(b);
  EXPECT_THAT(transport_.sent, SizeIs(1));
  DeliverAddress(0);
  EXPECT_EQ(a.results + b.results, 2);
}

TEST_F(LookupsTest, TtlZeroIsAnsweredAndNotKept) {
  Told told;
  Ask(told);
  DeliverAddress(0, /*ttl=*/0);
  EXPECT_THAT(told.last.parts, SizeIs(1));
  EXPECT_EQ(cache_.size(), 0U);
}

TEST_F(LookupsTest, ASlowUpstreamIsHedgedAndTheFirstAnswerWins) {
  Told told;
  Ask(told);
  Pass(200);
  EXPECT_THAT(Asked(), ElementsAre("192.0.2.1", "192.0.2.2"));
  EXPECT_EQ(told.results, 0);
  DeliverAddress(1);
  EXPECT_EQ(told.results, 1);
  DeliverAddress(0);
  EXPECT_EQ(told.results, 1) << "a late answer meets nobody";
}

TEST_F(LookupsTest, AnUnreachableUpstreamIsReplacedAtOnce) {
  Told told;
  Ask(told);
  lookups_.OnDelivery(transport_.sent[0].attempt, Delivery::kUnreachable, {}, now_ms_);
  EXPECT_THAT(Asked(), ElementsAre("192.0.2.1", "192.0.2.2"));
}

TEST_F(LookupsTest, ServFailAndRefusedGoOnToTheNextAndNxdomainDoesNot) {
  Told told;
  Ask(told);
  Deliver(0, To(0).Rcode(Rcode::kServFail));
  EXPECT_THAT(Asked(), ElementsAre("192.0.2.1", "192.0.2.2"));
  Deliver(1, To(1).Rcode(Rcode::kNxDomain).Authority("example.com", type::kSoa, 60, SoaOf(60)));
  EXPECT_EQ(told.results, 1);
  EXPECT_EQ(told.last.parts[0]->rcode(), Rcode::kNxDomain);
  EXPECT_THAT(transport_.sent, SizeIs(2));
}

TEST_F(LookupsTest, WhenAllSaySoTheLastRcodeIsTheAnswerForSeconds) {
  Told told;
  Ask(told);
  Deliver(0, To(0).Rcode(Rcode::kServFail));
  Deliver(1, To(1).Rcode(Rcode::kRefused));
  ASSERT_EQ(told.results, 1);
  EXPECT_EQ(told.last.parts[0]->rcode(), Rcode::kRefused);
  EXPECT_TRUE(told.last.parts[0]->error().has_value());
  EXPECT_EQ(told.last.parts[0]->ttl(), kFailureTtl);
}

TEST_F(LookupsTest, SilenceIsAnsweredInBoundedTime) {
  Told told;
  Ask(told);
  Pass(Lookups::kDeadlineMs + 10);
  ASSERT_EQ(told.results, 1);
  EXPECT_EQ(told.last.parts[0]->rcode(), Rcode::kServFail);
  EXPECT_EQ(told.last.parts[0]->error(), ExtendedError::kNoReachableAuthority);
  EXPECT_EQ(lookups_.in_flight(), 0U);
}

TEST_F(LookupsTest, AFormErrToEdnsIsAskedAgainWithoutAndRemembered) {
  Upstreams({"192.0.2.1"});
  Told told;
  Ask(told);
  Deliver(0, To(0).Rcode(Rcode::kFormErr));
  ASSERT_THAT(transport_.sent, SizeIs(2));
  EXPECT_LT(transport_.sent[1].query.size(), transport_.sent[0].query.size());
  DeliverAddress(1);
  EXPECT_EQ(told.results, 1);
  Ask(told, "other.example.com");
  EXPECT_EQ(transport_.sent[2].query.find("\0\0\x29", 12, 3), std::string::npos)
      << "no OPT record for minutes";
}

TEST_F(LookupsTest, TruncationIsAskedAgainOverTcp) {
  Told told;
  Ask(told);
  Deliver(0, To(0).Flags(kFlagQr | kFlagTc));
  ASSERT_THAT(transport_.sent, SizeIs(2));
  EXPECT_TRUE(transport_.sent[1].tcp);
  EXPECT_EQ(transport_.sent[1].upstream, "192.0.2.1") << "the same upstream";
  lookups_.OnDelivery(transport_.sent[1].attempt, Delivery::kUnreachable, {}, now_ms_);
  EXPECT_TRUE(told.last.truncated) << "an upstream without TCP: the client learns it";
  EXPECT_EQ(cache_.size(), 0U);
}

TEST_F(LookupsTest, AWrongCaseIsAskedAgainOverTcpWithout) {
  Upstreams({"192.0.2.1"});
  Told told;
  Ask(told);
  Deliver(0, AnswerBuilder(*WireName("WWW.EXAMPLE.COM"), type::kA)
                 .Answer("www.example.com", type::kA, 60, "\6\6\6\6"));
  EXPECT_EQ(told.results, 0) << "perhaps forged";
  ASSERT_THAT(transport_.sent, SizeIs(2));
  EXPECT_TRUE(transport_.sent[1].tcp);
  EXPECT_NE(transport_.sent[1].query.find(*WireName("www.example.com")), std::string::npos);
  DeliverAddress(1);
  EXPECT_EQ(told.results, 1);
}

TEST_F(LookupsTest, QuestionsAreSpelledInRandomCase) {
  std::set<std::string> spellings;
  for (int i = 0; i < 20; ++i) {
    Told told;
    Ask(told);
    const std::string& query = transport_.sent.back().query;
    spellings.insert(query.substr(kHeaderSize, 17));
    DeliverAddress(transport_.sent.size() - 1, 0);
  }
  EXPECT_GT(spellings.size(), 15U);
}

TEST_F(LookupsTest, AnExpiredAnswerStandsInWhenTheRefreshFails) {
  Told told;
  Ask(told);
  DeliverAddress(0, /*ttl=*/10);
  now_ms_ += 60'000;
  Ask(told);
  Pass(Lookups::kPatienceMs + 10);
  ASSERT_EQ(told.results, 2) << "within the client's patience";
  EXPECT_TRUE(told.last.stale);
  EXPECT_EQ(told.last.parts[0]->record_count(), 1);
  Pass(Lookups::kDeadlineMs);
  const size_t sent = transport_.sent.size();
  Ask(told);
  EXPECT_EQ(told.results, 3) << "and at once while the failure is fresh";
  EXPECT_EQ(transport_.sent.size(), sent);
}

TEST_F(LookupsTest, AnExpiredAnswerDoesNotStandInWhileTheUpstreamWorks) {
  Told told;
  Ask(told);
  DeliverAddress(0, /*ttl=*/10);
  now_ms_ += 60'000;
  Ask(told);
  DeliverAddress(1, /*ttl=*/10);
  EXPECT_FALSE(told.last.stale);
}

TEST_F(LookupsTest, ADownUpstreamIsAskedLastAndItsReturnIsNoticed) {
  for (int i = 0; i < 3; ++i) {
    Told told;
    Ask(told, absl::StrCat("n", i, ".example.com"));
    lookups_.OnDelivery(transport_.sent.back().attempt, Delivery::kUnreachable, {}, now_ms_);
    Deliver(transport_.sent.size() - 1, To(transport_.sent.size() - 1));
  }
  transport_.sent.clear();
  Told told;
  Ask(told);
  EXPECT_THAT(Asked(), ElementsAre("192.0.2.2"));
  DeliverAddress(0);
  Pass(600);
  Ask(told, "later.example.com");
  EXPECT_THAT(Asked(), ElementsAre("192.0.2.2", "192.0.2.2", "192.0.2.1")) << "a probe beside it";
}

TEST_F(LookupsTest, ATableThatIsFullSaysSoAtOnce) {
  std::vector<Told> told(limits_.lookups_max + 1);
  for (size_t i = 0; i < told.size(); ++i) {
    Ask(told[i], absl::StrCat("n", i, ".example.com"));
  }
  EXPECT_EQ(told.front().results, 0);
  EXPECT_EQ(told.back().results, 1);
  EXPECT_EQ(told.back().last.parts[0]->rcode(), Rcode::kServFail);
  EXPECT_EQ(counters_.refused_full.value(), 1U);
  EXPECT_EQ(cache_.size(), 0U) << "our own limits are never kept as somebody's failure";
  Pass(Lookups::kDeadlineMs + 10);
  EXPECT_EQ(lookups_.in_flight(), 0U) << "what timed out gives its place back";
}

TEST_F(LookupsTest, TheMostSpecificZoneDecidesWhomToAsk) {
  rules_.Add(*WireName("corp.example"), "corp.example", {*SocketAddress::Parse("192.0.2.7", 53)});
  rules_.Add(*WireName("lab.corp.example"), "lab.corp.example",
             {*SocketAddress::Parse("192.0.2.8", 53)});
  Told told;
  Ask(told, "web.corp.example");
  Ask(told, "web.lab.corp.example");
  Ask(told, "webcorp.example");
  EXPECT_THAT(Asked(), ElementsAre("192.0.2.7", "192.0.2.8", "192.0.2.1"));
}

TEST_F(LookupsTest, NobodyToAskIsAFailureAtOnce) {
  Upstreams({});
  Told told;
  Ask(told);
  EXPECT_EQ(told.results, 1);
  EXPECT_THAT(transport_.sent, IsEmpty());
}

TEST_F(LookupsTest, StoppingAnswersEverybody) {
  Told told;
  Ask(told);
  lookups_.Stop(now_ms_);
  EXPECT_EQ(told.results, 1);
  Ask(told, "late.example.com");
  EXPECT_EQ(told.results, 2);
}

}  // namespace
}  // namespace cloudmap::dns
