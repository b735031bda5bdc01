#include "registry/base/random.h"

#include <array>
#include <set>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "registry/base/clock.h"
#include "registry/base/siphash.h"

namespace cloudmap {
namespace {

// RFC 4648 s10, in lower case.
TEST(Base32, AgreesWithTheRfc) {
  const std::array<uint8_t, 6> foobar = {'f', 'o', 'o', 'b', 'a', 'r'};
  EXPECT_EQ(Base32(foobar, 9), "mzxw6ytbo");
  EXPECT_EQ(Base32(std::span(foobar).first(5), 8), "mzxw6ytb");
  EXPECT_EQ(Base32(foobar, 0), "");
}

TEST(Base32DeathTest, NeedsEnoughBytes) {
  const std::array<uint8_t, 1> one = {0};
  EXPECT_DEATH(Base32(one, 2), "too few bytes");
}

// The suffix of a real operation id and the CreateDate of that operation.
TEST(Base36, IsTheSuffixOfOperationIds) {
  EXPECT_EQ(Base36(1587055860121), "k9302yzd");
  EXPECT_EQ(Base36(0), "0");
  EXPECT_EQ(Base36(35), "z");
  EXPECT_EQ(Base36(36), "10");
}

TEST(Uuid, IsVersion4) {
  RealRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string uuid = Uuid(random);
    EXPECT_THAT(uuid, ::testing::MatchesRegex(
                          "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    EXPECT_TRUE(seen.insert(uuid).second);
  }
}

TEST(FastRandom, BelowStaysBelowAndReachesAll) {
  FastRandom random(1);
  std::set<uint32_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const uint32_t value = random.Below(8);
    EXPECT_LT(value, 8U);
    seen.insert(value);
  }
  EXPECT_EQ(seen.size(), 8U);
  EXPECT_EQ(random.Below(1), 0U);
}

TEST(FastRandom, TheSeedDecides) {
  FastRandom a(5);
  FastRandom b(5);
  FastRandom c(6);
  const uint64_t first = a.Next();
  EXPECT_EQ(b.Next(), first);
  EXPECT_NE(c.Next(), first);
}

// The reference vectors of SipHash-2-4: key 00..0f, input 00, 01, 02...
TEST(SipHash24, AgreesWithTheReferenceVectors) {
  constexpr SipKey kKey = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::array<uint8_t, 16> input;
  for (size_t i = 0; i < input.size(); ++i) {
    input[i] = static_cast<uint8_t>(i);
  }
  EXPECT_EQ(SipHash24(kKey, input.data(), 0), 0x726fdb47dd0e0e31U);
  EXPECT_EQ(SipHash24(kKey, input.data(), 1), 0x74f839c593dc67fdU);
  EXPECT_EQ(SipHash24(kKey, input.data(), 8), 0x93f5f5799a932462U);
  EXPECT_EQ(SipHash24(kKey, input.data(), 15), 0xa129ca6149be45e5U);
}

// Page tokens and orders of lists outlive a restart only while this holds.
TEST(StableHash, NeverChanges) { EXPECT_EQ(StableHash()("registry"), 0xabc4edc27a8f5de8U); }

TEST(RealClock, TellsTheTimeOfDay) {
  EXPECT_GT(RealClock().Now(), absl::FromUnixSeconds(1'700'000'000));
}

}  // namespace
}  // namespace cloudmap
