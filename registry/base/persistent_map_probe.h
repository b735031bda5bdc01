// PersistentMapProbe: a look-up that goes one memory access at a time, so that several look-ups in
// a large map wait for memory together instead of one after the other.
//
//   NodeMap::Probe a(map, hash_of_a);
//   NodeMap::Probe b(map, hash_of_b);
//   while (a.Step() | b.Step()) {
//   }
//   if (const V* value = a.value()) ...   // of the entry where the path of the hash ends
//
// It brings memory into the cache and decides nothing: the entry at the end of the path may have
// another key, so a Find follows.
//
// Thread safety: one thread; the map must not change or go while the probe is used.
#pragma once

#include <cstdint>

#include "registry/base/persistent_map.h"
#include "registry/base/trie_node.h"

namespace cloudmap {

template <typename K, typename V>
class PersistentMapProbe {
 public:
  // A probe that is at its end and has no value.
  PersistentMapProbe() = default;

  template <typename Hash>
  PersistentMapProbe(const PersistentMap<K, V, Hash>& map, uint64_t hash)
      : node_(map.root_.node()), rest_(hash) {
    __builtin_prefetch(node_);
  }

  // Reads what the step before asked memory for, and asks for what comes next. False at the end.
  bool Step() {
    if (leaf_ != nullptr || node_ == nullptr) {
      return false;
    }
    if (slot_ == nullptr) {
      const uint32_t bit = 1U << (rest_ >> trie::kShift);
      if (node_->kind == trie::Kind::kCollision || (node_->map & bit) == 0) {
        node_ = nullptr;
        return false;
      }
      slot_ = node_->slots() + trie::PlaceOfBit(node_->map, bit);
      rest_ <<= trie::kBits;
      __builtin_prefetch(slot_);
      return true;
    }
    if (slot_->is_leaf()) {
      leaf_ = slot_->leaf();
      __builtin_prefetch(leaf_);
      __builtin_prefetch(reinterpret_cast<const char*>(leaf_ + 1) - 1);
    } else {
      node_ = slot_->node();
      __builtin_prefetch(node_);
    }
    slot_ = nullptr;
    return true;
  }

  // Once Step() has returned false: the value where the path ended, or nullptr when it ended at no
  // entry, or at several that share a whole hash.
  const V* value() const { return leaf_ == nullptr ? nullptr : &leaf_->value; }

 private:
  const trie::Node<K, V>* node_ = nullptr;
  const trie::Slot<K, V>* slot_ = nullptr;
  const trie::Leaf<K, V>* leaf_ = nullptr;
  uint64_t rest_ = 0;
};

}  // namespace cloudmap
