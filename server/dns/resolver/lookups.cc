#include "server/dns/resolver/lookups.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "registry/base/check.h"
#include "server/dns/message/message_reader.h"
#include "server/dns/message/name.h"
#include "server/dns/message/rrset.h"

namespace cloudmap::dns {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
// Packets that were not an answer, after which a look-up no longer asks anew for each.
constexpr int kStraysMax = 3;
// How often all upstreams of a group are gone through.
constexpr int kRoundsMax = 2;

uint32_t Seconds(int64_t ms) { return static_cast<uint32_t>(ms / 1000); }

}  // namespace

Lookups::Lookups(ForwardRules& rules, AnswerCache& cache, UpstreamTransport& transport,
                 Random& random, const LookupLimits& limits, ResolverCounters& counters)
    : rules_(rules),
      cache_(cache),
      transport_(transport),
      random_(random),
      limits_(limits),
      counters_(counters) {}

std::string Lookups::KeyOf(const UpstreamQuestion& question) {
  std::string key = question.name;
  key.push_back(static_cast<char>(question.type >> 8));
  key.push_back(static_cast<char>(question.type & 0xff));
  key.push_back(static_cast<char>((question.dnssec_ok ? 2 : 0) | question.checking_disabled));
  return key;
}

uint64_t Lookups::HashOfName(const std::string& name) const {
  LookupName lookup;
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(name.data()), name.size());
  CLOUDMAP_CHECK(lookup.Parse(bytes, 0) == name.size(), "a wire name");
  lookup.Hash(cache_.hash_key());
  return lookup.suffix_hash(0);
}

void Lookups::Refuse(const UpstreamQuestion& question, std::unique_ptr<LookupWaiter> waiter,
                     ExtendedError error, int64_t now_ms) {
  std::vector<std::unique_ptr<LookupWaiter>> waiters;
  waiters.push_back(std::move(waiter));
  LookupResult result;
  // Never kept: it says something of us, not of the name.
  result.parts.push_back(MakeFailure(question.key(), Rcode::kServFail, error, Seconds(now_ms)));
  Answer(std::move(waiters), result, now_ms);
}

void Lookups::Ask(const UpstreamQuestion& question, std::unique_ptr<LookupWaiter> waiter,
                  int64_t now_ms) {
  std::string key = KeyOf(question);
  const auto under_way = by_key_.find(key);
  if (under_way != by_key_.end()) {
    Lookup& lookup = *under_way->second;
    if (waiter == nullptr) {
      return;
    }
    if (lookup.waiters.size() >= limits_.waiters_max) {
      counters_.refused_full.Add();
      return Refuse(question, std::move(waiter), ExtendedError::kOther, now_ms);
    }
    counters_.coalesced.Add();
    lookup.waiters.push_back(std::move(waiter));
    return;
  }
  ForwardGroup* group = stopped_ ? nullptr : rules_.Find(question.name);
  if (group == nullptr) {
    if (waiter != nullptr) {
      Refuse(question, std::move(waiter), ExtendedError::kNoReachableAuthority, now_ms);
    }
    return;
  }
  const auto failed = failed_until_ms_.find(key);
  if (failed != failed_until_ms_.end()) {
    LookupResult stale{StaleParts(question, now_ms), /*stale=*/true, /*truncated=*/false};
    if (failed->second > now_ms && !stale.parts.empty() && waiter != nullptr) {
      std::vector<std::unique_ptr<LookupWaiter>> waiters;
      waiters.push_back(std::move(waiter));
      return Answer(std::move(waiters), stale, now_ms);
    }
    failed_until_ms_.erase(failed);
  }
  // One group, be its upstreams dead, cannot take the places of all others.
  if (by_key_.size() >= limits_.lookups_max ||
      (rules_.size() > 1 && group->in_flight >= limits_.lookups_max / 2)) {
    counters_.refused_full.Add();
    if (waiter != nullptr) {
      Refuse(question, std::move(waiter), ExtendedError::kOther, now_ms);
    }
    return;
  }
  auto lookup = std::make_unique<Lookup>();
  lookup->id = next_id_++;
  lookup->question = question;
  lookup->group = group;
  lookup->started_ms = now_ms;
  counters_.questions.Add();
  if (waiter != nullptr) {
    lookup->waiters.push_back(std::move(waiter));
  } else {
    counters_.refreshes.Add();
  }
  ++group->in_flight;
  OrderUpstreams(*lookup, now_ms);
  Lookup& added = *lookup;
  by_id_[added.id] = &added;
  by_key_[std::move(key)] = std::move(lookup);
  TryNext(added, now_ms);
  SetTimer(added, now_ms);
}

