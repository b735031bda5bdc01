// AWS's names of enum values. In the proto a value carries its enum's name in front, as its style
// guide asks; AWS's name is the rest.
//
//   EnumName(*v1::RecordType_descriptor()->FindValueByNumber(v1::RECORD_TYPE_A));   // "A"
//   FindEnumValue(*v1::RecordType_descriptor(), "A")->number();                     //
//   RECORD_TYPE_A
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace cloudmap::registry {

// Valid for as long as the program runs.
absl::string_view EnumName(const google::protobuf::EnumValueDescriptor& value);

// The names of all values but the unspecified one, in the order of the proto.
std::vector<std::string> EnumNames(const google::protobuf::EnumDescriptor& type);

// The value that AWS calls `name`; nullptr when there is none. "UNSPECIFIED" is none.
const google::protobuf::EnumValueDescriptor* FindEnumValue(
    const google::protobuf::EnumDescriptor& type, absl::string_view name);

}  // namespace cloudmap::registry
