// Resolve: what a zone says of a name and a type. Looks up; writes nothing, cannot fail.
#pragma once

#include <cstdint>

#include "server/dns/zone.h"
#include "server/dns/zone_table.h"

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

// REQUIRES: `match` is what ZoneTable::Find says of `name`.
Resolution Resolve(const ZoneMatch& match, const LookupName& name, uint16_t qtype);

}  // namespace cloudmap::dns
