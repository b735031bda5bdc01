// AnswerCache: decides what is kept, within a bound in bytes, and publishes it.
//
//   AnswerCache cache(32 << 20, key);
//   cache.Put(name_hash, answer);
//   cache.Publish();                               // readers see all that was put
//   Published<CacheTable>::Reader reader(cache.table());   // one per DNS thread
//
// What is thrown out is chosen as in S3-FIFO (Yang et al., SOSP 2023): a new answer enters a small
// queue, and only one that was used again by the time it reaches the queue's end moves to the large
// one, so a flood of names that are asked once (random subdomains) passes through a tenth of the
// memory. Denials and failures have a queue of their own, a quarter of the memory at most.
//
// Expired answers stay until their memory is needed, because they may stand in while upstreams fail
// (RFC 8767).
//
// Thread safety: one thread at a time, the resolver's, except for table().
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "registry/base/published.h"
#include "server/dns/cache/cache_table.h"

namespace cloudmap::dns {

class AnswerCache {
 public:
  // Bytes that an answer takes besides its own: its place in the table and in a queue.
  static constexpr size_t kOverheadBytes = 176;

  // Keeps at most `bytes_max` bytes; 0 keeps nothing. `key` as for CacheTable.
  AnswerCache(size_t bytes_max, const SipKey& key);

  // Keeps an answer, in the place of an older one of the same key. `name_hash` is that of its name.
  void Put(uint64_t name_hash, const CachedAnswerPtr& answer);

  // The answer to a key, expired or not; nullptr when none is kept.
  CachedAnswerPtr Find(uint64_t name_hash, const AnswerKey& key) const;

  // Forgets every answer of `name` and of the names below it; the root's forgets everything.
  // Returns how many there were.
  size_t Flush(NameView name);

  // Shows readers what has changed since the last call, if anything has.
  void Publish();

  // Thread-safe.
  const Published<CacheTable>& table() const { return published_; }

  const SipKey& hash_key() const { return table_.hash_key(); }
  size_t bytes() const { return small_.bytes + large_.bytes + negative_.bytes; }
  size_t size() const { return table_.size(); }
  // Answers that were thrown out to make room.
  uint64_t evictions() const { return evictions_; }

 private:
  struct Place {
    uint64_t name_hash;
    CachedAnswerPtr answer;
  };
  struct Queue {
    std::deque<Place> places;
    size_t bytes = 0;
  };

  static size_t CostOf(const CachedAnswer& answer) { return answer.bytes() + kOverheadBytes; }
  // False for the place of an answer that has been replaced or flushed; its bytes are still counted
  // in its queue, so that what is queued is bounded as well.
  bool IsKept(const Place& place) const;
  void Append(Queue& queue, Place place);
  Place TakeFirst(Queue& queue);
  void Drop(const Place& place);
  void MakeRoom();
  void EvictFromSmall();
  void EvictFromLarge();
  void EvictFromNegative();
  void Remember(uint64_t fingerprint);

  const size_t bytes_max_;
  CacheTable table_;
  bool changed_ = false;
  Published<CacheTable> published_;
  Queue small_;
  Queue large_;
  Queue negative_;
  // Hashes of what left the small queue unused: who comes back soon enters the large one.
  absl::flat_hash_set<uint64_t> ghosts_;
  std::deque<uint64_t> ghost_order_;
  uint64_t evictions_ = 0;
};

}  // namespace cloudmap::dns
