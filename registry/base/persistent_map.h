// PersistentMap<K, V>: an immutable hash map whose versions share structure.
//
//   PersistentMap<std::string, int> a;
//   auto b = a.Set("x", 1);            // a is unchanged; b shares all but one path with it
//   const int* x = b.Find("x");        // nullptr when absent
//   b.ForEach([](const std::string& key, int value) { ... });
//
// A hash-array-mapped trie over the 64-bit hash, most significant bits first, so that iteration
// is in ascending hash order and a position in it (a hash) stays meaningful across versions.
// Any number of threads may read versions, and destroy them; a version never changes.
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
    const Node* node = root_.get();
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
    const uint64_t hash = Hash()(key);
    return SetHashed(hash, std::move(key), std::move(value));
  }

  PersistentMap SetHashed(uint64_t hash, K key, V value) const {
    Slot leaf = Slot::OfLeaf(new Leaf(hash, std::move(key), std::move(value)));
    PersistentMap next;
    bool grew = true;
    if (root_.get() == nullptr) {
      next.root_ = NodeRef(Node::New(Kind::kBranch, 1U << (hash >> kShift), 1));
      new (next.root_.get()->slots()) Slot(std::move(leaf));
    } else {
      next.root_ = NodeRef(Insert(*root_.get(), 0, std::move(leaf), grew));
    }
    next.size_ = size_ + (grew ? 1 : 0);
    return next;
  }

  template <typename Q>
  PersistentMap Erase(const Q& key) const {
    return EraseHashed(Hash()(key), [&key](const K& k) { return k == key; });
  }

  template <typename Equals>
  PersistentMap EraseHashed(uint64_t hash, const Equals& equals) const {
    if (FindHashed(hash, equals) == nullptr) {
      return *this;
    }
    PersistentMap next;
    next.size_ = size_ - 1;
    if (next.size_ != 0) {
      Slot root = Remove(*root_.get(), 0, hash, equals);
      if (root.is_leaf()) {
        next.root_ = NodeRef(Node::New(Kind::kBranch, 1U << (root.leaf()->hash >> kShift), 1));
        new (next.root_.get()->slots()) Slot(std::move(root));
      } else {
        next.root_ = NodeRef(root.TakeNode());
      }
    }
    return next;
  }

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
    if (root_.get() != nullptr) {
      Scan(*root_.get(), first, visit);
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

  struct Node;

  // An owning, counted pointer to a leaf (low bit set) or a node.
  class Slot {
   public:
    static Slot OfLeaf(Leaf* leaf) { return Slot(reinterpret_cast<uintptr_t>(leaf) | 1); }
    static Slot OfNode(Node* node) { return Slot(reinterpret_cast<uintptr_t>(node)); }
    Slot(const Slot& other) : bits_(other.bits_) {
      if (is_leaf()) {
        leaf()->references.fetch_add(1, std::memory_order_relaxed);
      } else {
        node()->references.fetch_add(1, std::memory_order_relaxed);
      }
    }
    Slot(Slot&& other) noexcept : bits_(std::exchange(other.bits_, 0)) {}
    Slot& operator=(const Slot&) = delete;
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (bits_ == 0) {
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
    bool is_leaf() const { return (bits_ & 1) != 0; }
    Leaf* leaf() const { return reinterpret_cast<Leaf*>(bits_ & ~uintptr_t{1}); }
    Node* node() const { return reinterpret_cast<Node*>(bits_); }
    Node* TakeNode() { return reinterpret_cast<Node*>(std::exchange(bits_, 0)); }

   private:
    explicit Slot(uintptr_t bits) : bits_(bits) {}
    uintptr_t bits_;
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

  class NodeRef {
   public:
    NodeRef() = default;
    explicit NodeRef(Node* node) : node_(node) {}
    NodeRef(const NodeRef& other) : node_(other.node_) {
      if (node_ != nullptr) {
        node_->references.fetch_add(1, std::memory_order_relaxed);
      }
    }
    NodeRef(NodeRef&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    NodeRef& operator=(NodeRef other) noexcept {
      std::swap(node_, other.node_);
      return *this;
    }
    ~NodeRef() {
      if (node_ != nullptr) {
        Node::Release(node_);
      }
    }
    Node* get() const { return node_; }

   private:
    Node* node_ = nullptr;
  };

  static uint32_t Index(uint64_t hash, int level) {
    return static_cast<uint32_t>((hash << (level * kBits)) >> kShift);
  }

  // A copy of `node` with `slot` in place of slot `at`.
  static Node* Replaced(const Node& node, uint32_t at, Slot slot) {
    Node* copy = Node::New(node.kind, node.map, node.count);
    for (uint32_t i = 0; i < node.count; ++i) {
      new (copy->slots() + i) Slot(i == at ? std::move(slot) : Slot(node.slots()[i]));
    }
    return copy;
  }

  static Node* WithInserted(const Node& node, uint32_t map, uint32_t at, Slot slot) {
    Node* copy = Node::New(node.kind, map, node.count + 1);
    for (uint32_t i = 0, from = 0; i < copy->count; ++i) {
      new (copy->slots() + i) Slot(i == at ? std::move(slot) : Slot(node.slots()[from++]));
    }
    return copy;
  }

  static Node* WithRemoved(const Node& node, uint32_t map, uint32_t at) {
    Node* copy = Node::New(node.kind, map, node.count - 1);
    for (uint32_t i = 0, to = 0; i < node.count; ++i) {
      if (i != at) {
        new (copy->slots() + to++) Slot(node.slots()[i]);
      }
    }
    return copy;
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

  static Node* Insert(const Node& node, int level, Slot leaf, bool& grew) {
    const uint64_t hash = leaf.leaf()->hash;
    if (node.kind == Kind::kCollision) {
      for (uint32_t i = 0; i < node.count; ++i) {
        if (node.slots()[i].leaf()->key == leaf.leaf()->key) {
          grew = false;
          return Replaced(node, i, std::move(leaf));
        }
      }
      return WithInserted(node, 0, node.count, std::move(leaf));
    }
    const uint32_t bit = 1U << Index(hash, level);
    const auto at = static_cast<uint32_t>(std::popcount(node.map & (bit - 1)));
    if ((node.map & bit) == 0) {
      return WithInserted(node, node.map | bit, at, std::move(leaf));
    }
    const Slot& old = node.slots()[at];
    if (!old.is_leaf()) {
      return Replaced(node, at,
                      Slot::OfNode(Insert(*old.node(), level + 1, std::move(leaf), grew)));
    }
    if (old.leaf()->hash == hash && old.leaf()->key == leaf.leaf()->key) {
      grew = false;
      return Replaced(node, at, std::move(leaf));
    }
    return Replaced(node, at, Slot::OfNode(Pair(level + 1, Slot(old), std::move(leaf))));
  }

  // What is left of `node` without the entry; a lone leaf is handed up so that the trie's shape
  // depends only on its content. REQUIRES: the entry exists and is not the only one.
  template <typename Equals>
  static Slot Remove(const Node& node, int level, uint64_t hash, const Equals& equals) {
    uint32_t at = 0;
    uint32_t map = 0;
    if (node.kind == Kind::kCollision) {
      while (!equals(node.slots()[at].leaf()->key)) {
        ++at;
      }
    } else {
      const uint32_t bit = 1U << Index(hash, level);
      at = static_cast<uint32_t>(std::popcount(node.map & (bit - 1)));
      map = node.map & ~bit;
      if (!node.slots()[at].is_leaf()) {
        Slot child = Remove(*node.slots()[at].node(), level + 1, hash, equals);
        if (child.is_leaf() && node.count == 1) {
          return child;
        }
        return Slot::OfNode(Replaced(node, at, std::move(child)));
      }
    }
    if (node.count == 2 && node.slots()[1 - at].is_leaf()) {
      return node.slots()[1 - at];
    }
    return Slot::OfNode(WithRemoved(node, map, at));
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
      } else if (LastHash(*slot.node()) >= first && !Scan(*slot.node(), first, visit)) {
        return false;
      }
    }
    return true;
  }

  // The highest hash below `node`; lets a scan skip whole subtrees.
  static uint64_t LastHash(const Node& node) {
    const Node* below = &node;
    while (!below->slots()[below->count - 1].is_leaf()) {
      below = below->slots()[below->count - 1].node();
    }
    return below->slots()[below->count - 1].leaf()->hash;
  }

  NodeRef root_;
  size_t size_ = 0;
};

}  // namespace cloudmap
