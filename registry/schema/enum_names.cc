#include "registry/schema/enum_names.h"

#include "absl/strings/match.h"
#include "registry/base/check.h"

namespace cloudmap::registry {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;

absl::string_view EnumName(const EnumValueDescriptor& value) {
  // Value 0 is PREFIX_UNSPECIFIED in every enum (proto/README.md).
  static constexpr absl::string_view kUnspecified = "UNSPECIFIED";
  const std::string& zero = value.type()->value(0)->name();
  CLOUDMAP_CHECK(absl::EndsWith(zero, kUnspecified), "enums start with PREFIX_UNSPECIFIED");
  return absl::string_view(value.name()).substr(zero.size() - kUnspecified.size());
}

std::vector<std::string> EnumNames(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 1; i < type.value_count(); ++i) {
    names.emplace_back(EnumName(*type.value(i)));
  }
  return names;
}

const EnumValueDescriptor* FindEnumValue(const EnumDescriptor& type, absl::string_view name) {
  for (int i = 1; i < type.value_count(); ++i) {
    if (EnumName(*type.value(i)) == name) {
      return type.value(i);
    }
  }
  return nullptr;
}

}  // namespace cloudmap::registry
