// Published<T>: one writer publishes immutable values, many readers follow without locks.
//
//   Published<State> published(std::make_shared<const State>());
//   published.Publish(next);                       // the one writer
//
//   Published<State>::Reader reader(published);    // one per reading thread
//   const State& state = reader.Current();         // one atomic load while nothing changed
//   reader.Release();                              // before blocking: an idle reader pins nothing
//
// The writer keeps retired values until it is their last holder, so no reader ever runs a
// destructor. After Publish() has returned, every later Current() sees the value or a newer one.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace cloudmap {

template <typename T>
class Published {
 public:
  explicit Published(std::shared_ptr<const T> initial) : value_(std::move(initial)) {}
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;

  // REQUIRES: called by one thread at a time.
  void Publish(std::shared_ptr<const T> next) {
    {
      absl::MutexLock lock(&mutex_);
      value_.swap(next);
      generation_.fetch_add(1, std::memory_order_release);
    }
    retired_.push_back(std::move(next));
    std::erase_if(retired_, [](const auto& value) { return value.use_count() == 1; });
  }

  // For callers that keep the value beyond one request. Thread-safe.
  std::shared_ptr<const T> Get() const {
    absl::MutexLock lock(&mutex_);
    return value_;
  }

  class Reader {
   public:
    // `published` must outlive the reader.
    explicit Reader(const Published& published) : published_(published) {}
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    // The newest value; the reference holds until the next Current() or Release().
    const T& Current() {
      const uint64_t generation = published_.generation_.load(std::memory_order_acquire);
      if (value_ == nullptr || generation != generation_) [[unlikely]] {
        absl::MutexLock lock(&published_.mutex_);
        value_ = published_.value_;
        generation_ = published_.generation_.load(std::memory_order_relaxed);
      }
      return *value_;
    }

    void Release() { value_.reset(); }

   private:
    const Published& published_;
    std::shared_ptr<const T> value_;
    uint64_t generation_ = 0;
  };

 private:
  mutable absl::Mutex mutex_;
  std::shared_ptr<const T> value_ ABSL_GUARDED_BY(mutex_);
  std::atomic<uint64_t> generation_{1};
  std::vector<std::shared_ptr<const T>> retired_;  // the writer's
};

}  // namespace cloudmap
