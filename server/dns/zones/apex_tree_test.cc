#include "server/dns/zones/apex_tree.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cloudmap::dns {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class ApexTreeTest : public testing::Test {
 protected:
  static NameView View(const std::string& wire) {
    return {reinterpret_cast<const uint8_t*>(wire.data()), wire.size()};
  }
  void Insert(const std::string& name) { tree_.Insert(View(*WireName(name))); }
  std::vector<std::string> Children(const std::string& name) {
    std::vector<std::string> names;
    for (const std::string& wire : tree_.Children(View(*WireName(name)), &looked_at_)) {
      names.push_back(NameText(View(wire)));
    }
    return names;
  }

  ApexTree tree_;
  size_t looked_at_ = 0;
};

TEST_F(ApexTreeTest, ChildrenAreTheClosestApexesBelow) {
  for (const char* name : {"sd.local", "prod.sd.local", "a.b.sd.local", "x.prod.sd.local",
                           "local.sd", "xsd.local", "sd.localx"}) {
    Insert(name);
  }
  EXPECT_THAT(Children("sd.local"), UnorderedElementsAre("prod.sd.local.", "a.b.sd.local."));
  EXPECT_THAT(Children("prod.sd.local"), ElementsAre("x.prod.sd.local."));
  EXPECT_THAT(Children("local"), UnorderedElementsAre("sd.local.", "xsd.local."))
      << "also for a name that is no apex";
  EXPECT_THAT(Children("x.prod.sd.local"), IsEmpty());
  tree_.Remove(View(*WireName("prod.sd.local")));
  EXPECT_THAT(Children("sd.local"), UnorderedElementsAre("x.prod.sd.local.", "a.b.sd.local."));
  EXPECT_THAT(Children("."),
              UnorderedElementsAre("sd.local.", "local.sd.", "xsd.local.", "sd.localx."));
}

// A namespace that comes or goes is no more work among thousands than alone.
TEST_F(ApexTreeTest, OnlyTheChildrenAreLookedAt) {
  for (int i = 0; i < 10'000; ++i) {
    Insert(absl::StrCat("ns-", i, ".local"));
    Insert(absl::StrCat("below.ns-", i, ".local"));
  }
  EXPECT_THAT(Children("ns-77.local"), ElementsAre("below.ns-77.local."));
  EXPECT_EQ(looked_at_, 1U);
  EXPECT_THAT(Children("new.local"), IsEmpty());
  EXPECT_EQ(looked_at_, 0U);
}

}  // namespace
}  // namespace cloudmap::dns
