// AWS names of proto enum values: the value's name without the enum's UPPER_SNAKE prefix
// (RECORD_TYPE_A -> "A").
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace cloudmap::registry {

absl::string_view EnumName(const google::protobuf::EnumValueDescriptor& value);

// All but the unspecified value, in order.
std::vector<std::string> EnumNames(const google::protobuf::EnumDescriptor& type);

// nullptr when there is no such value; "UNSPECIFIED" is none.
const google::protobuf::EnumValueDescriptor* FindEnumValue(
    const google::protobuf::EnumDescriptor& type, absl::string_view name);

}  // namespace cloudmap::registry
