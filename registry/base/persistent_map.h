// PersistentMap<K, V>: an immutable hash map whose versions share structure.
//
//   PersistentMap<std::string, int> a;
//   auto b = a.Set("x", 1);            // a is unchanged; b shares all but one path with it
//   const int* x = b.Find("x");        // nullptr when absent
//   b.ForEach([](const std::string& key, int value) { ... });
//
//   auto c = b;                        // the next version, in many steps:
//   c.Put("y", 2);                     // copies what c shares with b ...
//   c.Put("y", 3);                     // ... and changes in place what is c's alone
//
// A hash-array-mapped trie over the 64-bit hash, most significant bits first, so that iteration
// is in ascending hash order and a position in it (a hash) stays meaningful across versions.
// Any number of threads may read versions, and destroy them. Only the one thread that makes a
// version changes it, before others see it; pointers into it hold until then.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "registry/base/siphash.h"

namespace cloudmap {

template <typename K, typename V, typename Hash = StableHash>
class PersistentMap {
  struct Leaf;
  struct Node;
  class Slot;

 public:
  PersistentMap() = default;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  template <typename Q>
  const V* Find(const Q& key) const {
    return FindHashed(Hash()(key), [&key](const K& k) { return k == key; });
  }

  // For callers that have the hash, or a key in parts. `equals(const K&)` decides.
  template <typename Equals>
  const V* FindHashed(uint64_t hash, const Equals& equals) const {
    const Node* node = root_.node();
    uint64_t rest = hash;
    while (node != nullptr) {
      if (node->kind == Kind::kCollision) {
        for (uint32_t i = 0; i < node->count; ++i) {
          const Leaf* leaf = node->slots()[i].leaf();
          if (leaf->hash == hash && equals(leaf->key)) {
            return &leaf->value;
          }
        }
        return nullptr;
      }
      const uint32_t bit = 1U << (rest >> kShift);
      if ((node->map & bit) == 0) {
        return nullptr;
      }
      const Slot& slot = node->slots()[std::popcount(node->map & (bit - 1))];
      if (slot.is_leaf()) {
        const Leaf* leaf = slot.leaf();
        return leaf->hash == hash && equals(leaf->key) ? &leaf->value : nullptr;
      }
      node = slot.node();
      rest <<= kBits;
    }
    return nullptr;
  }

  PersistentMap Set(K key, V value) const {
    PersistentMap next = *this;
    next.Put(std::move(key), std::move(value));
    return next;
  }

  template <typename Q>
  PersistentMap Erase(const Q& key) const {
    PersistentMap next = *this;
    next.Remove(key);
    return next;
  }

  // Follows the path of a hash one memory access at a time, so that several look-ups in a large map
  // wait for memory together instead of one after the other:
  //
  //   while (probe.Step()) { ... Step() of the others ... }
  //   if (const V* value = probe.value()) ...      // where the path ends, perhaps another key's
  class Probe {
   public:
    Probe() = default;
    // The map must stay as it is.
    Probe(const PersistentMap& map, uint64_t hash) : node_(map.root_.node()), rest_(hash) {
      __builtin_prefetch(node_);
    }

    // Reads what the last one asked memory for, and asks for the next. False at the end.
    bool Step() {
      if (leaf_ != nullptr || node_ == nullptr) {
        return false;
      }
      if (slot_ == nullptr) {
        const uint32_t bit = 1U << (rest_ >> kShift);
        if (node_->kind == Kind::kCollision || (node_->map & bit) == 0) {
          node_ = nullptr;
          return false;
        }
        slot_ = node_->slots() + std::popcount(node_->map & (bit - 1));
        rest_ <<= kBits;
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

    const V* value() const { return leaf_ == nullptr ? nullptr : &leaf_->value; }

   private:
    const Node* node_ = nullptr;
    const Slot* slot_ = nullptr;
    const Leaf* leaf_ = nullptr;
    uint64_t rest_ = 0;
  };

  // Adds or replaces, in this version.
  void Put(K key, V value) {
    const uint64_t hash = Hash()(key);
    PutHashed(hash, std::move(key), std::move(value));
  }

  void PutHashed(uint64_t hash, K key, V value) {
    Slot leaf = Slot::OfLeaf(new Leaf(hash, std::move(key), std::move(value)));
    bool grew = true;
    if (root_.empty()) {
      root_ = RootOf(std::move(leaf));
    } else {
      root_ = Slot::OfNode(Insert(root_.TakeNode(), 0, std::move(leaf), grew));
    }
    size_ += grew ? 1 : 0;
  }

  // The value of this version, to be changed; nullptr when absent. Holds until the next change.
  template <typename Q>
  V* Edit(const Q& key) {
    const uint64_t hash = Hash()(key);
    const auto equals = [&key](const K& k) { return k == key; };
    return FindHashed(hash, equals) == nullptr ? nullptr : &OwnLeaf(hash, equals)->value;
  }

  template <typename Q>
  void Remove(const Q& key) {
    RemoveHashed(Hash()(key), [&key](const K& k) { return k == key; });
  }

  template <typename Equals>
  void RemoveHashed(uint64_t hash, const Equals& equals) {
    if (FindHashed(hash, equals) == nullptr) {
      return;
    }
    if (--size_ == 0) {
      root_ = Slot();
      return;
    }
    Slot root = RemoveFrom(root_.TakeNode(), 0, hash, equals);
    root_ = root.is_leaf() ? RootOf(std::move(root)) : std::move(root);
  }

  // Removes all entries whose hash is not above `last`; how many there were.
  size_t RemoveUpTo(uint64_t last) {
    if (root_.empty()) {
      return 0;
    }
    size_t removed = 0;
    Slot root = RemoveUpToFrom(root_.TakeNode(), 0, last, removed);
    root_ = root.is_leaf() ? RootOf(std::move(root)) : std::move(root);
    size_ -= removed;
    return removed;
  }

  // The highest hash. REQUIRES: not empty.
  uint64_t LastHash() const { return LastHashBelow(*root_.node()); }

  // Calls visit(const K&, const V&) for every entry, in ascending order of hash.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    ScanFrom(0, [&visit](uint64_t, const K& key, const V& value) {
      visit(key, value);
      return true;
    });
  }

