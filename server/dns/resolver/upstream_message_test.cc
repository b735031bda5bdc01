#include "server/dns/resolver/upstream_message.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/dns/testing/answer_builder.h"

namespace cloudmap::dns {
namespace {

using ::testing::SizeIs;

class UpstreamMessage : public testing::Test {
 protected:
  UpstreamMessage() { question_ = QuestionFor("www.example.com", type::kA); }

  UpstreamAnswer Read(const AnswerBuilder& builder) {
    const std::vector<uint8_t> message = builder.Finish();
    return ReadUpstreamMessage(message, question_, /*now=*/1000);
  }
  AnswerBuilder Builder() const { return AnswerBuilder(question_.spelled, question_.type); }

  UpstreamQuestion question_;
};

TEST_F(UpstreamMessage, AQueryAsksForRecursionAndTakesNoOptionOfTheClient) {
  const std::string query = WriteUpstreamQuery(question_, 0x1234);
  const auto* bytes = reinterpret_cast<const uint8_t*>(query.data());
  EXPECT_EQ(Load16(bytes), 0x1234);
  EXPECT_EQ(Load16(bytes + 2), kFlagRd);
  EXPECT_EQ(Load16(bytes + 10), 1) << "an OPT record";
  EXPECT_EQ(Load16(bytes + query.size() - 2), 0) << "without options";
  EXPECT_EQ(Load16(bytes + query.size() - 8), kUpstreamUdpPayload);
}

TEST_F(UpstreamMessage, AnAnswerIsOnePart) {
  const UpstreamAnswer answer =
      Read(Builder().Answer("www.example.com", type::kA, 300, "\1\2\3\4"));
  EXPECT_EQ(answer.verdict, UpstreamVerdict::kAnswer);
  ASSERT_THAT(answer.parts, SizeIs(1));
  EXPECT_TRUE(answer.may_keep);
  EXPECT_EQ(answer.parts[0]->ttl(), 300U);
  EXPECT_EQ(answer.parts[0]->record_count(), 1);
}

// Each part of a chain is kept and refreshed by itself.
TEST_F(UpstreamMessage, AChainIsAPartForEachLinkAndItsEnd) {
  const UpstreamAnswer answer =
      Read(Builder()
               .Answer("www.example.com", type::kCname, 300, *WireName("a.cdn.example"))
               .Answer("a.cdn.example", type::kCname, 20, *WireName("b.cdn.example"))
               .Answer("b.cdn.example", type::kA, 5, "\1\2\3\4"));
  ASSERT_THAT(answer.parts, SizeIs(3));
  EXPECT_EQ(answer.parts[0]->key().type, type::kCname);
  EXPECT_EQ(answer.parts[0]->ttl(), 300U);
  EXPECT_EQ(answer.parts[1]->ttl(), 20U);
  EXPECT_EQ(answer.parts[2]->key().type, type::kA);
  EXPECT_EQ(answer.parts[2]->ttl(), 5U);
}

TEST_F(UpstreamMessage, AChainWithoutItsEndIsAnsweredButNotKept) {
  const UpstreamAnswer answer =
      Read(Builder().Answer("www.example.com", type::kCname, 300, *WireName("a.cdn.example")));
  EXPECT_EQ(answer.verdict, UpstreamVerdict::kAnswer);
  EXPECT_THAT(answer.parts, SizeIs(1));
  EXPECT_FALSE(answer.may_keep) << "and it is no NODATA of the alias";
}

TEST_F(UpstreamMessage, RecordsThatNobodyAskedForAreNotBelieved) {
  const UpstreamAnswer answer =
      Read(Builder()
               .Answer("www.example.com", type::kA, 300, "\1\2\3\4")
               .Answer("bank.example", type::kA, 300, "\6\6\6\6")
               .Authority("example.com", type::kNs, 300, *WireName("evil.example"))
               .Additional("evil.example", type::kA, 300, "\6\6\6\6"));
  ASSERT_THAT(answer.parts, SizeIs(1));
  EXPECT_EQ(answer.parts[0]->record_count(), 1);
  EXPECT_EQ(answer.parts[0]->authority_count(), 0);
}

TEST_F(UpstreamMessage, ADenialIsKeptForTheLesserOfSoaTtlAndMinimum) {
  const UpstreamAnswer answer =
      Read(Builder().Rcode(Rcode::kNxDomain).Authority("example.com", type::kSoa, 900, SoaOf(60)));
  ASSERT_THAT(answer.parts, SizeIs(1));
  EXPECT_EQ(answer.parts[0]->key().type, kDeniedName) << "the name with all its types";
  EXPECT_EQ(answer.parts[0]->rcode(), Rcode::kNxDomain);
  EXPECT_EQ(answer.parts[0]->ttl(), 60U);
  EXPECT_EQ(answer.parts[0]->authority_count(), 1);
}

TEST_F(UpstreamMessage, ADenialWithoutAnSoaIsNotKept) {
  EXPECT_FALSE(Read(Builder().Rcode(Rcode::kNxDomain)).may_keep);
  EXPECT_FALSE(Read(Builder()).may_keep);
  EXPECT_FALSE(Read(Builder().Authority("other.example", type::kSoa, 900, SoaOf(60))).may_keep)
      << "an SOA that is not above the name says nothing of it";
}

TEST_F(UpstreamMessage, ADenialBehindACnameIsOfTheLastName) {
  const UpstreamAnswer answer =
      Read(Builder()
               .Rcode(Rcode::kNxDomain)
               .Answer("www.example.com", type::kCname, 300, *WireName("gone.example.com"))
               .Authority("example.com", type::kSoa, 900, SoaOf(60)));
  ASSERT_THAT(answer.parts, SizeIs(2));
  EXPECT_EQ(answer.parts[0]->rcode(), Rcode::kNoError) << "the alias exists";
  EXPECT_EQ(NameText(answer.parts[1]->name()), "gone.example.com.");
}

TEST_F(UpstreamMessage, TtlsAreCapped) {
  EXPECT_EQ(
      Read(Builder().Answer("www.example.com", type::kA, 600'000, "\1\2\3\4")).parts[0]->ttl(),
      kTtlMax);
  EXPECT_EQ(
      Read(Builder().Answer("www.example.com", type::kA, 0x80000001, "\1\2\3\4")).parts[0]->ttl(),
      0U)
      << "RFC 2181 s8";
  EXPECT_EQ(
      Read(Builder().Authority("example.com", type::kSoa, 86400, SoaOf(86400))).parts[0]->ttl(),
      kNegativeTtlMax);
}

TEST_F(UpstreamMessage, TheQuestionMustComeBackWithItsCase) {
  question_.spelled[1] = 'W';
  EXPECT_EQ(Read(Builder()).verdict, UpstreamVerdict::kAnswer);
  const std::vector<uint8_t> lower = AnswerBuilder(question_.name, question_.type).Finish();
  EXPECT_EQ(ReadUpstreamMessage(lower, question_, 1000).verdict, UpstreamVerdict::kWrongCase);
}

TEST_F(UpstreamMessage, AnotherQuestionOrNoResponseIsForeign) {
  EXPECT_EQ(Read(AnswerBuilder(*WireName("other.example"), type::kA)).verdict,
            UpstreamVerdict::kForeign);
  EXPECT_EQ(Read(AnswerBuilder(question_.spelled, type::kAaaa)).verdict, UpstreamVerdict::kForeign);
  EXPECT_EQ(Read(Builder().Flags(0)).verdict, UpstreamVerdict::kForeign) << "QR is not set";
}

TEST_F(UpstreamMessage, FailuresAreNoAnswers) {
  question_.edns = false;
  for (const Rcode rcode : {Rcode::kServFail, Rcode::kRefused, Rcode::kNotImp, Rcode::kFormErr}) {
    const UpstreamAnswer answer = Read(Builder().Rcode(rcode));
    EXPECT_EQ(answer.verdict, UpstreamVerdict::kFailed);
    EXPECT_EQ(answer.rcode, rcode);
  }
}

TEST_F(UpstreamMessage, FormErrToEdnsIsAskedAgainWithout) {
  EXPECT_EQ(Read(Builder().Rcode(Rcode::kFormErr)).verdict, UpstreamVerdict::kNoEdns);
  EXPECT_EQ(Read(Builder().Rcode(Rcode::kNotImp)).verdict, UpstreamVerdict::kNoEdns);
  EXPECT_EQ(Read(Builder().Rcode(Rcode::kServFail)).verdict, UpstreamVerdict::kFailed);
}

TEST_F(UpstreamMessage, ATruncatedAnswerIsAskedForAgain) {
  EXPECT_EQ(Read(Builder().Flags(kFlagQr | kFlagTc)).verdict, UpstreamVerdict::kTruncated);
}

TEST_F(UpstreamMessage, SignaturesStayWithWhatTheyCover) {
  question_.dnssec_ok = true;
  std::string rrsig(18, '\0');
  rrsig[1] = type::kA;
  rrsig += *WireName("example.com") + "signature";
  const UpstreamAnswer answer = Read(Builder()
                                         .Answer("www.example.com", type::kA, 300, "\1\2\3\4")
                                         .Answer("www.example.com", 46, 300, rrsig));
  ASSERT_THAT(answer.parts, SizeIs(1));
  EXPECT_EQ(answer.parts[0]->record_count(), 2);
  EXPECT_TRUE(answer.parts[0]->key().dnssec_ok);
}

TEST_F(UpstreamMessage, CutMessagesNeverCrashAndAreNoAnswers) {
  const std::vector<uint8_t> whole =
      Builder()
          .Answer("www.example.com", type::kCname, 300, *WireName("a.cdn.example"))
          .Answer("a.cdn.example", type::kA, 5, "\1\2\3\4")
          .Authority("example.com", type::kSoa, 900, SoaOf(60))
          .Finish();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(ReadUpstreamMessage(std::span(whole).first(size), question_, 1000).verdict,
              UpstreamVerdict::kAnswer)
        << size;
  }
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const int value : {0, 1, 63, 64, 0xc0, 0xff}) {
      std::vector<uint8_t> changed = whole;
      changed[at] = static_cast<uint8_t>(value);
      ReadUpstreamMessage(changed, question_, 1000);
    }
  }
}

}  // namespace
}  // namespace cloudmap::dns
