// ZoneTable: every zone that is served, as an immutable value, and the zone of a name.
//
//   name.Hash(zones.hash_key());
//   ZoneMatch match = zones.Find(name);       // the zone with the longest matching apex
//
// Thread safety: a ZoneTable never changes; versions share structure.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "registry/base/persistent_map.h"
#include "server/dns/message/name.h"
#include "server/dns/zones/zone.h"

namespace cloudmap::dns {

struct ZoneMatch {
  const Zone* zone = nullptr;
  // The suffix of the name that is the zone's apex.
  int apex_label = 0;
};

using ZonePtr = std::shared_ptr<const Zone>;

class ZoneTable {
 public:
  // `key` is random per process, so that names with equal hashes cannot be made up.
  explicit ZoneTable(const SipKey& key) : key_(key) {}

  const SipKey& hash_key() const { return key_; }
  // Of the last batch of the registry that this table contains (I3).
  int64_t revision() const { return revision_; }
  size_t zone_count() const { return zones_.size(); }
  // Of all zones together, empty non-terminals counted.
  size_t name_count() const { return name_count_; }

  // The deepest zone that encloses the suffix of `name` from `first_label` on. REQUIRES: the name
  // was hashed with hash_key().
  ZoneMatch Find(const LookupName& name, int first_label = 0) const {
    const int labels = name.label_count();
    for (int label = first_label; label <= labels; ++label) {
      if (apex_depths_.data()[labels - label] == 0) {
        continue;
      }
      const NameView suffix = name.suffix(label);
      const ZonePtr* zone = zones_.FindHashed(
          name.suffix_hash(label), [suffix](const NameView& key) { return key == suffix; });
      if (zone != nullptr) {
        return {zone->get(), label};
      }
    }
    return {};
  }

  const ZonePtr* FindApex(const LookupName& name) const {
    const NameView view = name.view();
    return zones_.FindHashed(name.suffix_hash(0),
                             [view](const NameView& key) { return key == view; });
  }

  // visit(const ZonePtr&) for every zone.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    zones_.ForEach([&visit](const NameView&, const ZonePtr& zone) { visit(zone); });
  }

  // For the one thread that makes the next version.
  void Put(const ZonePtr& zone);
  void Remove(const Zone& zone);
  void set_revision(int64_t revision) { revision_ = revision; }

 private:
  SipKey key_;
  int64_t revision_ = 0;
  PersistentMap<NameView, ZonePtr, NoHash> zones_;
  size_t name_count_ = 0;
  // How many zones have an apex of so many labels: spares most of a query's suffixes a look-up.
  std::array<uint32_t, kMaxNameSize / 2 + 1> apex_depths_{};
};

}  // namespace cloudmap::dns
