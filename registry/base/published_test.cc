#include "registry/base/published.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace cloudmap {
namespace {

struct Version {
  explicit Version(int n) : number(n), twice(2 * n) {}
  ~Version() {
    if (destroyed_on != nullptr) {
      *destroyed_on = std::this_thread::get_id();
    }
  }
  Version(const Version&) = delete;
  Version& operator=(const Version&) = delete;

  int number;
  int twice;
  std::thread::id* destroyed_on = nullptr;
};

TEST(Published, AReaderSeesWhatWasPublishedBefore) {
  Published<Version> published(std::make_shared<const Version>(1));
  Published<Version>::Reader reader(published);
  EXPECT_EQ(reader.Current().number, 1);
  published.Publish(std::make_shared<const Version>(2));
  EXPECT_EQ(reader.Current().number, 2);
  EXPECT_EQ(published.Get()->number, 2);
}

TEST(Published, AReferenceHoldsUntilTheNextCurrent) {
  Published<Version> published(std::make_shared<const Version>(1));
  Published<Version>::Reader reader(published);
  const Version& first = reader.Current();
  for (int n = 2; n < 10; ++n) {
    published.Publish(std::make_shared<const Version>(n));
  }
  EXPECT_EQ(first.twice, 2);
}

TEST(Published, AReleasedReaderPinsNothing) {
  auto first = std::make_shared<const Version>(1);
  const std::weak_ptr<const Version> watch = first;
  Published<Version> published(std::move(first));
  Published<Version>::Reader reader(published);
  EXPECT_EQ(reader.Current().number, 1);
  reader.Release();
  published.Publish(std::make_shared<const Version>(2));
  EXPECT_TRUE(watch.expired());
  EXPECT_EQ(reader.Current().number, 2);
}

TEST(Published, TheWriterDestroysWhatAReaderLetsGo) {
  std::thread::id destroyed_on;
  auto first = std::make_shared<Version>(1);
  first->destroyed_on = &destroyed_on;
  Published<Version> published(std::move(first));
  Published<Version>::Reader reader(published);
  EXPECT_EQ(reader.Current().number, 1);
  std::thread writer([&] { published.Publish(std::make_shared<const Version>(2)); });
  const std::thread::id writer_id = writer.get_id();
  writer.join();
  EXPECT_EQ(reader.Current().number, 2);
  EXPECT_EQ(destroyed_on, std::thread::id()) << "the reader must not destroy";
  std::thread again([&] { published.Publish(std::make_shared<const Version>(3)); });
  const std::thread::id again_id = again.get_id();
  again.join();
  EXPECT_NE(destroyed_on, std::thread::id());
  EXPECT_TRUE(destroyed_on == again_id || destroyed_on == writer_id);
  EXPECT_NE(destroyed_on, std::this_thread::get_id());
}

TEST(Published, ReadersOnManyThreadsOnlyMoveForward) {
  constexpr int kLast = 2000;
  Published<Version> published(std::make_shared<const Version>(0));
  std::atomic<int> announced{0};
  constexpr int kReaders = 4;
  std::vector<std::thread> readers;
  readers.reserve(kReaders);
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&published, &announced, i] {
      Published<Version>::Reader reader(published);
      int last = 0;
      while (last < kLast) {
        const int at_least = announced.load(std::memory_order_acquire);
        const Version& version = reader.Current();
        ASSERT_GE(version.number, last);
        ASSERT_GE(version.number, at_least) << "published before Current() began";
        ASSERT_EQ(version.twice, 2 * version.number);
        last = version.number;
        if (i % 2 == 0) {
          reader.Release();
        }
      }
    });
  }
  std::thread holder([&published] {
    std::vector<std::shared_ptr<const Version>> held;
    while (held.empty() || held.back()->number < kLast) {
      held.push_back(published.Get());
      if (held.size() > 100) {
        held.clear();
      }
    }
  });
  for (int n = 1; n <= kLast; ++n) {
    published.Publish(std::make_shared<const Version>(n));
    announced.store(n, std::memory_order_release);
  }
  for (std::thread& reader : readers) {
    reader.join();
  }
  holder.join();
}

}  // namespace
}  // namespace cloudmap