// Those that are up, in the order given; then those that are down. One that is down and due for a
// try is asked besides, so that its return is noticed without anybody having to wait for it.
void Lookups::OrderUpstreams(Lookup& lookup, int64_t now_ms) const {
  lookup.order.clear();
  lookup.next_upstream = 0;
  for (const bool up : {true, false}) {
    for (const auto& upstream : lookup.group->upstreams) {
      if (upstream->IsUp(now_ms) == up) {
        lookup.order.push_back(upstream.get());
      }
    }
  }
}

bool Lookups::TryNext(Lookup& lookup, int64_t now_ms) {
  if (lookup.next_upstream == lookup.order.size()) {
    return false;
  }
  Upstream* upstream = lookup.order[lookup.next_upstream++];
  Send(lookup, *upstream, /*tcp=*/false, upstream->KeepsCase(now_ms), now_ms);
  lookup.hedge_ms =
      lookup.next_upstream < lookup.order.size() ? now_ms + upstream->HedgeMs() : kNever;
  if (lookup.attempts.size() == 1 && lookup.rounds == 0) {
    for (const auto& other : lookup.group->upstreams) {
      if (other.get() != upstream && other->IsDueForProbe(now_ms)) {
        other->ProbeSent(now_ms);
        Send(lookup, *other, /*tcp=*/false, other->KeepsCase(now_ms), now_ms);
        lookup.attempts.back().given_up = true;  // nobody waits for it
        break;
      }
    }
  }
  return true;
}

void Lookups::Send(Lookup& lookup, Upstream& upstream, bool tcp, bool keep_case, int64_t now_ms) {
  Attempt attempt;
  attempt.id = next_id_++;
  attempt.upstream = &upstream;
  attempt.question = lookup.question;
  attempt.question.spelled = lookup.question.name;
  attempt.question.edns = upstream.KnowsEdns(now_ms);
  attempt.tcp = tcp;
  attempt.sent_ms = now_ms;
  attempt.late_ms = now_ms + upstream.TimeoutMs() * (tcp ? 2 : 1);
  const uint64_t bits = random_.Next();
  if (keep_case) {
    // Sixteen bits are the id; every letter takes one of the others.
    uint64_t letters = random_.Next();
    int left = 64;
    for (char& c : attempt.question.spelled) {
      if (c >= 'a' && c <= 'z') {
        if (left == 0) {
          letters = random_.Next();
          left = 64;
        }
        c = (letters & 1) != 0 ? static_cast<char>(c - ('a' - 'A')) : c;
        letters >>= 1;
        --left;
      }
    }
  }
  const std::string query = WriteUpstreamQuery(attempt.question, static_cast<uint16_t>(bits));
  counters_.attempts.Add();
  if (tcp) {
    counters_.tcp_attempts.Add();
  }
  const uint64_t id = attempt.id;
  by_attempt_[id] = lookup.id;
  lookup.attempts.push_back(std::move(attempt));
  transport_.Send(upstream.address(), query, tcp, id);
}

void Lookups::SetTimer(Lookup& lookup, int64_t now_ms) {
  int64_t at = lookup.started_ms + kDeadlineMs;
  at = std::min(at, lookup.hedge_ms);
  if (!lookup.stale_given) {
    at = std::min(at, lookup.started_ms + kPatienceMs);
  }
  for (const Attempt& attempt : lookup.attempts) {
    if (!attempt.given_up) {
      at = std::min(at, attempt.late_ms);
    }
  }
  at = std::max(at, now_ms + 1);
  if (at != lookup.timer_ms) {
    lookup.timer_ms = at;
    timers_.push({at, lookup.id});
  }
}

int64_t Lookups::next_event_ms() const { return timers_.empty() ? kNever : timers_.top().at_ms; }

void Lookups::OnTime(int64_t now_ms) {
  while (!timers_.empty() && timers_.top().at_ms <= now_ms) {
    const Timer timer = timers_.top();
    timers_.pop();
    const auto found = by_id_.find(timer.lookup);
    if (found == by_id_.end() || found->second->timer_ms != timer.at_ms) {
      continue;  // answered, or its timer was set anew
    }
    Lookup& lookup = *found->second;
    lookup.timer_ms = 0;
    if (now_ms - lookup.started_ms >= kDeadlineMs) {
      Fail(lookup, now_ms);
      continue;
    }
    if (!lookup.stale_given && now_ms - lookup.started_ms >= kPatienceMs) {
      lookup.stale_given = true;
      LookupResult stale{StaleParts(lookup.question, now_ms), /*stale=*/true, /*truncated=*/false};
      if (!stale.parts.empty()) {
        // The look-up goes on without them.
        Answer(std::exchange(lookup.waiters, {}), stale, now_ms);
      }
    }
    bool late = false;
    for (Attempt& attempt : lookup.attempts) {
      if (!attempt.given_up && attempt.late_ms <= now_ms) {
        attempt.given_up = late = true;
        attempt.upstream->Failed(now_ms);
        counters_.timeouts.Add();
        lookup.unreachable = false;
      }
    }
    if (late) {
      GoOn(lookup, now_ms);
    } else if (lookup.hedge_ms <= now_ms) {
      counters_.hedged.Add();
      TryNext(lookup, now_ms);
      SetTimer(lookup, now_ms);
    } else {
      SetTimer(lookup, now_ms);
    }
  }
}

