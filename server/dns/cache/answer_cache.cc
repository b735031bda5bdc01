#include "server/dns/cache/answer_cache.h"

#include <memory>
#include <utility>

namespace cloudmap::dns {
namespace {

// Shares of the whole, as S3-FIFO's authors found them good for most traces.
constexpr size_t kSmallShare = 10;
constexpr size_t kNegativeShare = 4;
// Fingerprints remembered of answers that left unused, at most one for each that is kept and never
// more than this; 40 bytes each.
constexpr size_t kGhostsMax = 16384;

bool IsAtOrBelow(NameView name, NameView ancestor) {
  if (name.size < ancestor.size) {
    return false;
  }
  // A suffix of bytes may start inside a label, so labels are walked.
  for (size_t at = 0; at < name.size; at += name.bytes[at] + 1U) {
    const NameView suffix{name.bytes + at, name.size - at};
    if (suffix.size <= ancestor.size) {
      return suffix == ancestor;
    }
  }
  return false;
}

}  // namespace

AnswerCache::AnswerCache(size_t bytes_max, const SipKey& key)
    : bytes_max_(bytes_max),
      table_(key),
      published_(std::make_shared<const CacheTable>(CacheTable(key))) {}

void AnswerCache::Put(uint64_t name_hash, const CachedAnswerPtr& answer) {
  if (CostOf(*answer) > bytes_max_ / kSmallShare) {
    return;
  }
  const AnswerKey key = answer->key();
  const CachedAnswerPtr old = Find(name_hash, key);
  if (old != nullptr && old->used()) {
    answer->MarkUsed();
  }
  // Removed first: a map keeps the key it has, which points into the old answer.
  table_.Remove(name_hash, key);
  table_.Put(name_hash, answer);
  changed_ = true;
  const bool came_back = ghosts_.erase(HashOf(name_hash, key)) != 0;
  Queue& queue = answer->is_negative() ? negative_ : came_back || old != nullptr ? large_ : small_;
  Append(queue, {name_hash, answer});
  MakeRoom();
}

CachedAnswerPtr AnswerCache::Find(uint64_t name_hash, const AnswerKey& key) const {
  const CachedAnswerPtr* found = table_.FindPtr(name_hash, key);
  return found == nullptr ? nullptr : *found;
}

size_t AnswerCache::Flush(NameView name) {
  size_t flushed = 0;
  for (Queue* queue : {&small_, &large_, &negative_}) {
    for (const Place& place : queue->places) {
      if (IsKept(place) && IsAtOrBelow(place.answer->name(), name)) {
        Drop(place);
        ++flushed;
      }
    }
    // Their places must not hold the memory until their turn comes.
    std::deque<Place> kept;
    queue->bytes = 0;
    for (Place& place : queue->places) {
      if (IsKept(place)) {
        queue->bytes += CostOf(*place.answer);
        kept.push_back(std::move(place));
      }
    }
    queue->places.swap(kept);
  }
  return flushed;
}

void AnswerCache::Publish() {
  if (changed_) {
    published_.Publish(std::make_shared<const CacheTable>(table_));
    changed_ = false;
  }
}

bool AnswerCache::IsKept(const Place& place) const {
  const CachedAnswerPtr* found = table_.FindPtr(place.name_hash, place.answer->key());
  return found != nullptr && found->get() == place.answer.get();
}

void AnswerCache::Append(Queue& queue, Place place) {
  queue.bytes += CostOf(*place.answer);
  queue.places.push_back(std::move(place));
}

AnswerCache::Place AnswerCache::TakeFirst(Queue& queue) {
  Place place = std::move(queue.places.front());
  queue.places.pop_front();
  queue.bytes -= CostOf(*place.answer);
  return place;
}

void AnswerCache::Drop(const Place& place) {
  table_.Remove(place.name_hash, place.answer->key());
  changed_ = true;
}

void AnswerCache::MakeRoom() {
  while (negative_.bytes > bytes_max_ / kNegativeShare) {
    EvictFromNegative();
  }
  while (bytes() > bytes_max_) {
    if (small_.bytes > bytes_max_ / kSmallShare || large_.places.empty()) {
      small_.places.empty() ? EvictFromNegative() : EvictFromSmall();
    } else {
      EvictFromLarge();
    }
  }
}

void AnswerCache::EvictFromSmall() {
  Place place = TakeFirst(small_);
  if (!IsKept(place)) {
    return;
  }
  if (place.answer->TakeUse()) {
    Append(large_, std::move(place));
    return;
  }
  Remember(HashOf(place.name_hash, place.answer->key()));
  Drop(place);
  ++evictions_;
}

void AnswerCache::EvictFromLarge() {
  Place place = TakeFirst(large_);
  if (!IsKept(place)) {
    return;
  }
  if (place.answer->TakeUse()) {
    Append(large_, std::move(place));
    return;
  }
  Drop(place);
  ++evictions_;
}

void AnswerCache::EvictFromNegative() {
  Place place = TakeFirst(negative_);
  if (!IsKept(place)) {
    return;
  }
  if (place.answer->TakeUse()) {
    Append(negative_, std::move(place));
    return;
  }
  Drop(place);
  ++evictions_;
}

void AnswerCache::Remember(uint64_t fingerprint) {
  if (ghosts_.insert(fingerprint).second) {
    ghost_order_.push_back(fingerprint);
  }
  while (ghost_order_.size() > std::min(kGhostsMax, table_.size() + 1)) {
    ghosts_.erase(ghost_order_.front());
    ghost_order_.pop_front();
  }
}

}  // namespace cloudmap::dns
