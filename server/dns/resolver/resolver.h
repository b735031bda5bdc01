// Resolver: answers for names that are not ours, from upstreams, on a thread of its own.
//
//   Resolver resolver(options, zones_hash_key, random);
//   RETURN_IF_ERROR(resolver.Start());
//   Published<CacheTable>::Reader cache(resolver.cache());    // one per DNS thread
//   resolver.Ask(requests);                                    // what the cache did not know
//   resolver.Stop();
//
// Threads share with it in the three ways there are: it publishes the cache, takes questions
// through a bounded queue, and counts. Those who wait are answered on its thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "registry/base/published.h"
#include "registry/base/random.h"
#include "server/dns/cache/answer_cache.h"
#include "server/dns/resolver/ares_transport.h"
#include "server/dns/resolver/forward_rules.h"
#include "server/dns/resolver/lookups.h"
#include "server/dns/resolver/resolv_conf.h"
#include "server/dns/resolver/resolver_counters.h"
#include "server/net/unique_fd.h"

namespace cloudmap::dns {

struct ForwardZone {
  std::string zone;  // in text
  std::vector<SocketAddress> upstreams;
};

struct ResolverOptions {
  // Asked for names that no zone below covers, in this order; empty: those names fail.
  std::vector<SocketAddress> upstreams;
  // Not empty: the upstreams are those of this file (resolv.conf(5)), whenever it changes.
  std::string resolv_conf;
  std::vector<ForwardZone> zones;
  // Bytes of the cache; 0 turns it off.
  size_t cache_bytes = size_t{32} << 20;
  LookupLimits limits;
};

// One question, and who waits for its answer; nullptr to refresh what is kept.
struct ResolverRequest {
  UpstreamQuestion question;
  std::unique_ptr<LookupWaiter> waiter;
};

class Resolver final : private UpstreamTransport::Receiver {
 public:
  // `key` is the one that DNS threads hash names with. `random` must outlive the resolver.
  Resolver(const ResolverOptions& options, const SipKey& key, Random& random);
  // Stops.
  ~Resolver() override;

  // `own` is where this server answers DNS: no upstream may be one of these, since questions would
  // come back. Unavailable when the system gives no descriptors; InvalidArgument, with the option's
  // name, for an upstream that is this server. Those of a file are left out with a warning instead.
  absl::Status Start(const std::vector<SocketAddress>& own);
  // Answers everybody who waits with SERVFAIL and joins. Idempotent; nothing is taken afterwards.
  void Stop();

  // Takes questions and empties `requests` of them. Those beyond the queue's bound, and all once it
  // has stopped, stay in it. Thread-safe.
  void Ask(std::vector<ResolverRequest>& requests);

  // Thread-safe.
  const Published<CacheTable>& cache() const { return cache_.table(); }
  const ResolverCounters& counters() const { return counters_; }

 private:
  void Run();
  void FollowFile();
  void TakeRequests();
  void OnDelivery(uint64_t attempt, Delivery delivery, std::span<const uint8_t> reply) override;
  void Wake();

  const ResolverOptions options_;
  std::vector<SocketAddress> own_;
  ResolvConf file_;
  int64_t look_at_file_ms_ = 0;
  bool file_was_read_ = false;
  ForwardRules rules_;
  AnswerCache cache_;
  ResolverCounters counters_;
  AresTransport transport_;
  Lookups lookups_;
  UniqueFd wake_;  // an eventfd
  std::thread thread_;
  std::atomic<bool> stopping_{false};

  absl::Mutex mutex_;
  std::vector<ResolverRequest> requests_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = true;
};

// Milliseconds of the monotonic clock, at the precision of the system's tick.
int64_t MonotonicMs();

}  // namespace cloudmap::dns
