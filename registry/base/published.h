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
// destructor. After Publish() has returned, every later Current() and Get() sees the value or a
// newer one; no reader ever sees an older one than it saw before.
//
// Thread safety: Publish is for one thread at a time, Get for any. A Reader is one thread's.
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

  // Makes `next` the newest value. It costs a lock and a look at the values that readers still
  // hold. REQUIRES: called by one thread at a time; `next` never changes again.
  void Publish(std::shared_ptr<const T> next) {
    {
      absl::MutexLock lock(&mutex_);
      value_.swap(next);
      generation_.fetch_add(1, std::memory_order_release);
    }
    retired_.push_back(std::move(next));
    std::erase_if(retired_, [](const auto& value) { return value.use_count() == 1; });
  }

  // The newest value, kept by the caller for as long as it likes. Takes a lock for the time of
  // copying a pointer: for callers that have no Reader of their own, like the calls of an API.
  // Thread-safe.
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

    // The newest value; the reference holds until the next Current() or Release(). Takes the lock
    // only when something was published since.
    const T& Current() {
      const uint64_t generation = published_.generation_.load(std::memory_order_acquire);
      if (value_ == nullptr || generation != generation_) [[unlikely]] {
        absl::MutexLock lock(&published_.mutex_);
        value_ = published_.value_;
        generation_ = published_.generation_.load(std::memory_order_relaxed);
      }
      return *value_;
    }

    // Lets go of the value, so that the writer can free it. For threads that are about to wait.
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
  std::vector<std::shared_ptr<const T>> retired_;  // read and written by Publish alone
};

}  // namespace cloudmap
