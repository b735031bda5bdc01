#include "registry/base/deadline_queue.h"

#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cloudmap {
namespace {

using Queue = DeadlineQueue<std::string, int>;

TEST(DeadlineQueue, GivesWhatIsDueInTheOrderOfTimeAndNothingElse) {
  Queue queue;
  queue.Put("late", 30);
  queue.Put("early", 10);
  queue.Put("middle", 20);
  EXPECT_EQ(queue.Next(), 10);
  EXPECT_EQ(queue.PopDue(9), std::nullopt);
  EXPECT_EQ(queue.PopDue(20), "early");
  EXPECT_EQ(queue.PopDue(20), "middle");
  EXPECT_EQ(queue.PopDue(20), std::nullopt) << "what is later stays";
  EXPECT_EQ(queue.Next(), 30);
}

TEST(DeadlineQueue, AKeyHasOneDeadlineWhichTheLastPutDecides) {
  Queue queue;
  queue.Put("a", 10);
  queue.Put("b", 20);
  queue.Put("a", 30);
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.Find("a"), 30);
  EXPECT_EQ(queue.PopDue(100), "b");
  queue.Put("c", 40);
  queue.Put("c", 5);
  EXPECT_EQ(queue.PopDue(100), "c");
  EXPECT_EQ(queue.PopDue(100), "a");
  EXPECT_TRUE(queue.empty());
}

TEST(DeadlineQueue, ACancelledDeadlineIsNeverGiven) {
  Queue queue;
  queue.Put("a", 10);
  queue.Put("b", 20);
  EXPECT_TRUE(queue.Cancel("a"));
  EXPECT_FALSE(queue.Cancel("a")) << "there is none any more";
  EXPECT_EQ(queue.Find("a"), std::nullopt);
  EXPECT_EQ(queue.PopDue(100), "b");
  EXPECT_EQ(queue.Next(), std::nullopt);
}

TEST(DeadlineQueue, WhatIsDueAtOneTimeLeavesInTheOrderItCame) {
  Queue queue;
  for (int i = 0; i < 100; ++i) {
    queue.Put(absl::StrCat(i), 7);
  }
  queue.Put("0", 7);  // put again, so it is the last
  for (int i = 1; i < 100; ++i) {
    EXPECT_EQ(queue.PopDue(7), absl::StrCat(i));
  }
  EXPECT_EQ(queue.PopDue(7), "0");
}

TEST(DeadlineQueue, AfterClearItIsEmptyAndUsable) {
  Queue queue;
  queue.Put("a", 1);
  queue.Clear();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.PopDue(100), std::nullopt);
  queue.Put("a", 2);
  EXPECT_EQ(queue.PopDue(2), "a");
}

// The obvious implementation, which looks at everything each time.
class Model {
 public:
  void Put(const std::string& key, int due) { due_[key] = {due, next_++}; }
  bool Cancel(const std::string& key) { return due_.erase(key) == 1; }
  std::optional<std::string> PopDue(int now) {
    auto first = due_.end();
    for (auto it = due_.begin(); it != due_.end(); ++it) {
      if (first == due_.end() || it->second < first->second) {
        first = it;
      }
    }
    if (first == due_.end() || first->second.first > now) {
      return std::nullopt;
    }
    std::string key = first->first;
    due_.erase(first);
    return key;
  }
  size_t size() const { return due_.size(); }

 private:
  std::map<std::string, std::pair<int, int>> due_;
  int next_ = 0;
};

TEST(DeadlineQueue, ARandomHistoryEqualsTheModel) {
  const auto seed = static_cast<uint64_t>(testing::UnitTest::GetInstance()->random_seed()) + 1;
  SCOPED_TRACE(absl::StrCat("replay with --gtest_random_seed=", seed - 1));
  std::mt19937_64 random(seed);
  Queue queue;
  Model model;
  for (int now = 0; now < 20'000; ++now) {
    const std::string key = absl::StrCat(random() % 200);
    switch (random() % 4) {
      case 0:
        EXPECT_EQ(queue.Cancel(key), model.Cancel(key));
        break;
      case 1:
        ASSERT_EQ(queue.PopDue(now), model.PopDue(now)) << "at " << now;
        break;
      default: {
        const int due = now + static_cast<int>(random() % 500);
        queue.Put(key, due);
        model.Put(key, due);
      }
    }
    ASSERT_EQ(queue.size(), model.size());
  }
}

}  // namespace
}  // namespace cloudmap
