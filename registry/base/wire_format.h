// Messages as bytes.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace cloudmap {

// The message in protobuf's wire format, the same bytes for the same content: fields by number,
// maps by key.
std::string SerializeDeterministically(const google::protobuf::MessageLite& message);

// What is in a message that its type does not know, being older than what wrote it.
std::string UnknownFieldsOf(const google::protobuf::Message& message);
// `unknown` is what UnknownFieldsOf gave.
void SetUnknownFields(absl::string_view unknown, google::protobuf::Message& message);

}  // namespace cloudmap
