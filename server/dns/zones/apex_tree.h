// ApexTree: which zones there are, so that the zones right below one are found without looking at
// the others.
//
//   ApexTree tree;
//   tree.Insert(zone->apex());
//   for (const std::string& apex : tree.Children(parent->apex())) ...
//
// Not thread-safe: it belongs to whoever makes the next ZoneTable.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "server/dns/message/name.h"

namespace cloudmap::dns {

class ApexTree {
 public:
  // A wire name in lower case; once is enough.
  void Insert(NameView apex);
  void Remove(NameView apex);
  void Clear() { keys_.clear(); }

  // The apexes below `apex` that have no other apex between, as wire names. Costs O(log n) for each
  // of them. `looked_at`, if given, is how many entries were visited.
  std::vector<std::string> Children(NameView apex, size_t* looked_at = nullptr) const;

 private:
  // A name's labels from the last to the first, each behind its length: the names below one follow
  // it in order, all with its key as their prefix.
  static std::string KeyOf(NameView apex);
  static std::string NameOf(const std::string& key);

  std::set<std::string> keys_;
};

}  // namespace cloudmap::dns
