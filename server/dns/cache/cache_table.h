// CacheTable: the answers that are kept, as an immutable value that DNS threads read without locks.
//
//   name.Hash(cache.hash_key());
//   const CachedAnswer* answer = cache.Find(name.suffix_hash(0), {name.view(), qtype});
//
// An answer that has expired may still be in the table: whoever finds one asks TtlLeft().
//
// Thread safety: a CacheTable never changes; versions share structure.
#pragma once

#include <cstdint>

#include "registry/base/persistent_map.h"
#include "server/dns/cache/cached_answer.h"

namespace cloudmap::dns {

class CacheTable {
 public:
  // `key` is the one that names are hashed with, the zones' (ZoneTable::hash_key).
  explicit CacheTable(const SipKey& key) : key_(key) {}

  const SipKey& hash_key() const { return key_; }
  size_t size() const { return answers_.size(); }

  // The answer to `key`, or nullptr. `name_hash` is the hash of the key's name.
  const CachedAnswer* Find(uint64_t name_hash, const AnswerKey& key) const {
    const CachedAnswerPtr* found = FindPtr(name_hash, key);
    return found == nullptr ? nullptr : found->get();
  }
  // The same for callers that keep it.
  const CachedAnswerPtr* FindPtr(uint64_t name_hash, const AnswerKey& key) const {
    return answers_.FindHashed(HashOf(name_hash, key),
                               [&key](const AnswerKey& other) { return other == key; });
  }

  // For the one thread that makes the next version.
  void Put(uint64_t name_hash, const CachedAnswerPtr& answer) {
    const AnswerKey key = answer->key();
    answers_.PutHashed(HashOf(name_hash, key), key, answer);
  }
  void Remove(uint64_t name_hash, const AnswerKey& key) {
    // The key given may be the one in the map, which goes with its answer.
    const uint64_t hash = HashOf(name_hash, key);
    const CachedAnswerPtr* held = FindPtr(name_hash, key);
    if (held != nullptr) {
      const CachedAnswerPtr answer = *held;
      const AnswerKey own = answer->key();
      answers_.RemoveHashed(hash, [&own](const AnswerKey& other) { return other == own; });
    }
  }

 private:
  // Answers are found by a hash that the table never computes itself.
  struct Unhashed {};

  SipKey key_;
  // A key points into its answer.
  PersistentMap<AnswerKey, CachedAnswerPtr, Unhashed> answers_;
};

}  // namespace cloudmap::dns
