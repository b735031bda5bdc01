#include "server/dns/message/select.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace cloudmap::dns {
namespace {

NodePtr Addresses(uint32_t count, uint8_t answer_max) {
  RRsetContent content(type::kA, 60);
  content.answer_max = answer_max;
  for (uint32_t i = 0; i < count; ++i) {
    content.records.push_back({std::string(reinterpret_cast<const char*>(&i), 4), "", ""});
  }
  static constexpr uint8_t kRoot = 0;
  return Node::Make({&kRoot, 1}, {content}, {});
}

class SelectTest : public testing::TestWithParam<uint32_t> {};

TEST_P(SelectTest, AtMostEightDistinctRecords) {
  const NodePtr node = Addresses(GetParam(), kMultivalueAnswers);
  FastRandom random(7);
  for (int round = 0; round < 1000; ++round) {
    const Selection selection = Select(node->rrsets()[0], random);
    ASSERT_EQ(selection.count, std::min(GetParam(), 8U));
    const std::set<uint32_t> distinct(selection.indices.begin(),
                                      selection.indices.begin() + selection.count);
    ASSERT_EQ(distinct.size(), selection.count);
    ASSERT_LT(*distinct.rbegin(), GetParam());
  }
}

TEST_P(SelectTest, EveryRecordIsEquallyLikelyAtEveryPlace) {
  const uint32_t n = GetParam();
  const NodePtr node = Addresses(n, kMultivalueAnswers);
  FastRandom random(11);
  constexpr uint32_t kPerCell = 2000;
  const uint32_t rounds = n * kPerCell;
  std::vector<std::vector<uint32_t>> seen(8, std::vector<uint32_t>(n));
  for (uint32_t round = 0; round < rounds; ++round) {
    const Selection selection = Select(node->rrsets()[0], random);
    for (uint32_t i = 0; i < selection.count; ++i) {
      ++seen[i][selection.indices[i]];
    }
  }
  // Six standard deviations of a binomial count.
  for (uint32_t place = 0; place < std::min(n, 8U); ++place) {
    for (uint32_t index = 0; index < n; ++index) {
      EXPECT_NEAR(seen[place][index], kPerCell, 6 * 45) << place << " " << index;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(SetSizes, SelectTest, testing::Values(1, 2, 8, 9, 12, 64, 65, 100));

TEST(Select, EveryOrderOfASmallSetIsEquallyLikely) {
  const NodePtr node = Addresses(4, kMultivalueAnswers);
  FastRandom random(3);
  std::map<std::vector<uint32_t>, int> orders;
  for (int i = 0; i < 24000; ++i) {
    const Selection selection = Select(node->rrsets()[0], random);
    ++orders[{selection.indices.begin(), selection.indices.begin() + 4}];
  }
  EXPECT_EQ(orders.size(), 24U);
  for (const auto& [order, count] : orders) {
    EXPECT_NEAR(count, 1000, 200);
  }
}

TEST(Select, WeightedIsExactlyOneUniformly) {
  const NodePtr node = Addresses(5, kWeightedAnswers);
  FastRandom random(5);
  std::vector<int> seen(5);
  for (int i = 0; i < 10000; ++i) {
    const Selection selection = Select(node->rrsets()[0], random);
    ASSERT_EQ(selection.count, 1U);
    ++seen[selection.indices[0]];
  }
  for (const int count : seen) {
    EXPECT_NEAR(count, 2000, 250);
  }
}

}  // namespace
}  // namespace cloudmap::dns
