#include "registry/base/packed.h"

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace cloudmap {
namespace {

struct Header {
  int64_t number;
};
using Value = Packed<Header>;
using Texts = std::vector<absl::string_view>;

TEST(Packed, GivesBackHeaderAndTexts) {
  const Value value({7}, Texts{"a", "", "bcd", absl::string_view("\0x", 2)});
  EXPECT_EQ(value.header().number, 7);
  EXPECT_EQ(value.text(0), "a");
  EXPECT_EQ(value.text(1), "");
  EXPECT_EQ(value.text(2), "bcd");
  EXPECT_EQ(value.text(3), absl::string_view("\0x", 2));
}

TEST(Packed, EmptyTextsAtTheEndAndBeyondAreEmpty) {
  const Value value({7}, Texts{"a", "", ""});
  EXPECT_EQ(value.text(1), "");
  EXPECT_EQ(value.text(9), "");
  EXPECT_EQ(Value({7}, Texts{}).text(0), "");
  EXPECT_EQ(Value({7}, Texts{"", ""}).text(0), "");
}

TEST(Packed, CopiesShareTheTexts) {
  Value first({1}, Texts{"text"});
  const Value copy = first;
  EXPECT_EQ(copy.text(0).data(), first.text(0).data());
  const absl::string_view text = copy.text(0);
  first = Value({2}, Texts{"other"});
  EXPECT_EQ(text, "text");
  EXPECT_EQ(first.text(0), "other");
  const Value moved = std::move(first);
  EXPECT_EQ(moved.text(0), "other");
}

TEST(Packed, CopiesMayGoOnManyThreadsAtOnce) {
  const Value value({1}, Texts{"text"});
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&value] {
      for (int i = 0; i < 10000; ++i) {
        Value copy = value;
        const Value moved = std::move(copy);
        ASSERT_EQ(moved.text(0), "text");
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(value.text(0), "text");
}

}  // namespace
}  // namespace cloudmap
