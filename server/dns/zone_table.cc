#include "server/dns/zone_table.h"

namespace cloudmap::dns {

void ZoneTable::Put(const ZonePtr& zone) {
  const size_t before = zones_.size();
  zones_.PutHashed(zone->apex_hash(), zone->apex(), zone);
  if (zones_.size() != before) {
    ++apex_depths_[static_cast<size_t>(zone->apex_labels())];
  }
}

void ZoneTable::Remove(const Zone& zone) {
  const size_t before = zones_.size();
  const NameView apex = zone.apex();
  zones_.RemoveHashed(zone.apex_hash(), [apex](const NameView& key) { return key == apex; });
  if (zones_.size() != before) {
    --apex_depths_[static_cast<size_t>(zone.apex_labels())];
  }
}

}  // namespace cloudmap::dns
