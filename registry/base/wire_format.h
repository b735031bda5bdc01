// Messages as bytes.
#pragma once

#include <string>

#include "google/protobuf/message_lite.h"

namespace cloudmap {

// The message in protobuf's wire format, the same bytes for the same content: fields by number,
// maps by key.
std::string SerializeDeterministically(const google::protobuf::MessageLite& message);

}  // namespace cloudmap