  // Calls visit(hash, const K&, const V&) in ascending order of hash for the entries whose hash
  // is `first` or more, until it returns false.
  template <typename Visit>
  void ScanFrom(uint64_t first, const Visit& visit) const {
    if (!root_.empty()) {
      Scan(*root_.node(), first, visit);
    }
  }

 private:
  static constexpr int kBits = 5;
  static constexpr int kShift = 64 - kBits;
  // 12 levels of 5 bits and one of 4; entries that still agree share one collision node.
  static constexpr int kLevels = 13;

  enum class Kind : uint8_t { kBranch, kCollision };

  struct Leaf {
    Leaf(uint64_t h, K k, V v) : hash(h), key(std::move(k)), value(std::move(v)) {}
    std::atomic<uint32_t> references{1};
    uint64_t hash;
    K key;
    V value;
  };

  // An owning, counted pointer to a leaf (low bit set) or a node, or nothing.
  class Slot {
   public:
    Slot() = default;
    static Slot OfLeaf(Leaf* leaf) { return Slot(reinterpret_cast<uintptr_t>(leaf) | 1); }
    static Slot OfNode(Node* node) { return Slot(reinterpret_cast<uintptr_t>(node)); }
    Slot(const Slot& other) : bits_(other.bits_) {
      if (!empty()) {
        references().fetch_add(1, std::memory_order_relaxed);
      }
    }
    Slot(Slot&& other) noexcept : bits_(std::exchange(other.bits_, 0)) {}
    Slot& operator=(Slot other) noexcept {
      std::swap(bits_, other.bits_);
      return *this;
    }
    ~Slot() {
      if (empty()) {
        return;
      }
      if (is_leaf()) {
        if (leaf()->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
          delete leaf();
        }
      } else {
        Node::Release(node());
      }
    }
    bool empty() const { return bits_ == 0; }
    bool is_leaf() const { return (bits_ & 1) != 0; }
    // The low bit says which; the analyzer does not follow the counts.
    // NOLINTBEGIN(performance-no-int-to-ptr, clang-analyzer-cplusplus.NewDelete)
    Leaf* leaf() const { return reinterpret_cast<Leaf*>(bits_ & ~uintptr_t{1}); }
    Node* node() const { return reinterpret_cast<Node*>(bits_); }
    Node* TakeNode() { return reinterpret_cast<Node*>(std::exchange(bits_, 0)); }
    // NOLINTEND(performance-no-int-to-ptr, clang-analyzer-cplusplus.NewDelete)

   private:
    explicit Slot(uintptr_t bits) : bits_(bits) {}
    std::atomic<uint32_t>& references() const {
      return is_leaf() ? leaf()->references : node()->references;
    }
    uintptr_t bits_ = 0;
  };

  // `count` slots follow the node in the same allocation.
  struct Node {
    std::atomic<uint32_t> references{1};
    Kind kind = Kind::kBranch;
    uint32_t map = 0;  // kBranch: which of the 32 slots exist
    uint32_t count = 0;

    Slot* slots() { return reinterpret_cast<Slot*>(this + 1); }
    const Slot* slots() const { return reinterpret_cast<const Slot*>(this + 1); }

