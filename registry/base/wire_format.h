// Protobuf messages as bytes, where more is asked of them than what SerializeAsString promises.
//
// Pure functions; any thread may call them.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace cloudmap {

// The message in protobuf's wire format, the same bytes for the same content: fields by number,
// maps by key. Within one version of protobuf, that is; bytes that are compared over a longer time
// may differ once and be taken for different content.
std::string SerializeDeterministically(const google::protobuf::MessageLite& message);

// The fields of a message that its type does not know, because a newer version of this program
// wrote it, in wire format. They are kept and written back, so that an older server loses nothing.
std::string UnknownFieldsOf(const google::protobuf::Message& message);
// Adds such fields to a message. `unknown` is what UnknownFieldsOf gave; "" adds nothing.
void SetUnknownFields(absl::string_view unknown, google::protobuf::Message& message);

}  // namespace cloudmap
