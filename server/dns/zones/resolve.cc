#include "server/dns/zones/resolve.h"

namespace cloudmap::dns {

const RRset* AnyOf(const Node& node, const Zone& zone, bool at_apex) {
  if (!node.rrsets().empty()) {
    return &node.rrsets()[0];
  }
  return at_apex ? zone.authority().Find(type::kSoa) : nullptr;
}

}  // namespace cloudmap::dns
