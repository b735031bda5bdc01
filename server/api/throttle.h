// AWS's request rates: a token bucket for each operation
// (https://docs.aws.amazon.com/cloud-map/latest/dg/throttling.html). A request takes a token, or
// is refused at once when there is none; tokens come back at a steady rate up to the bucket's size.
//
//   Throttle throttle({}, clock);
//   RETURN_IF_ERROR(throttle.Admit("RegisterInstance"));
//
// Thread-safe.
#pragma once

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "registry/base/clock.h"

namespace cloudmap::api {

struct Rate {
  double per_second;
  double bucket_size;
};

struct Rates {
  Rate discover_instances = {1000, 2000};
  Rate discover_instances_revision = {3000, 3000};
  // Each other operation's. AWS does not publish these; clients report about 50.
  Rate other = {50, 50};
};

class Throttle {
 public:
  // Tokens come back by the monotonic clock of `clock`, which must outlive the throttle.
  Throttle(const Rates& rates, const Clock& clock);

  // RequestLimitExceeded for the two Discover operations, ThrottlingException for the others.
  // REQUIRES: `method` is the name of an operation, since each one met is remembered.
  absl::Status Admit(absl::string_view method);

 private:
  struct Bucket {
    double tokens;
    MonotonicTime filled_at;
  };

  const Rate& RateOf(absl::string_view method) const;

  const Rates rates_;
  const Clock& clock_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Bucket> buckets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cloudmap::api
