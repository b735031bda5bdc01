// The nodes of PersistentMap's hash trie, and who owns them.
//
// A trie node is either a branch, which tells up to 32 ways apart by 5 bits of the hash, or a
// collision, which lists leaves whose 64 bits of hash agree. A leaf holds one key and its value.
//
//   Slot<K, V> slot = Slot<K, V>::OfLeaf(new Leaf<K, V>(hash, key, value));   // owns the leaf
//   Slot<K, V> other = slot;                                                  // shares it
//
// Ownership: a Slot counts as one reference to what it points to; the last one to go deletes it,
// and with a branch everything that only that branch refers to. Versions of a map share nodes this
// way.
//
// Threads: the counts are atomic, so slots may be copied and destroyed anywhere. What a slot points
// to may be changed only by the thread that holds its sole reference (IsOwn).
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace cloudmap::trie {

// Bits of the hash that one level tells apart.
inline constexpr int kBits = 5;
// A hash shifted right by this leaves the index at the first level.
inline constexpr int kShift = 64 - kBits;
// 12 levels of 5 bits and one of 4; entries that still agree share one collision node.
inline constexpr int kLevels = 13;

enum class Kind : uint8_t { kBranch, kCollision };

template <typename K, typename V>
struct Leaf {
  Leaf(uint64_t h, K k, V v) : hash(h), key(std::move(k)), value(std::move(v)) {}
  std::atomic<uint32_t> references{1};
  uint64_t hash;
  K key;
  V value;
};

template <typename K, typename V>
struct Node;

// An owning pointer to a leaf (low bit set), to a node, or to nothing.
template <typename K, typename V>
class Slot {
 public:
  using LeafType = Leaf<K, V>;
  using NodeType = Node<K, V>;

  Slot() = default;
  // Both take over the caller's reference.
  static Slot OfLeaf(LeafType* leaf) { return Slot(reinterpret_cast<uintptr_t>(leaf) | 1); }
  static Slot OfNode(NodeType* node) { return Slot(reinterpret_cast<uintptr_t>(node)); }

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
      NodeType::Release(node());
    }
  }

  bool empty() const { return bits_ == 0; }
  bool is_leaf() const { return (bits_ & 1) != 0; }

  // The low bit says which; the analyzer does not follow the counts.
  // NOLINTBEGIN(performance-no-int-to-ptr, clang-analyzer-cplusplus.NewDelete)

  // REQUIRES: is_leaf().
  LeafType* leaf() const { return reinterpret_cast<LeafType*>(bits_ & ~uintptr_t{1}); }
  // nullptr when empty. REQUIRES: !is_leaf().
  NodeType* node() const { return reinterpret_cast<NodeType*>(bits_); }
  // The same, with the slot's reference: the slot is empty afterwards.
  NodeType* TakeNode() { return reinterpret_cast<NodeType*>(std::exchange(bits_, 0)); }

  // NOLINTEND(performance-no-int-to-ptr, clang-analyzer-cplusplus.NewDelete)

 private:
  explicit Slot(uintptr_t bits) : bits_(bits) {}
  std::atomic<uint32_t>& references() const {
    return is_leaf() ? leaf()->references : node()->references;
  }

  uintptr_t bits_ = 0;
};

// `count` slots follow the node in the same allocation, those of a branch in ascending order of
// their index.
template <typename K, typename V>
struct Node {
  using SlotType = Slot<K, V>;

  std::atomic<uint32_t> references{1};
  Kind kind = Kind::kBranch;
  uint32_t map = 0;  // of a branch: bit i is set when there is a slot of index i
  uint32_t count = 0;

  SlotType* slots() { return reinterpret_cast<SlotType*>(this + 1); }
  const SlotType* slots() const { return reinterpret_cast<const SlotType*>(this + 1); }

  // The slots are raw memory: the caller constructs all `count` of them.
  static Node* New(Kind kind, uint32_t map, uint32_t count) {
    static_assert(sizeof(Node) % alignof(SlotType) == 0);
    auto* node = new (::operator new(sizeof(Node) + count * sizeof(SlotType))) Node;
    node->kind = kind;
    node->map = map;
    node->count = count;
    return node;
  }

  // Gives up one reference.
  static void Release(Node* node) {
    if (node->references.fetch_sub(1, std::memory_order_acq_rel) != 1) {
      return;
    }
    for (uint32_t i = 0; i < node->count; ++i) {
      node->slots()[i].~SlotType();
    }
    node->~Node();
    ::operator delete(node);
  }
};

// The index of a hash among the ways of a branch at `level`, counted from 0 at the root.
inline uint32_t Index(uint64_t hash, int level) {
  return static_cast<uint32_t>((hash << (level * kBits)) >> kShift);
}

// How many slots of a branch stand before the one of `bit`.
inline uint32_t PlaceOfBit(uint32_t map, uint32_t bit) {
  return static_cast<uint32_t>(std::popcount(map & (bit - 1)));
}

// The highest hash below `node`, which is not empty.
template <typename K, typename V>
uint64_t LastHashBelow(const Node<K, V>& node) {
  const Node<K, V>* below = &node;
  while (!below->slots()[below->count - 1].is_leaf()) {
    below = below->slots()[below->count - 1].node();
  }
  return below->slots()[below->count - 1].leaf()->hash;
}

// How many leaves there are below the slot.
template <typename K, typename V>
size_t CountOf(const Slot<K, V>& slot) {
  if (slot.is_leaf()) {
    return 1;
  }
  size_t count = 0;
  for (uint32_t i = 0; i < slot.node()->count; ++i) {
    count += CountOf(slot.node()->slots()[i]);
  }
  return count;
}

// Calls visit(hash, key, value) in ascending order of hash for the leaves whose hash is `first` or
// more, until it returns false; false then.
template <typename K, typename V, typename Visit>
bool Scan(const Node<K, V>& node, uint64_t first, const Visit& visit) {
  for (uint32_t i = 0; i < node.count; ++i) {
    const Slot<K, V>& slot = node.slots()[i];
    if (slot.is_leaf()) {
      const Leaf<K, V>* leaf = slot.leaf();
      if (leaf->hash >= first && !visit(leaf->hash, leaf->key, leaf->value)) {
        return false;
      }
    } else if (LastHashBelow(*slot.node()) >= first && !Scan(*slot.node(), first, visit)) {
      return false;
    }
  }
  return true;
}

}  // namespace cloudmap::trie