    static Node* New(Kind kind, uint32_t map, uint32_t count) {
      static_assert(sizeof(Node) % alignof(Slot) == 0);
      auto* node = new (::operator new(sizeof(Node) + count * sizeof(Slot))) Node;
      node->kind = kind;
      node->map = map;
      node->count = count;
      return node;
    }
    static void Release(Node* node) {
      if (node->references.fetch_sub(1, std::memory_order_acq_rel) != 1) {
        return;
      }
      for (uint32_t i = 0; i < node->count; ++i) {
        node->slots()[i].~Slot();
      }
      node->~Node();
      ::operator delete(node);
    }
  };

  static uint32_t Index(uint64_t hash, int level) {
    return static_cast<uint32_t>((hash << (level * kBits)) >> kShift);
  }

  // Whether no other version has it. REQUIRES: all above it is this version's own.
  static bool IsOwn(const std::atomic<uint32_t>& references) {
    return references.load(std::memory_order_acquire) == 1;
  }

  // The functions below take a reference to `node` and give one back, to a node that is this
  // version's own.

  static Node* Own(Node* node) {
    if (IsOwn(node->references)) {
      return node;
    }
    Node* copy = Node::New(node->kind, node->map, node->count);
    for (uint32_t i = 0; i < node->count; ++i) {
      new (copy->slots() + i) Slot(node->slots()[i]);
    }
    Node::Release(node);
    return copy;
  }

  static Node* WithInserted(Node* node, uint32_t map, uint32_t at, Slot slot) {
    const bool own = IsOwn(node->references);
    Node* copy = Node::New(node->kind, map, node->count + 1);
    for (uint32_t i = 0; i < node->count; ++i) {
      new (copy->slots() + i + (i < at ? 0 : 1)) Slot(MoveOrCopy(*node, i, own));
    }
    new (copy->slots() + at) Slot(std::move(slot));
    Node::Release(node);
    return copy;
  }

  // REQUIRES: another slot is left.
  static Node* WithRemoved(Node* node, uint32_t map, uint32_t at) {
    const bool own = IsOwn(node->references);
    Node* copy = Node::New(node->kind, map, node->count - 1);
    for (uint32_t i = 0, to = 0; i < node->count; ++i) {
      if (i != at) {
        // NOLINTNEXTLINE(clang-analyzer-cplusplus.PlacementNew): see REQUIRES.
        new (copy->slots() + to++) Slot(MoveOrCopy(*node, i, own));
      }
    }
    Node::Release(node);
    return copy;
  }

  static Slot MoveOrCopy(Node& node, uint32_t at, bool move) {
    return move ? std::move(node.slots()[at]) : Slot(node.slots()[at]);
  }

  static Slot RootOf(Slot leaf) {
    Node* node = Node::New(Kind::kBranch, 1U << (leaf.leaf()->hash >> kShift), 1);
    new (node->slots()) Slot(std::move(leaf));
    return Slot::OfNode(node);
  }

  // A node for two leaves of different keys that meet at `level`.
  static Node* Pair(int level, Slot a, Slot b) {
    if (level == kLevels) {
      Node* node = Node::New(Kind::kCollision, 0, 2);
      new (node->slots()) Slot(std::move(a));
      new (node->slots() + 1) Slot(std::move(b));
      return node;
    }
    const uint32_t index_a = Index(a.leaf()->hash, level);
    const uint32_t index_b = Index(b.leaf()->hash, level);
    if (index_a == index_b) {
      Node* node = Node::New(Kind::kBranch, 1U << index_a, 1);
      new (node->slots()) Slot(Slot::OfNode(Pair(level + 1, std::move(a), std::move(b))));
      return node;
    }
    Node* node = Node::New(Kind::kBranch, (1U << index_a) | (1U << index_b), 2);
    new (node->slots()) Slot(std::move(index_a < index_b ? a : b));
    new (node->slots() + 1) Slot(std::move(index_a < index_b ? b : a));
    return node;
  }

  static Node* Insert(Node* node, int level, Slot leaf, bool& grew) {
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
    const auto at = static_cast<uint32_t>(std::popcount(node->map & (bit - 1)));
    if ((node->map & bit) == 0) {
      return WithInserted(node, node->map | bit, at, std::move(leaf));
    }
    node = Own(node);
    Slot& old = node->slots()[at];
    if (!old.is_leaf()) {
      old = Slot::OfNode(Insert(old.TakeNode(), level + 1, std::move(leaf), grew));
    } else if (old.leaf()->hash == hash && old.leaf()->key == leaf.leaf()->key) {
      grew = false;
      old = std::move(leaf);
    } else {
      old = Slot::OfNode(Pair(level + 1, std::move(old), std::move(leaf)));
    }
    return node;
  }

