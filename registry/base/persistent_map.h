// PersistentMap<K, V>: a hash map whose versions share structure.
//
//   PersistentMap<std::string, int> a;
//   a.Put("x", 1);
//   auto b = a;                        // the next version; copying costs one reference count
//   b.Put("y", 2);                     // copies the nodes on the way to "y" that b shares with a
//   b.Put("y", 3);                     // changes in place what is b's alone
//   const int* y = b.Find("y");        // 3; a.Find("y") is nullptr
//   b.ForEach([](const std::string& key, int value) { ... });
//
// A look-up, a change and a copied path cost O(log32 n). The map is a hash-array-mapped trie over
// the 64-bit hash (Bagwell, "Ideal Hash Trees", 2001), most significant bits first, so that
// iteration is in ascending order of hash, and a position in it (a hash) keeps its meaning across
// versions.
//
// Thread safety: any number of threads may read versions, copy them and destroy them. Only the one
// thread that makes a version changes it, before it is handed to others.
//
// Pointers into a version hold until that version is changed or destroyed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "registry/base/siphash.h"
#include "registry/base/trie_edit.h"
#include "registry/base/trie_node.h"

namespace cloudmap {

template <typename K, typename V>
class PersistentMapProbe;

// `Hash` maps everything that Find and Remove are called with, and K itself, to uint64_t; equal
// keys have equal hashes. StableHash takes texts.
template <typename K, typename V, typename Hash = StableHash>
class PersistentMap {
 public:
  // Needs registry/base/persistent_map_probe.h.
  using Probe = PersistentMapProbe<K, V>;

  PersistentMap() = default;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // The value of `key`, or nullptr.
  template <typename Q>
  const V* Find(const Q& key) const {
    return FindHashed(Hash()(key), [&key](const K& k) { return k == key; });
  }

  // The same for callers that have the hash, or a key in parts: equals(const K&) tells whether a
  // key of this hash is the one that is meant.
  template <typename Equals>
  const V* FindHashed(uint64_t hash, const Equals& equals) const {
    const Node* node = root_.node();
    uint64_t rest = hash;
    while (node != nullptr) {
      if (node->kind == trie::Kind::kCollision) {
        for (uint32_t i = 0; i < node->count; ++i) {
          const Leaf* leaf = node->slots()[i].leaf();
          if (leaf->hash == hash && equals(leaf->key)) {
            return &leaf->value;
          }
        }
        return nullptr;
      }
      const uint32_t bit = 1U << (rest >> trie::kShift);
      if ((node->map & bit) == 0) {
        return nullptr;
      }
      const Slot& slot = node->slots()[trie::PlaceOfBit(node->map, bit)];
      if (slot.is_leaf()) {
        const Leaf* leaf = slot.leaf();
        return leaf->hash == hash && equals(leaf->key) ? &leaf->value : nullptr;
      }
      node = slot.node();
      rest <<= trie::kBits;
    }
    return nullptr;
  }

  // Adds an entry, or replaces the one of this key.
  void Put(K key, V value) {
    const uint64_t hash = Hash()(key);
    PutHashed(hash, std::move(key), std::move(value));
  }

  // The same for callers that have the hash. REQUIRES: `hash` is that of `key`.
  void PutHashed(uint64_t hash, K key, V value) {
    Slot leaf = Slot::OfLeaf(new Leaf(hash, std::move(key), std::move(value)));
    bool grew = true;
    if (root_.empty()) {
      root_ = trie::RootOf(std::move(leaf));
    } else {
      root_ = Slot::OfNode(trie::Insert(root_.TakeNode(), 0, std::move(leaf), grew));
    }
    size_ += grew ? 1 : 0;
  }

  // The value of `key` in this version, to be changed; nullptr when there is none. Holds until the
  // next change of the map.
  template <typename Q>
  V* Edit(const Q& key) {
    const uint64_t hash = Hash()(key);
    const auto equals = [&key](const K& k) { return k == key; };
    return FindHashed(hash, equals) == nullptr ? nullptr
                                               : &trie::OwnLeaf(root_, hash, equals)->value;
  }

  // Removes the entry of `key`, if there is one.
  template <typename Q>
  void Remove(const Q& key) {
    RemoveHashed(Hash()(key), [&key](const K& k) { return k == key; });
  }

  // The same for callers that have the hash; see FindHashed.
  template <typename Equals>
  void RemoveHashed(uint64_t hash, const Equals& equals) {
    if (FindHashed(hash, equals) == nullptr) {
      return;
    }
    if (--size_ == 0) {
      root_ = Slot();
      return;
    }
    SetRoot(trie::RemoveFrom(root_.TakeNode(), 0, hash, equals));
  }

  // Removes all entries whose hash is `last` or less, in one pass. Returns how many there were.
  size_t RemoveUpTo(uint64_t last) {
    if (root_.empty()) {
      return 0;
    }
    size_t removed = 0;
    SetRoot(trie::RemoveUpToFrom(root_.TakeNode(), 0, last, removed));
    size_ -= removed;
    return removed;
  }

  // The highest hash of an entry. REQUIRES: not empty.
  uint64_t LastHash() const { return trie::LastHashBelow(*root_.node()); }

  // Calls visit(const K&, const V&) for every entry, in ascending order of hash.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    ScanFrom(0, [&visit](uint64_t, const K& key, const V& value) {
      visit(key, value);
      return true;
    });
  }

  // Calls visit(hash, const K&, const V&) in ascending order of hash for the entries whose hash is
  // `first` or more, until it returns false.
  template <typename Visit>
  void ScanFrom(uint64_t first, const Visit& visit) const {
    if (!root_.empty()) {
      trie::Scan(*root_.node(), first, visit);
    }
  }

 private:
  friend class PersistentMapProbe<K, V>;

  using Leaf = trie::Leaf<K, V>;
  using Node = trie::Node<K, V>;
  using Slot = trie::Slot<K, V>;

  // `rest` is what a removal left: a branch, a lone leaf, or nothing.
  void SetRoot(Slot rest) {
    root_ = rest.is_leaf() ? trie::RootOf(std::move(rest)) : std::move(rest);
  }

  Slot root_;  // a branch, or empty
  size_t size_ = 0;
};

}  // namespace cloudmap
