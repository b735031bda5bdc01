#include "registry/base/persistent_map.h"

#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "registry/base/random.h"

namespace cloudmap {
namespace {

// Few distinct hashes, alike but for their last bits: deep paths and true collisions.
struct PoorHash {
  uint64_t operator()(absl::string_view s) const {
    const uint64_t h = StableHash()(s);
    return (h & 1) != 0 ? (h >> 2) % 7 : 0xffff'ffff'ffff'fff0 + (h >> 2) % 5;
  }
};

template <typename Hash>
using Map = PersistentMap<std::string, int, Hash>;
using Model = std::map<std::string, int>;

template <typename Hash>
Model ContentOf(const Map<Hash>& map) {
  Model content;
  map.ForEach([&content](const std::string& key, int value) {
    EXPECT_TRUE(content.emplace(key, value).second) << key << " visited twice";
  });
  return content;
}

template <typename Hash>
void ExpectEqual(const Map<Hash>& map, const Model& model) {
  ASSERT_EQ(map.size(), model.size());
  ASSERT_EQ(map.empty(), model.empty());
  ASSERT_EQ(ContentOf(map), model);
}

template <typename Hash>
class PersistentMapModel : public ::testing::Test {};
using Hashes = ::testing::Types<StableHash, PoorHash>;
TYPED_TEST_SUITE(PersistentMapModel, Hashes);

TYPED_TEST(PersistentMapModel, RandomOperationsAgreeWithStdMap) {
  FastRandom random(20260131);
  Map<TypeParam> map;
  Model model;
  for (int step = 0; step < 20'000; ++step) {
    const std::string key = absl::StrCat("k", random.Below(200));
    // Phases of growth and of decline, down to the empty map.
    const bool erase = random.Below(100) < ((step / 1000) % 2 == 0 ? 20U : 80U);
    if (erase) {
      map.Remove(key);
      model.erase(key);
    } else {
      map.Put(key, step);
      model[key] = step;
    }
    const std::string asked = absl::StrCat("k", random.Below(220));
    const int* found = map.Find(asked);
    const auto expected = model.find(asked);
    ASSERT_EQ(found != nullptr, expected != model.end()) << asked;
    if (found != nullptr) {
      ASSERT_EQ(*found, expected->second);
    }
    if (step % 100 == 0) {
      ASSERT_NO_FATAL_FAILURE(ExpectEqual(map, model));
    }
  }
}

TYPED_TEST(PersistentMapModel, OlderVersionsNeverChange) {
  FastRandom random(7);
  std::vector<std::pair<Map<TypeParam>, Model>> versions(1);
  for (int step = 0; step < 500; ++step) {
    // A new version of any earlier one.
    const auto from = static_cast<size_t>(random.Below(static_cast<uint32_t>(versions.size())));
    auto [map, model] = versions[from];
    const std::string key = absl::StrCat("k", random.Below(40));
    if (random.Below(3) == 0) {
      map.Remove(key);
      model.erase(key);
    } else {
      map.Put(key, step);
      model[key] = step;
    }
    versions.emplace_back(std::move(map), std::move(model));
  }
  for (const auto& [map, model] : versions) {
    ASSERT_NO_FATAL_FAILURE(ExpectEqual(map, model));
  }
}

TYPED_TEST(PersistentMapModel, ChangesInPlaceAreSeenByThatVersionAlone) {
  FastRandom random(11);
  std::vector<std::pair<Map<TypeParam>, Model>> versions;
  Map<TypeParam> map;
  Model model;
  for (int step = 0; step < 5'000; ++step) {
    const std::string key = absl::StrCat("k", random.Below(100));
    // Phases of growth and of decline, down to the empty map.
    switch (random.Below((step / 500) % 2 == 0 ? 4 : 12)) {
      case 0:
      case 1:
        map.Put(key, step);
        model[key] = step;
        break;
      case 2: {
        int* value = map.Edit(key);
        ASSERT_EQ(value != nullptr, model.contains(key)) << key;
        if (value != nullptr) {
          *value = step;
          model[key] = step;
        }
        break;
      }
      default:
        map.Remove(key);
        model.erase(key);
    }
    // Sometimes a version is kept, so that what follows copies what it shares; most of the time
    // nobody else has what is changed.
    if (random.Below(20) == 0) {
      versions.emplace_back(map, model);
    }
    if (random.Below(200) == 0) {
      versions.clear();
    }
    if (step % 50 == 0) {
      ASSERT_NO_FATAL_FAILURE(ExpectEqual(map, model));
      for (const auto& [kept, content] : versions) {
        ASSERT_NO_FATAL_FAILURE(ExpectEqual(kept, content));
      }
    }
  }
}

TYPED_TEST(PersistentMapModel, RemoveUpToTakesTheFirstInOrderOfHash) {
  FastRandom random(31);
  for (int round = 0; round < 300; ++round) {
    Map<TypeParam> map;
    Model model;
    const uint32_t size = random.Below(120);
    for (uint32_t i = 0; i < size; ++i) {
      const std::string key = absl::StrCat("k", random.Below(1000));
      map.Put(key, round);
      model[key] = round;
    }
    const Map<TypeParam> before = round % 2 == 0 ? map : Map<TypeParam>();
    const Model whole = model;
    const uint64_t edges[] = {0, ~uint64_t{0}, random.Next(),
                              TypeParam()(absl::StrCat("k", random.Below(1000)))};
    for (const uint64_t last : edges) {
      Map<TypeParam> rest = map;
      Map<TypeParam> erased = map;
      size_t removed = 0;
      Model expected = model;
      for (const auto& [key, value] : model) {
        if (TypeParam()(key) <= last) {
          erased.Remove(key);
          expected.erase(key);
          ++removed;
        }
      }
      ASSERT_EQ(rest.RemoveUpTo(last), removed) << last;
      ASSERT_NO_FATAL_FAILURE(ExpectEqual(rest, expected));
      // In place, and again something to change.
      Map<TypeParam> own;
      for (const auto& [key, value] : model) {
        own.Put(key, value);
      }
      ASSERT_EQ(own.RemoveUpTo(last), removed) << last;
      ASSERT_EQ(own.RemoveUpTo(last), 0U) << last;
      own.Put("more", 1);
      own.Remove("more");
      ASSERT_NO_FATAL_FAILURE(ExpectEqual(own, expected));
      // Also entries of one hash are in the order that removing one by one leaves.
      std::vector<std::string> order;
      std::vector<std::string> order_erased;
      rest.ForEach([&](const std::string& key, int) { order.push_back(key); });
      erased.ForEach([&](const std::string& key, int) { order_erased.push_back(key); });
      ASSERT_EQ(order, order_erased);
    }
    if (round % 2 == 0) {
      ASSERT_NO_FATAL_FAILURE(ExpectEqual(before, whole));
    }
  }
}

TYPED_TEST(PersistentMapModel, ScanFromVisitsInAscendingOrderOfHashFromAnyPosition) {
  Map<TypeParam> map;
  std::multimap<uint64_t, std::string> model;
  for (int i = 0; i < 300; ++i) {
    const std::string key = absl::StrCat("k", i);
    map.Put(key, i);
    model.emplace(TypeParam()(key), key);
  }
  std::vector<uint64_t> starts = {0, 1, ~uint64_t{0}};
  for (const auto& [hash, key] : model) {
    starts.insert(starts.end(), {hash, hash - 1, hash + 1});
  }
  for (const uint64_t first : starts) {
    std::multimap<uint64_t, std::string> seen;
    uint64_t last = 0;
    map.ScanFrom(first, [&](uint64_t hash, const std::string& key, int) {
      EXPECT_GE(hash, last);
      last = hash;
      seen.emplace(hash, key);
      return true;
    });
    const std::multimap<uint64_t, std::string> expected(model.lower_bound(first), model.end());
    ASSERT_EQ(seen.size(), expected.size()) << first;
    for (const auto& [hash, key] : seen) {
      ASSERT_GE(hash, first) << key;
    }
  }
}

TEST(PersistentMap, ScanFromStopsWhenTold) {
  PersistentMap<std::string, int> map;
  for (int i = 0; i < 100; ++i) {
    map.Put(absl::StrCat(i), i);
  }
  int visits = 0;
  map.ScanFrom(0, [&visits](uint64_t, const std::string&, int) { return ++visits < 10; });
  EXPECT_EQ(visits, 10);
}

TEST(PersistentMap, EmptyFindsNothing) {
  PersistentMap<std::string, int> map;
  EXPECT_EQ(map.Find("x"), nullptr);
  map.Remove("x");
  EXPECT_TRUE(map.empty());
  map.ScanFrom(0, [](uint64_t, const std::string&, int) {
    ADD_FAILURE();
    return true;
  });
}

TEST(PersistentMap, OrderDependsOnContentAlone) {
  PersistentMap<std::string, int, PoorHash> grown;
  PersistentMap<std::string, int, PoorHash> shrunk;
  for (int i = 0; i < 60; ++i) {
    grown.Put(absl::StrCat("k", i), i);
  }
  for (int i = 299; i >= 0; --i) {
    shrunk.Put(absl::StrCat("k", i), i);
  }
  for (int i = 60; i < 300; ++i) {
    shrunk.Remove(absl::StrCat("k", i));
  }
  const auto hashes = [](const auto& map) {
    std::vector<uint64_t> order;
    map.ScanFrom(0, [&order](uint64_t hash, const std::string&, int) {
      order.push_back(hash);
      return true;
    });
    return order;
  };
  EXPECT_EQ(hashes(grown), hashes(shrunk));
}

TEST(PersistentMap, VersionsMayBeReadAndDroppedOnOtherThreads) {
  PersistentMap<std::string, std::string> map;
  std::vector<std::thread> threads;
  for (int i = 0; i < 200; ++i) {
    map.Put(absl::StrCat(i % 50), std::string(100, 'x'));
    if (i % 50 == 49) {
      threads.emplace_back([version = map]() mutable {
        size_t bytes = 0;
        version.ForEach([&bytes](const std::string&, const std::string& v) { bytes += v.size(); });
        EXPECT_EQ(bytes, version.size() * 100);
        version = {};
      });
    }
  }
  for (int i = 0; i < 50; ++i) {
    map.Remove(absl::StrCat(i));
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_TRUE(map.empty());
}

}  // namespace
}  // namespace cloudmap