  // The slot on the way to an entry. REQUIRES: it exists.
  template <typename Equals>
  static uint32_t PlaceOf(const Node& node, int level, uint64_t hash, const Equals& equals) {
    uint32_t at = 0;
    if (node.kind == Kind::kBranch) {
      const uint32_t bit = 1U << Index(hash, level);
      return static_cast<uint32_t>(std::popcount(node.map & (bit - 1)));
    }
    while (!equals(node.slots()[at].leaf()->key)) {
      ++at;
    }
    return at;
  }

  // What is left of `node` without the entry; a lone leaf is handed up so that the trie's shape
  // depends only on its content. REQUIRES: the entry exists and is not the only one.
  template <typename Equals>
  static Slot RemoveFrom(Node* node, int level, uint64_t hash, const Equals& equals) {
    const uint32_t at = PlaceOf(*node, level, hash, equals);
    if (!node->slots()[at].is_leaf()) {
      node = Own(node);
      Slot child = RemoveFrom(node->slots()[at].TakeNode(), level + 1, hash, equals);
      if (child.is_leaf() && node->count == 1) {
        Node::Release(node);
        return child;
      }
      node->slots()[at] = std::move(child);
      return Slot::OfNode(node);
    }
    if (node->count == 2 && node->slots()[1 - at].is_leaf()) {
      Slot rest = node->slots()[1 - at];
      Node::Release(node);
      return rest;
    }
    const uint32_t map = node->kind == Kind::kBranch ? node->map & ~(1U << Index(hash, level)) : 0;
    return Slot::OfNode(WithRemoved(node, map, at));
  }

  static size_t CountOf(const Slot& slot) {
    if (slot.is_leaf()) {
      return 1;
    }
    size_t count = 0;
    for (uint32_t i = 0; i < slot.node()->count; ++i) {
      count += CountOf(slot.node()->slots()[i]);
    }
    return count;
  }

  // What is left of `node` without the entries up to `last`, in the shape that RemoveFrom leaves;
  // nothing when all are. Adds up what it removes.
  static Slot RemoveUpToFrom(Node* node, int level, uint64_t last, size_t& removed) {
    const bool is_branch = node->kind == Kind::kBranch;
    const uint32_t border = is_branch ? Index(last, level) : 0;
    Slot kept[1U << kBits];
    uint32_t count = 0;
    uint32_t map = 0;
    node = Own(node);
    uint32_t bits = node->map;
    for (uint32_t i = 0; i < node->count; ++i) {
      Slot& slot = node->slots()[i];
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
    Node::Release(node);
    if (count == 0 || (count == 1 && kept[0].is_leaf())) {
      return std::move(kept[0]);
    }
    Node* rest = Node::New(kind, map, count);
    for (uint32_t i = 0; i < count; ++i) {
      new (rest->slots() + i) Slot(std::move(kept[i]));
    }
    return Slot::OfNode(rest);
  }

  // The entry's leaf, with the whole path to it this version's own. REQUIRES: it exists.
  template <typename Equals>
  Leaf* OwnLeaf(uint64_t hash, const Equals& equals) {
    Slot* slot = &root_;
    for (int level = 0; !slot->is_leaf(); ++level) {
      Node* node = Own(slot->TakeNode());
      *slot = Slot::OfNode(node);
      slot = &node->slots()[PlaceOf(*node, level, hash, equals)];
    }
    if (!IsOwn(slot->leaf()->references)) {
      const Leaf& shared = *slot->leaf();
      *slot = Slot::OfLeaf(new Leaf(hash, shared.key, shared.value));
    }
    return slot->leaf();
  }

  template <typename Visit>
  static bool Scan(const Node& node, uint64_t first, const Visit& visit) {
    for (uint32_t i = 0; i < node.count; ++i) {
      const Slot& slot = node.slots()[i];
      if (slot.is_leaf()) {
        const Leaf* leaf = slot.leaf();
        if (leaf->hash >= first && !visit(leaf->hash, leaf->key, leaf->value)) {
          return false;
        }
      } else if (LastHashBelow(*slot.node()) >= first && !Scan(*slot.node(), first, visit)) {
        return false;
      }
    }
    return true;
  }

  // The highest hash below `node`; lets a scan skip whole subtrees.
  static uint64_t LastHashBelow(const Node& node) {
    const Node* below = &node;
    while (!below->slots()[below->count - 1].is_leaf()) {
      below = below->slots()[below->count - 1].node();
    }
    return below->slots()[below->count - 1].leaf()->hash;
  }

  Slot root_;  // a branch, or empty
  size_t size_ = 0;
};

}  // namespace cloudmap
