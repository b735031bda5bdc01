// What both load generators share: requests to send in turn, and a count of the answers.
//
//   Load load(std::move(requests));
//   ... each connection: Send(load.Next()) ... load.Count(is_success); ...
//   Tally tally = load.Measure(absl::Seconds(2));
//
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace cloudmap {

struct Tally {
  int64_t answers = 0;
  int64_t failures = 0;
  double seconds = 0;
};

class Load {
 public:
  // Not empty; sent over and over.
  explicit Load(std::vector<std::string> requests) : requests_(std::move(requests)) {}

  const std::string& Next() {
    return requests_[next_.fetch_add(1, std::memory_order_relaxed) % requests_.size()];
  }
  void Count(bool success) {
    (success ? answers_ : failures_).fetch_add(1, std::memory_order_relaxed);
  }
  // Generators end their connections once this is true.
  bool stopped() const { return stopped_.load(std::memory_order_relaxed); }

  // Lets the load warm up, then counts for that long and stops it.
  Tally Measure(absl::Duration duration) {
    constexpr absl::Duration kWarmUp = absl::Milliseconds(300);
    absl::SleepFor(kWarmUp);
    const Tally before = {answers_.load(), failures_.load(), 0};
    const absl::Time begin = absl::Now();
    absl::SleepFor(duration);
    const Tally tally = {answers_.load() - before.answers, failures_.load() - before.failures,
                         absl::ToDoubleSeconds(absl::Now() - begin)};
    stopped_ = true;
    return tally;
  }

 private:
  const std::vector<std::string> requests_;
  std::atomic<size_t> next_ = 0;
  std::atomic<int64_t> answers_ = 0;
  std::atomic<int64_t> failures_ = 0;
  std::atomic<bool> stopped_ = false;
};

// Each keeps `in_flight` requests on the way to "ip:port" until the load is stopped and its last
// answer has come. `operation` is the method's name.
Tally RunGrpcLoad(const std::string& address, const std::string& operation,
                  std::vector<std::string> requests, int in_flight, absl::Duration duration);
Tally RunHttpLoad(const std::string& address, const std::string& operation,
                  std::vector<std::string> requests, int in_flight, absl::Duration duration);

}  // namespace cloudmap
