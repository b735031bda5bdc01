// How long a resolver may remember that a name of a namespace does not exist.
#pragma once

#include <cstdint>

#include "registry/model/record.h"
#include "registry/options.h"

namespace cloudmap::registry {

// The TTL, in seconds, of the namespace's SOA record: its SOA property, or the default of its type
// where it has none. REQUIRES: a DNS namespace.
int64_t SoaTtlOf(const SoaTtls& defaults, const NamespaceRecord& record);

}  // namespace cloudmap::registry
