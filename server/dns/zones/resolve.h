// Resolve: what a zone says of a name and a type. It looks up and writes nothing; it cannot fail.
//
//   const ZoneMatch match = zones.Find(name);
//   const Resolution resolution = Resolve(match, name, type::kA);
//   if (resolution.kind == Resolution::Kind::kHit) ... *resolution.rrset
//
// A Resolution points into the zone and is valid as long as the ZoneTable is.
#pragma once

#include <cstdint>

#include "server/dns/zones/zone.h"
#include "server/dns/zones/zone_table.h"

namespace cloudmap::dns {

struct Resolution {
  enum class Kind : uint8_t {
    kHit,       // `rrset` answers
    kCname,     // `rrset` is the CNAME to follow
    kNodata,    // the name exists, the type does not (RFC 2308 s2.2); also empty non-terminals
    kNxdomain,  // neither the name nor anything below it exists (RFC 8020)
    kAlias,     // the addresses of another name, which only a resolver could tell
  };

  Kind kind = Kind::kNxdomain;
  const RRset* rrset = nullptr;
};

// What is answered to QTYPE ANY: one RRset stands for all (RFC 8482 s4.1), the first of the node
// or, at an apex without records, the SOA. nullptr when there is none.
inline const RRset* AnyOf(const Node& node, const Zone& zone, bool at_apex) {
  if (!node.rrsets().empty()) {
    return &node.rrsets()[0];
  }
  return at_apex ? zone.authority().Find(type::kSoa) : nullptr;
}

// REQUIRES: `match` is what ZoneTable::Find says of `name`, and has a zone.
inline Resolution Resolve(const ZoneMatch& match, const LookupName& name, uint16_t qtype) {
  const Zone& zone = *match.zone;
  const NodeEntry* entry = zone.Find(name.suffix_hash(0), name.view());
  if (entry == nullptr) {
    return {Resolution::Kind::kNxdomain, nullptr};
  }
  const Node& node = *entry->node;
  const bool at_apex = match.apex_label == 0;
  const RRset* rrset = node.Find(qtype);
  if (rrset == nullptr && at_apex) {
    rrset = zone.authority().Find(qtype);
  }
  if (rrset == nullptr && qtype == type::kAny) {
    rrset = AnyOf(node, zone, at_apex);
  }
  if (rrset != nullptr) {
    return {Resolution::Kind::kHit, rrset};
  }
  if (node.has_alias(qtype)) {
    return {Resolution::Kind::kAlias, nullptr};
  }
  // A CNAME is alone at its name (RFC 2181 s10.1).
  if (!node.rrsets().empty() && node.rrsets()[0].type() == type::kCname) {
    return {Resolution::Kind::kCname, &node.rrsets()[0]};
  }
  return {Resolution::Kind::kNodata, nullptr};
}

}  // namespace cloudmap::dns
