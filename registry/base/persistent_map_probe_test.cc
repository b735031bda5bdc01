#include "registry/base/persistent_map_probe.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cloudmap {
namespace {

using Map = PersistentMap<std::string, int>;

const int* RunToEnd(Map::Probe probe) {
  for (int steps = 0; probe.Step(); ++steps) {
    if (steps > 2 * 13) {
      ADD_FAILURE() << "more steps than two for each level";
      break;
    }
  }
  EXPECT_FALSE(probe.Step()) << "the end stays the end";
  return probe.value();
}

TEST(PersistentMapProbe, EndsWhereALookUpEnds) {
  Map map;
  for (int i = 0; i < 1'000; ++i) {
    map.Put(absl::StrCat("k", i), i);
  }
  for (int i = 0; i < 1'000; ++i) {
    const std::string key = absl::StrCat("k", i);
    EXPECT_EQ(RunToEnd({map, StableHash()(key)}), map.Find(key)) << key;
  }
}

TEST(PersistentMapProbe, MayEndAtAnotherKeyButNeverFindsWhatIsNotThere) {
  Map map;
  map.Put("k", 1);
  const uint64_t hash = StableHash()("k");
  EXPECT_EQ(RunToEnd({map, hash ^ 1}), map.Find("k")) << "it shares the path, not the hash";
  EXPECT_EQ(RunToEnd({map, ~hash}), nullptr);
  EXPECT_EQ(RunToEnd({Map(), hash}), nullptr);
  EXPECT_EQ(RunToEnd({}), nullptr);
}

struct OneHash {
  uint64_t operator()(absl::string_view) const { return 7; }
};

TEST(PersistentMapProbe, GivesUpWhereEntriesShareAWholeHash) {
  PersistentMap<std::string, int, OneHash> map;
  map.Put("a", 1);
  map.Put("b", 2);
  EXPECT_EQ(RunToEnd({map, 7}), nullptr);
}

}  // namespace
}  // namespace cloudmap
