// Lookups: the questions that are on their way to upstreams, and what is done next for each. The
// whole logic of forwarding, without sockets, threads or a clock of its own.
//
//   Lookups lookups(rules, cache, transport, random, limits);
//   lookups.Ask(question, std::move(waiter), now_ms);
//   lookups.OnDelivery(attempt, delivery, reply);     // from the transport
//   lookups.OnTime(now_ms);                           // not before next_event_ms()
//
// Equal questions share one look-up. An upstream that is slower than its usual is hedged with the
// next; one that fails is replaced by the next; whoever asked is answered within kPatience, by an
// expired answer if one is kept (RFC 8767), and by SERVFAIL after kDeadline at the latest.
//
// Not thread-safe: it belongs to the resolver's thread. All times are milliseconds of the monotonic
// clock.
#pragma once

#include <cstdint>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "registry/base/random.h"
#include "server/dns/cache/answer_cache.h"
#include "server/dns/resolver/forward_rules.h"
#include "server/dns/resolver/resolver_counters.h"
#include "server/dns/resolver/upstream_message.h"
#include "server/dns/resolver/upstream_transport.h"

namespace cloudmap::dns {

// What a look-up came to, for those who wait for it.
struct LookupResult {
  // The parts of the answer, whether they may be kept or not: CNAMEs and the end of their chain.
  std::vector<CachedAnswerPtr> parts;
  // The parts have expired and stand in for an answer that could not be had (RFC 8767 s4).
  bool stale = false;
  // The answer exceeds what the upstream gives over UDP, and it speaks no TCP.
  bool truncated = false;
};

// Whoever waits for an answer.
class LookupWaiter {
 public:
  virtual ~LookupWaiter() = default;
  // Called once, on the resolver's thread; must not block. May ask on: then the same waiter waits
  // for the question that it leaves in `next`, and true is returned.
  virtual bool OnResult(const LookupResult& result, UpstreamQuestion& next) = 0;
};

struct LookupLimits {
  // Questions under way; a waiter of a further one is answered SERVFAIL at once. Sized for 5,000
  // unanswered questions a second over the four seconds that each may take.
  size_t lookups_max = 20'000;
  // Waiters of one question.
  size_t waiters_max = 512;
  // Seconds that an expired answer may stand in.
  uint32_t serve_stale_seconds = 86400;
};

class Lookups {
 public:
  // A client gives up after five seconds, and some after two.
  static constexpr int64_t kDeadlineMs = 4000;
  // RFC 8767 s5: how long a client is to wait for a fresh answer when there is a stale one.
  static constexpr int64_t kPatienceMs = 1800;

  // All must outlive it. `random` is unpredictable: it draws ids and the case of letters.
  Lookups(ForwardRules& rules, AnswerCache& cache, UpstreamTransport& transport, Random& random,
          const LookupLimits& limits, ResolverCounters& counters);

  // Asks for an answer; `waiter` may be nullptr to refresh what is kept. The question's `spelled`
  // and `edns` are not read. Answers at once, before it returns, what cannot be asked.
  void Ask(const UpstreamQuestion& question, std::unique_ptr<LookupWaiter> waiter, int64_t now_ms);

  void OnDelivery(uint64_t attempt, Delivery delivery, std::span<const uint8_t> reply,
                  int64_t now_ms);
  void OnTime(int64_t now_ms);
  // When OnTime has something to do; INT64_MAX for never.
  int64_t next_event_ms() const;

  // Answers everybody SERVFAIL; nothing is asked any more.
  void Stop(int64_t now_ms);

  size_t in_flight() const { return by_key_.size(); }

 private:
  // One packet that was sent for a look-up.
  struct Attempt {
    uint64_t id = 0;
    Upstream* upstream = nullptr;
    UpstreamQuestion question;
    bool tcp = false;
    bool given_up = false;  // it is late; its answer is still welcome
    int64_t sent_ms = 0;
    int64_t late_ms = 0;
  };
  struct Lookup {
    uint64_t id = 0;
    UpstreamQuestion question;
    ForwardGroup* group = nullptr;
    std::vector<std::unique_ptr<LookupWaiter>> waiters;
    std::vector<Attempt> attempts;
    size_t next_upstream = 0;  // how many of `order` were tried
    std::vector<Upstream*> order;
    int rounds = 0;
    int strays = 0;  // packets that were not an answer to it
    int64_t started_ms = 0;
    int64_t hedge_ms = 0;
    int64_t timer_ms = 0;
    bool stale_given = false;
    bool unreachable = true;  // no upstream has so much as taken the question
    Rcode failure = Rcode::kServFail;
    bool failed_by_answer = false;
  };
  struct Timer {
    int64_t at_ms;
    uint64_t lookup;
    bool operator<(const Timer& other) const { return at_ms > other.at_ms; }
  };

  static std::string KeyOf(const UpstreamQuestion& question);
  uint64_t HashOfName(const std::string& name) const;

  void Refuse(const UpstreamQuestion& question, std::unique_ptr<LookupWaiter> waiter,
              ExtendedError error, int64_t now_ms);
  void OrderUpstreams(Lookup& lookup, int64_t now_ms) const;
  // Sends to the next upstream; false when all of this round were tried.
  bool TryNext(Lookup& lookup, int64_t now_ms);
  void Send(Lookup& lookup, Upstream& upstream, bool tcp, bool keep_case, int64_t now_ms);
  void SetTimer(Lookup& lookup, int64_t now_ms);
  // What is to be done once an attempt has failed: the next upstream, a second round, or the end.
  void GoOn(Lookup& lookup, int64_t now_ms);
  void OnReply(Lookup& lookup, const Attempt& attempt, std::span<const uint8_t> reply,
               int64_t now_ms);
  void Succeed(Lookup& lookup, UpstreamAnswer answer);
  void Fail(Lookup& lookup, int64_t now_ms);
  // The expired answer to the question with all its parts, empty when there is none.
  std::vector<CachedAnswerPtr> StaleParts(const UpstreamQuestion& question, int64_t now_ms) const;
  void Finish(Lookup& lookup, const LookupResult& result, int64_t now_ms);
  void Answer(std::vector<std::unique_ptr<LookupWaiter>> waiters, const LookupResult& result,
              int64_t now_ms);

  ForwardRules& rules_;
  AnswerCache& cache_;
  UpstreamTransport& transport_;
  Random& random_;
  const LookupLimits limits_;
  ResolverCounters& counters_;

  uint64_t next_id_ = 1;
  absl::flat_hash_map<std::string, std::unique_ptr<Lookup>> by_key_;
  absl::flat_hash_map<uint64_t, Lookup*> by_id_;
  absl::flat_hash_map<uint64_t, uint64_t> by_attempt_;  // attempt -> look-up
  std::priority_queue<Timer> timers_;
  // Questions whose refresh failed a moment ago, while a stale answer stands in: until when.
  absl::flat_hash_map<std::string, int64_t> failed_until_ms_;
  bool stopped_ = false;
};

}  // namespace cloudmap::dns