void Lookups::GoOn(Lookup& lookup, int64_t now_ms) {
  const bool waits = std::any_of(lookup.attempts.begin(), lookup.attempts.end(),
                                 [](const Attempt& attempt) { return !attempt.given_up; });
  if (!waits && !TryNext(lookup, now_ms)) {
    // What all of them refused they will refuse again; what was lost may arrive.
    if (lookup.failed_by_answer || ++lookup.rounds >= kRoundsMax) {
      // Late answers may still come, except where nobody is there to give one.
      const bool hopeless = lookup.failed_by_answer ||
                            std::none_of(lookup.attempts.begin(), lookup.attempts.end(),
                                         [](const Attempt& attempt) { return attempt.given_up; });
      if (hopeless) {
        return Fail(lookup, now_ms);
      }
      lookup.hedge_ms = kNever;
      return SetTimer(lookup, now_ms);
    }
    OrderUpstreams(lookup, now_ms);
    if (!TryNext(lookup, now_ms)) {
      return Fail(lookup, now_ms);
    }
  }
  SetTimer(lookup, now_ms);
}

void Lookups::OnDelivery(uint64_t attempt_id, Delivery delivery, std::span<const uint8_t> reply,
                         int64_t now_ms) {
  const auto known = by_attempt_.find(attempt_id);
  if (known == by_attempt_.end()) {
    return;
  }
  const uint64_t lookup_id = known->second;
  by_attempt_.erase(known);
  const auto found = by_id_.find(lookup_id);
  if (found == by_id_.end()) {
    return;
  }
  Lookup& lookup = *found->second;
  const auto at = std::find_if(lookup.attempts.begin(), lookup.attempts.end(),
                               [attempt_id](const Attempt& a) { return a.id == attempt_id; });
  const Attempt attempt = std::move(*at);
  lookup.attempts.erase(at);
  if (delivery == Delivery::kReply) {
    return OnReply(lookup, attempt, reply, now_ms);
  }
  if (!attempt.given_up) {
    attempt.upstream->Failed(now_ms);
    lookup.unreachable = lookup.unreachable && delivery == Delivery::kUnreachable;
  }
  if (attempt.tcp && delivery == Delivery::kUnreachable) {
    // An upstream without TCP: the client learns that there is more than it can have.
    LookupResult truncated;
    truncated.truncated = true;
    return Finish(lookup, truncated, now_ms);
  }
  GoOn(lookup, now_ms);
}

void Lookups::OnReply(Lookup& lookup, const Attempt& attempt, std::span<const uint8_t> reply,
                      int64_t now_ms) {
  Upstream& upstream = *attempt.upstream;
  UpstreamAnswer answer = ReadUpstreamMessage(reply, attempt.question, Seconds(now_ms));
  if (answer.verdict != UpstreamVerdict::kForeign) {
    upstream.Answered(attempt.tcp ? -1 : now_ms - attempt.sent_ms);
    lookup.unreachable = false;
  }
  switch (answer.verdict) {
    case UpstreamVerdict::kAnswer:
      return Succeed(lookup, std::move(answer));
    case UpstreamVerdict::kTruncated:
      if (!attempt.tcp) {
        Send(lookup, upstream, /*tcp=*/true, upstream.KeepsCase(now_ms), now_ms);
        return SetTimer(lookup, now_ms);
      }
      break;
    case UpstreamVerdict::kWrongCase:
      // Perhaps forged, perhaps a server that writes questions anew: over TCP nothing can be
      // forged.
      counters_.strays.Add();
      upstream.LosesCase(now_ms);
      if (!attempt.tcp) {
        Send(lookup, upstream, /*tcp=*/true, /*keep_case=*/false, now_ms);
        return SetTimer(lookup, now_ms);
      }
      break;
    case UpstreamVerdict::kNoEdns:
      if (attempt.question.edns) {
        upstream.LacksEdns(now_ms);
        Send(lookup, upstream, attempt.tcp, upstream.KeepsCase(now_ms), now_ms);
        return SetTimer(lookup, now_ms);
      }
      break;
    case UpstreamVerdict::kForeign:
      counters_.strays.Add();
      if (++lookup.strays <= kStraysMax) {
        Send(lookup, upstream, attempt.tcp, upstream.KeepsCase(now_ms), now_ms);
        return SetTimer(lookup, now_ms);
      }
      break;
    case UpstreamVerdict::kMalformed:
      counters_.strays.Add();
      break;
    case UpstreamVerdict::kFailed:
      lookup.failure = answer.rcode;
      break;
  }
  lookup.failed_by_answer = true;
  GoOn(lookup, now_ms);
}

