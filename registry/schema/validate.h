// Validation of a request against the (rules) of its fields: the same for every operation and
// transport.
#pragma once

#include "google/protobuf/message.h"
#include "registry/schema/violations.h"

namespace cloudmap::registry {

// Adds every violation in `request`, nested messages included, to `violations`. A required list
// or map is not missed here: only JSON can tell an absent one from an empty one.
void Validate(const google::protobuf::Message& request, Violations& violations);

}  // namespace cloudmap::registry
