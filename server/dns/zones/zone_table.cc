#include "server/dns/zones/zone_table.h"

namespace cloudmap::dns {

void ZoneTable::Put(const ZonePtr& zone) {
  Remove(*zone);
  zones_.PutHashed(zone->apex_hash(), zone->apex(), zone);
  ++apex_depths_[static_cast<size_t>(zone->apex_labels())];
  name_count_ += zone->nodes().size();
}

void ZoneTable::Remove(const Zone& zone) {
  const NameView apex = zone.apex();
  const auto is_apex = [apex](const NameView& key) { return key == apex; };
  const ZonePtr* served = zones_.FindHashed(zone.apex_hash(), is_apex);
  if (served == nullptr) {
    return;
  }
  name_count_ -= (*served)->nodes().size();
  --apex_depths_[static_cast<size_t>(zone.apex_labels())];
  // The zone given may be the one served, whose last holder this is.
  const ZonePtr held = *served;
  zones_.RemoveHashed(zone.apex_hash(), is_apex);
}

}  // namespace cloudmap::dns
