#include "registry/base/thread.h"

#include <pthread.h>

#include <array>
#include <stdexcept>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cloudmap {
namespace {

using ::testing::HasSubstr;

TEST(StartThread, TheThreadHasItsNameAsFarAsTheKernelKeepsIt) {
  std::array<char, 32> seen{};
  absl::StatusOr<std::thread> thread = StartThread("a-name-of-20-letters", [&seen] {
    pthread_getname_np(pthread_self(), seen.data(), seen.size());
  });
  ASSERT_TRUE(thread.ok()) << thread.status();
  thread->join();
  EXPECT_STREQ(seen.data(), "a-name-of-20-le");
}

TEST(StartThread, AfterAnExceptionMainGoesOnOnTheSameThread) {
  int calls = 0;
  std::vector<std::thread::id> threads;
  absl::StatusOr<std::thread> thread = StartThread("throws", [&] {
    threads.push_back(std::this_thread::get_id());
    switch (++calls) {
      case 1:
        throw std::runtime_error("once");
      case 2:
        throw 7;  // NOLINT: not even an exception
      default:
        break;
    }
  });
  ASSERT_TRUE(thread.ok()) << thread.status();
  thread->join();
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(threads[0], threads[2]);
}

TEST(StartThread, AThreadThatTheSystemRefusesIsAnError) {
  pthread_attr_t before;
  ASSERT_EQ(pthread_getattr_default_np(&before), 0);
  pthread_attr_t too_large;
  ASSERT_EQ(pthread_attr_init(&too_large), 0);
  // More than the address space has.
  ASSERT_EQ(pthread_attr_setstacksize(&too_large, size_t{1} << 50), 0);
  ASSERT_EQ(pthread_setattr_default_np(&too_large), 0);
  const absl::StatusOr<std::thread> thread = StartThread("large", [] {});
  EXPECT_EQ(thread.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(thread.status().message()), HasSubstr("the thread large"));
  EXPECT_EQ(pthread_setattr_default_np(&before), 0);
}

}  // namespace
}  // namespace cloudmap
