#include "registry/base/nearest_name.h"

#include "gtest/gtest.h"

namespace cloudmap {
namespace {

const std::vector<std::string> kKnown = {"--dns-listen", "--dot-listen", "--store", "--notify"};

TEST(NearestName, IsTheOneWithTheFewestTypingErrors) {
  EXPECT_EQ(NearestName("--dns-lisen", kKnown), "--dns-listen");
  EXPECT_EQ(NearestName("--dto-listen", kKnown), "--dot-listen") << "neighbours swapped";
  EXPECT_EQ(NearestName("--stor", kKnown), "--store");
}

TEST(NearestName, IsNothingWhenNoneIsNear) {
  EXPECT_EQ(NearestName("--completely-different", kKnown), "");
  EXPECT_EQ(NearestName("", kKnown), "");
}

TEST(DescribeUnknown, NamesAllInTheOrderGiven) {
  EXPECT_EQ(DescribeUnknown({"--b", "1", "--dns-lisen=x", "y"}, kKnown),
            "unknown option --b, unknown option --dns-lisen (did you mean --dns-listen?), "
            "unexpected argument 'y'");
}

TEST(DescribeUnknown, AValueOfAnUnknownOptionIsNotAnErrorOfItsOwn) {
  EXPECT_EQ(DescribeUnknown({"--nope", "value"}, kKnown), "unknown option --nope");
}

}  // namespace
}  // namespace cloudmap
