// Resolve: what a zone says of a name and a type. Looks up; writes nothing, cannot fail.
#pragma once

#include <cstdint>

#include "server/dns/zones/zone.h"
#include "server/dns/zones/zone_table.h"

namespace cloudmap::dns {

enum class Outcome : uint8_t {
  kHit,       // `rrset` answers
  kCname,     // `rrset` is the CNAME to follow
  kNodata,    // the name exists, the type does not (RFC 2308 s2.2); also empty non-terminals
  kNxdomain,  // neither the name nor anything below it exists (RFC 8020)
  kAlias,     // the addresses of another name, which only a resolver could tell
};

struct Resolution {
  Outcome outcome = Outcome::kNxdomain;
  const RRset* rrset = nullptr;
};

// One RRset stands for all (RFC 8482 s4.1): the first of the node, at an apex the SOA.
const RRset* AnyOf(const Node& node, const Zone& zone, bool at_apex);

// REQUIRES: `match` is what ZoneTable::Find says of `name`.
inline Resolution Resolve(const ZoneMatch& match, const LookupName& name, uint16_t qtype) {
  const Zone& zone = *match.zone;
  const NodeEntry* entry = zone.Find(name.suffix_hash(0), name.view());
  if (entry == nullptr) {
    return {Outcome::kNxdomain, nullptr};
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
    return {Outcome::kHit, rrset};
  }
  if (node.has_alias(qtype)) {
    return {Outcome::kAlias, nullptr};
  }
  // A CNAME is alone at its name (RFC 2181 s10.1).
  if (!node.rrsets().empty() && node.rrsets()[0].type() == type::kCname) {
    return {Outcome::kCname, &node.rrsets()[0]};
  }
  return {Outcome::kNodata, nullptr};
}

}  // namespace cloudmap::dns