void Lookups::Succeed(Lookup& lookup, UpstreamAnswer answer) {
  counters_.answers.Add();
  failed_until_ms_.erase(KeyOf(lookup.question));
  if (answer.may_keep) {
    for (const CachedAnswerPtr& part : answer.parts) {
      if (part->ttl() != 0) {
        const NameView name = part->name();
        cache_.Put(HashOfName({reinterpret_cast<const char*>(name.bytes), name.size}), part);
      }
    }
  }
  LookupResult result;
  result.parts = std::move(answer.parts);
  Finish(lookup, result, lookup.started_ms);
}

std::vector<CachedAnswerPtr> Lookups::StaleParts(const UpstreamQuestion& question,
                                                 int64_t now_ms) const {
  constexpr int kPartsMax = 16;
  std::vector<CachedAnswerPtr> parts;
  UpstreamQuestion at = question;
  for (int i = 0; i < kPartsMax; ++i) {
    const uint64_t hash = HashOfName(at.name);
    CachedAnswerPtr part;
    for (const uint16_t type : {at.type, type::kCname, kDeniedName}) {
      AnswerKey key = at.key();
      key.type = type;
      CachedAnswerPtr found = cache_.Find(hash, key);
      const bool failure = found != nullptr && found->error().has_value();
      if (found != nullptr && !failure &&
          found->Staleness(Seconds(now_ms)) <= limits_.serve_stale_seconds) {
        part = std::move(found);
        break;
      }
    }
    if (part == nullptr) {
      return {};
    }
    parts.push_back(part);
    if (part->key().type != type::kCname || question.type == type::kCname) {
      return parts;
    }
    const auto records = part->records();
    at.name.assign(reinterpret_cast<const char*>(records.data()) + kRecordHeaderSize,
                   Load16(records.data() + kRecordHeaderSize - 2));
    at.name = LowerName(at.name);
  }
  return {};
}

void Lookups::Fail(Lookup& lookup, int64_t now_ms) {
  counters_.failures.Add();
  LookupResult result;
  const ExtendedError error = lookup.failed_by_answer ? ExtendedError::kOther
                              : lookup.unreachable    ? ExtendedError::kNetworkError
                                                      : ExtendedError::kNoReachableAuthority;
  const Rcode rcode = lookup.failed_by_answer ? lookup.failure : Rcode::kServFail;
  const CachedAnswerPtr failure = MakeFailure(lookup.question.key(), rcode, error, Seconds(now_ms));
  result.parts = limits_.serve_stale_seconds == 0 ? std::vector<CachedAnswerPtr>()
                                                  : StaleParts(lookup.question, now_ms);
  result.stale = !result.parts.empty();
  if (result.stale) {
    constexpr size_t kFailedMax = 65536;
    if (failed_until_ms_.size() >= kFailedMax) {
      failed_until_ms_.clear();
    }
    failed_until_ms_[KeyOf(lookup.question)] = now_ms + int64_t{kFailureTtl} * 1000;
  } else {
    result.parts = {failure};
    cache_.Put(HashOfName(lookup.question.name), failure);
  }
  Finish(lookup, result, now_ms);
}

void Lookups::Finish(Lookup& lookup, const LookupResult& result, int64_t now_ms) {
  std::vector<std::unique_ptr<LookupWaiter>> waiters = std::move(lookup.waiters);
  for (const Attempt& attempt : lookup.attempts) {
    by_attempt_.erase(attempt.id);
  }
  --lookup.group->in_flight;
  by_id_.erase(lookup.id);
  by_key_.erase(KeyOf(lookup.question));
  cache_.Publish();
  Answer(std::move(waiters), result, now_ms);
}

void Lookups::Answer(std::vector<std::unique_ptr<LookupWaiter>> waiters, const LookupResult& result,
                     int64_t now_ms) {
  for (std::unique_ptr<LookupWaiter>& waiter : waiters) {
    if (result.stale) {
      counters_.stale_answers.Add();
    }
    UpstreamQuestion next;
    if (waiter->OnResult(result, next)) {
      Ask(next, std::move(waiter), now_ms);
    }
  }
}

void Lookups::Stop(int64_t now_ms) {
  stopped_ = true;
  std::vector<Lookup*> all;
  for (const auto& [id, lookup] : by_id_) {
    all.push_back(lookup);
  }
  for (Lookup* lookup : all) {
    LookupResult result;
    result.parts.push_back(MakeFailure(lookup->question.key(), Rcode::kServFail,
                                       ExtendedError::kNotReady, Seconds(now_ms)));
    Finish(*lookup, result, now_ms);
  }
}

}  // namespace cloudmap::dns
