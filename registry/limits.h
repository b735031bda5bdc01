// The registry's limits that an operator or a client can run into, each with its reason. A number
// that only shapes how one file does its work stands in that file, beside the code that it shapes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace cloudmap::registry {

// Commands that may wait to be committed. At 300 bytes each some MiB; more than this and waiting
// has become failing.
inline constexpr size_t kCommandQueueMax = 16384;
// Commands in one commit: where SQLite's gain levels off (326 k/s against 177 k/s at 64), and low
// enough that one commit stays within a few milliseconds.
inline constexpr size_t kBatchCommandsMax = 256;

// Terraform polls a deletion's operation after the namespace is gone; AWS keeps them for long.
inline constexpr absl::Duration kOperationRetention = absl::Hours(24);
// Finished operations kept at most; the oldest go first. Bounds memory (about 250 bytes each) and
// file under a registration storm.
inline constexpr size_t kOperationsMax = 100'000;
// Operations removed by one command, so that pruning never holds up registrations.
inline constexpr size_t kPruneBatchMax = 512;
// Operations expire one by one; they are forgotten together. Without these a full registry would
// pay for one more command with every registration.
inline constexpr absl::Duration kExpirySlack = absl::Seconds(1);
inline constexpr size_t kOperationsSlack = kPruneBatchMax;
// After nothing could be forgotten: the oldest are pending still, or the clock was set back.
inline constexpr absl::Duration kEmptyPruneDelay = absl::Minutes(1);

// Commands of deadlines that fell due which may wait to be committed at a time: enough to fill
// batches, and far from filling the queue when all of a registry's fall due together.
inline constexpr size_t kDueCommandsMax = 4 * kBatchCommandsMax;
// After such a command was refused, because the queue is full or the store fails: not so soon that
// trying is what keeps the registry from recovering.
inline constexpr absl::Duration kDueRetryDelay = absl::Seconds(1);
// Deadlines of the wall clock are waited for on the monotonic clock. This often the wall clock is
// looked at again, in case it was set.
inline constexpr absl::Duration kWallClockLookInterval = absl::Minutes(1);

// AWS: entries on a page of a list, and instances that one DiscoverInstances gives, when the
// request has no MaxResults.
inline constexpr int kPageSizeDefault = 100;
inline constexpr int kDiscoverResultsDefault = 100;

// Broken constraints that one InvalidInput lists; neither the answer nor the time to make it may
// grow with the request.
inline constexpr size_t kViolationsMax = 100;

// AWS: hard limits of the API: of an instance, custom attributes and the characters of all keys and
// values together; of a service, attributes; of a namespace or service, tags.
inline constexpr size_t kCustomAttributesMax = 30;
inline constexpr size_t kAttributesSizeMax = 5000;
inline constexpr size_t kServiceAttributesMax = 30;
inline constexpr size_t kTagsMax = 50;

// AWS: default quotas, enforced with --quotas aws.
inline constexpr size_t kNamespacesQuota = 50;
inline constexpr size_t kInstancesPerServiceQuota = 1000;
inline constexpr int64_t kInstancesPerNamespaceQuota = 2000;

// SOA TTL, and so that of negative answers, of a namespace that sets none: what recent namespaces
// on AWS report.
inline constexpr int64_t kPrivateSoaTtlSecondsDefault = 15;
inline constexpr int64_t kPublicSoaTtlSecondsDefault = 60;

}  // namespace cloudmap::registry
