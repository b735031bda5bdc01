// Validation of a request against the (rules) that service_discovery.proto states for its fields:
// the same for every operation and transport.
//
//   Violations violations;
//   Validate(request, violations);
//   RETURN_IF_ERROR(violations.ToStatus());
//
// What only the registry's state can tell, and what one member says of another, is the decisions'
// business (registry/decide). Any thread may call it.
#pragma once

#include "google/protobuf/message.h"
#include "registry/schema/violations.h"

namespace cloudmap::registry {

// Adds every violation in `request`, nested messages included, to `violations`, as far as there is
// room (kViolationsMax). A required list or map is not missed here: protobuf cannot tell an absent
// one from an empty one; the JSON reader can, and adds it.
void Validate(const google::protobuf::Message& request, Violations& violations);

}  // namespace cloudmap::registry
