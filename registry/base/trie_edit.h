// Changes of PersistentMap's trie: insert, remove, and cutting off the beginning.
//
// Every function here makes a new version. It takes over the caller's reference to a node and gives
// back a reference to the changed one. Nodes that no other version shares are changed in place;
// shared ones are copied, so that the other versions stay as they are.
//
// Threads: those of trie_node.h. Whoever calls holds the only reference to the root it passes, or
// one of several, and needs no lock either way.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "registry/base/trie_node.h"

namespace cloudmap::trie {

// True when no other version refers to what is counted here. REQUIRES: everything above it is this
// version's own, or the answer says nothing.
inline bool IsOwn(const std::atomic<uint32_t>& references) {
  return references.load(std::memory_order_acquire) == 1;
}

// `node`, or a copy of it when it is shared.
template <typename K, typename V>
Node<K, V>* Own(Node<K, V>* node) {
  if (IsOwn(node->references)) {
    return node;
  }
  auto* copy = Node<K, V>::New(node->kind, node->map, node->count);
  for (uint32_t i = 0; i < node->count; ++i) {
    new (copy->slots() + i) Slot<K, V>(node->slots()[i]);
  }
  Node<K, V>::Release(node);
  return copy;
}

template <typename K, typename V>
Slot<K, V> MoveOrCopy(Node<K, V>& node, uint32_t at, bool move) {
  return move ? std::move(node.slots()[at]) : Slot<K, V>(node.slots()[at]);
}

// `node` with `map` and one slot more, in place `at`. REQUIRES: at <= node->count.
template <typename K, typename V>
Node<K, V>* WithInserted(Node<K, V>* node, uint32_t map, uint32_t at, Slot<K, V> slot) {
  const bool own = IsOwn(node->references);
  auto* copy = Node<K, V>::New(node->kind, map, node->count + 1);
  // NOLINTBEGIN(clang-analyzer-cplusplus.PlacementNew): it does not see that at <= node->count.
  for (uint32_t i = 0; i < at; ++i) {
    new (copy->slots() + i) Slot<K, V>(MoveOrCopy(*node, i, own));
  }
  new (copy->slots() + at) Slot<K, V>(std::move(slot));
  for (uint32_t i = at + 1; i < copy->count; ++i) {
    new (copy->slots() + i) Slot<K, V>(MoveOrCopy(*node, i - 1, own));
  }
  // NOLINTEND(clang-analyzer-cplusplus.PlacementNew)
  Node<K, V>::Release(node);
  return copy;
}

// `node` with `map` and without the slot in place `at`. REQUIRES: another slot is left.
template <typename K, typename V>
Node<K, V>* WithRemoved(Node<K, V>* node, uint32_t map, uint32_t at) {
  const bool own = IsOwn(node->references);
  auto* copy = Node<K, V>::New(node->kind, map, node->count - 1);
  for (uint32_t to = 0; to < copy->count; ++to) {
    new (copy->slots() + to) Slot<K, V>(MoveOrCopy(*node, to < at ? to : to + 1, own));
  }
  Node<K, V>::Release(node);
  return copy;
}

// A root for one leaf.
template <typename K, typename V>
Slot<K, V> RootOf(Slot<K, V> leaf) {
  auto* node = Node<K, V>::New(Kind::kBranch, 1U << (leaf.leaf()->hash >> kShift), 1);
  new (node->slots()) Slot<K, V>(std::move(leaf));
  return Slot<K, V>::OfNode(node);
}

// A node for two leaves of different keys that meet at `level`.
template <typename K, typename V>
Node<K, V>* Pair(int level, Slot<K, V> a, Slot<K, V> b) {
  if (level == kLevels) {
    auto* node = Node<K, V>::New(Kind::kCollision, 0, 2);
    new (node->slots()) Slot<K, V>(std::move(a));
    new (node->slots() + 1) Slot<K, V>(std::move(b));
    return node;
  }
  const uint32_t index_a = Index(a.leaf()->hash, level);
  const uint32_t index_b = Index(b.leaf()->hash, level);
  if (index_a == index_b) {
    auto* node = Node<K, V>::New(Kind::kBranch, 1U << index_a, 1);
    new (node->slots()) Slot<K, V>(Slot<K, V>::OfNode(Pair(level + 1, std::move(a), std::move(b))));
    return node;
  }
  auto* node = Node<K, V>::New(Kind::kBranch, (1U << index_a) | (1U << index_b), 2);
  new (node->slots()) Slot<K, V>(std::move(index_a < index_b ? a : b));
  new (node->slots() + 1) Slot<K, V>(std::move(index_a < index_b ? b : a));
  return node;
}

// `node`, which stands at `level`, with `leaf` added, or in the place of the leaf that has its key;
// `grew` is set to false then.
template <typename K, typename V>
Node<K, V>* Insert(Node<K, V>* node, int level, Slot<K, V> leaf, bool& grew) {
  const uint64_t hash = leaf.leaf()->hash;
  if (node->kind == Kind::kCollision) {
    for (uint32_t i = 0; i < node->count; ++i) {
      if (node->slots()[i].leaf()->key == leaf.leaf()->key) {
        grew = false;
        node = Own(node);
        node->slots()[i] = std::move(leaf);
        return node;
      }
    }
    return WithInserted(node, 0, node->count, std::move(leaf));
  }
  const uint32_t bit = 1U << Index(hash, level);
  const uint32_t at = PlaceOfBit(node->map, bit);
  if ((node->map & bit) == 0) {
    return WithInserted(node, node->map | bit, at, std::move(leaf));
  }
  node = Own(node);
  Slot<K, V>& old = node->slots()[at];
  if (!old.is_leaf()) {
    old = Slot<K, V>::OfNode(Insert(old.TakeNode(), level + 1, std::move(leaf), grew));
  } else if (old.leaf()->hash == hash && old.leaf()->key == leaf.leaf()->key) {
    grew = false;
    old = std::move(leaf);
  } else {
    old = Slot<K, V>::OfNode(Pair(level + 1, std::move(old), std::move(leaf)));
  }
  return node;
}

// The place of the slot that leads to an entry. REQUIRES: the entry exists.
template <typename K, typename V, typename Equals>
uint32_t PlaceOf(const Node<K, V>& node, int level, uint64_t hash, const Equals& equals) {
  if (node.kind == Kind::kBranch) {
    return PlaceOfBit(node.map, 1U << Index(hash, level));
  }
  uint32_t at = 0;
  while (!equals(node.slots()[at].leaf()->key)) {
    ++at;
  }
  return at;
}

// What is left of `node` without the entry; a lone leaf is handed up, so that the trie's shape
// depends only on its content. REQUIRES: the entry exists and is not the only one.
template <typename K, typename V, typename Equals>
Slot<K, V> RemoveFrom(Node<K, V>* node, int level, uint64_t hash, const Equals& equals) {
  const uint32_t at = PlaceOf(*node, level, hash, equals);
  if (!node->slots()[at].is_leaf()) {
    node = Own(node);
    Slot<K, V> child = RemoveFrom(node->slots()[at].TakeNode(), level + 1, hash, equals);
    if (child.is_leaf() && node->count == 1) {
      Node<K, V>::Release(node);
      return child;
    }
    node->slots()[at] = std::move(child);
    return Slot<K, V>::OfNode(node);
  }
  if (node->count == 2 && node->slots()[1 - at].is_leaf()) {
    Slot<K, V> rest = node->slots()[1 - at];
    Node<K, V>::Release(node);
    return rest;
  }
  const uint32_t map = node->kind == Kind::kBranch ? node->map & ~(1U << Index(hash, level)) : 0;
  return Slot<K, V>::OfNode(WithRemoved(node, map, at));
}

// What is left of `node` without the entries whose hash is `last` or less, in the shape that
// RemoveFrom leaves; nothing when all go. Adds to `removed` how many went.
template <typename K, typename V>
Slot<K, V> RemoveUpToFrom(Node<K, V>* node, int level, uint64_t last, size_t& removed) {
  const bool is_branch = node->kind == Kind::kBranch;
  const uint32_t border = is_branch ? Index(last, level) : 0;
  Slot<K, V> kept[1U << kBits];
  uint32_t count = 0;
  uint32_t map = 0;
  node = Own(node);
  uint32_t bits = node->map;
  for (uint32_t i = 0; i < node->count; ++i) {
    Slot<K, V>& slot = node->slots()[i];
    const auto index = is_branch ? static_cast<uint32_t>(std::countr_zero(bits)) : 0;
    bits &= bits - 1;
    if (index < border || (slot.is_leaf() && slot.leaf()->hash <= last)) {
      removed += CountOf(slot);
      continue;
    }
    if (index == border && !slot.is_leaf()) {
      slot = RemoveUpToFrom(slot.TakeNode(), level + 1, last, removed);
    }
    if (!slot.empty()) {
      kept[count++] = std::move(slot);
      map |= is_branch ? 1U << index : 0;
    }
  }
  const Kind kind = node->kind;
  Node<K, V>::Release(node);
  if (count == 0 || (count == 1 && kept[0].is_leaf())) {
    return std::move(kept[0]);
  }
  auto* rest = Node<K, V>::New(kind, map, count);
  for (uint32_t i = 0; i < count; ++i) {
    new (rest->slots() + i) Slot<K, V>(std::move(kept[i]));
  }
  return Slot<K, V>::OfNode(rest);
}

// The entry's leaf, with the whole path from `root` to it this version's own. REQUIRES: it exists.
template <typename K, typename V, typename Equals>
Leaf<K, V>* OwnLeaf(Slot<K, V>& root, uint64_t hash, const Equals& equals) {
  Slot<K, V>* slot = &root;
  for (int level = 0; !slot->is_leaf(); ++level) {
    Node<K, V>* node = Own(slot->TakeNode());
    *slot = Slot<K, V>::OfNode(node);
    slot = &node->slots()[PlaceOf(*node, level, hash, equals)];
  }
  if (!IsOwn(slot->leaf()->references)) {
    const Leaf<K, V>& shared = *slot->leaf();
    *slot = Slot<K, V>::OfLeaf(new Leaf<K, V>(hash, shared.key, shared.value));
  }
  return slot->leaf();
}

}  // namespace cloudmap::trie
