// What is due when: at most one deadline per key, which can be moved and cancelled. A pure value:
// it knows no clock, no thread and no lock.
//
//   DeadlineQueue<std::string, absl::Time> queue;
//   queue.Put("lease-1", now + absl::Seconds(10));
//   queue.Put("lease-1", now + absl::Seconds(20));   // moved: there is still one
//   queue.Cancel("lease-2");                         // false: there was none
//   while (std::optional<std::string> due = queue.PopDue(now)) { ... }
//
// Deadlines leave in the order of their time, and those of one time in the order in which they were
// last put, so that a run of a simulator can be replayed.
//
// An indexed binary heap: Put, Cancel and PopDue cost O(log n), Next costs O(1). `Time` needs
// operator< and operator<=. Lookups take any type that `Hash` and `Equal` do.
//
// Thread safety: none of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/node_hash_map.h"

namespace cloudmap {

template <typename Key, typename Time,
          typename Hash = typename absl::node_hash_map<Key, size_t>::hasher,
          typename Equal = typename absl::node_hash_map<Key, size_t>::key_equal>
class DeadlineQueue {
 public:
  // Sets the key's deadline, or moves it.
  void Put(const Key& key, Time due) {
    const auto [known, is_new] = places_.try_emplace(key, heap_.size());
    const size_t place = known->second;
    if (is_new) {
      heap_.push_back({due, next_order_, &*known});
    } else {
      heap_[place].due = due;
      heap_[place].order = next_order_;
    }
    ++next_order_;
    Sift(place);
  }

  // False when the key has no deadline.
  template <typename K>
  bool Cancel(const K& key) {
    const auto known = places_.find(key);
    if (known == places_.end()) {
      return false;
    }
    Remove(known->second);
    return true;
  }

  // The key's deadline, or nullopt.
  template <typename K>
  std::optional<Time> Find(const K& key) const {
    const auto known = places_.find(key);
    return known == places_.end() ? std::nullopt : std::make_optional(heap_[known->second].due);
  }

  // The first deadline, or nullopt when there is none.
  std::optional<Time> Next() const {
    return heap_.empty() ? std::nullopt : std::make_optional(heap_.front().due);
  }

  // Takes out the first that is due at `now`, or nullopt when none is.
  std::optional<Key> PopDue(Time now) {
    if (heap_.empty() || !(heap_.front().due <= now)) {
      return std::nullopt;
    }
    Key key = heap_.front().slot->first;
    Remove(0);
    return key;
  }

  void Clear() {
    heap_.clear();
    places_.clear();
  }

  size_t size() const { return heap_.size(); }
  bool empty() const { return heap_.empty(); }

 private:
  // Key -> index in heap_. Nodes stay where they are, so that the heap can point to them.
  using Places = absl::node_hash_map<Key, size_t, Hash, Equal>;
  struct Item {
    Time due;
    uint64_t order;
    typename Places::value_type* slot;

    bool IsBefore(const Item& other) const {
      return due < other.due || (!(other.due < due) && order < other.order);
    }
  };

  void Set(size_t place, Item item) {
    item.slot->second = place;
    heap_[place] = item;
  }

  // Restores the heap's order after the item at `place` has changed.
  void Sift(size_t place) {
    const Item item = heap_[place];
    while (place > 0 && item.IsBefore(heap_[(place - 1) / 2])) {
      Set(place, heap_[(place - 1) / 2]);
      place = (place - 1) / 2;
    }
    for (size_t child = 2 * place + 1; child < heap_.size(); child = 2 * place + 1) {
      if (child + 1 < heap_.size() && heap_[child + 1].IsBefore(heap_[child])) {
        ++child;
      }
      if (!heap_[child].IsBefore(item)) {
        break;
      }
      Set(place, heap_[child]);
      place = child;
    }
    Set(place, item);
  }

  void Remove(size_t place) {
    places_.erase(heap_[place].slot->first);
    const Item last = heap_.back();
    heap_.pop_back();
    if (place < heap_.size()) {
      heap_[place] = last;
      Sift(place);
    }
  }

  uint64_t next_order_ = 0;
  Places places_;
  std::vector<Item> heap_;
};

}  // namespace cloudmap
