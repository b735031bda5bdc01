#include "server/api/throttle.h"

#include <algorithm>

#include "registry/errors.h"

namespace cloudmap::api {
namespace {

constexpr char kDiscoverInstances[] = "DiscoverInstances";
constexpr char kDiscoverInstancesRevision[] = "DiscoverInstancesRevision";

absl::Status Refusal(absl::string_view method) {
  if (method == kDiscoverInstances || method == kDiscoverInstancesRevision) {
    return MakeError(v1::ERROR_CODE_REQUEST_LIMIT_EXCEEDED,
                     "The operation can't be completed because you've reached the limit for the "
                     "number of requests.");
  }
  return MakeError(v1::ERROR_CODE_THROTTLING, "Rate exceeded");
}

}  // namespace

Throttle::Throttle(const Rates& rates, const Clock& clock) : rates_(rates), clock_(clock) {}

absl::Status Throttle::Admit(absl::string_view method) {
  const Rate& rate = RateOf(method);
  const MonotonicTime now = clock_.Monotonic();
  const absl::MutexLock lock(&mutex_);
  Bucket& bucket = buckets_.try_emplace(method, Bucket{rate.bucket_size, now}).first->second;
  // Another thread may have looked at the clock later and come here earlier.
  const absl::Duration passed = std::max(now - bucket.filled_at, absl::ZeroDuration());
  bucket.tokens =
      std::min(rate.bucket_size, bucket.tokens + absl::ToDoubleSeconds(passed) * rate.per_second);
  bucket.filled_at += passed;
  if (bucket.tokens < 1) {
    return Refusal(method);
  }
  bucket.tokens -= 1;
  return absl::OkStatus();
}

const Rate& Throttle::RateOf(absl::string_view method) const {
  if (method == kDiscoverInstances) {
    return rates_.discover_instances;
  }
  return method == kDiscoverInstancesRevision ? rates_.discover_instances_revision : rates_.other;
}

}  // namespace cloudmap::api
