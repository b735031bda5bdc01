#include "registry/schema/validate.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cloudmap/v1/options.pb.h"
#include "google/protobuf/descriptor.h"
#include "registry/schema/enum_names.h"
#include "registry/schema/formats.h"
#include "registry/schema/string_maps.h"

namespace cloudmap::registry {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void AddBounds(int64_t actual, const v1::Bounds& bounds, absl::string_view what,
               std::vector<std::string>& constraints) {
  if (bounds.has_max() && actual > bounds.max()) {
    constraints.push_back(
        absl::StrCat("Member must have ", what, " less than or equal to ", bounds.max()));
  }
  if (bounds.has_min() && actual < bounds.min()) {
    constraints.push_back(
        absl::StrCat("Member must have ", what, " greater than or equal to ", bounds.min()));
  }
}

// Characters, not bytes: AWS counts a letter outside ASCII once.
int64_t CharacterCount(absl::string_view text) {
  int64_t count = 0;
  for (const char c : text) {
    count += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  }
  return count;
}

// The constraints that `text` breaks, length before pattern as AWS orders them.
std::vector<std::string> BrokenBy(absl::string_view text, const v1::FieldRules& rules) {
  std::vector<std::string> constraints;
  if (rules.has_length()) {
    AddBounds(CharacterCount(text), rules.length(), "length", constraints);
  }
  if (rules.format() != v1::FORMAT_UNSPECIFIED && !Matches(rules.format(), text)) {
    constraints.push_back(PatternConstraint(rules.format()));
  }
  return constraints;
}

class Walker {
 public:
  explicit Walker(Violations& violations) : violations_(violations) {}

  void Walk(const Message& message, const std::string& parent) {
    const auto* descriptor = message.GetDescriptor();
    for (int i = 0; i < descriptor->field_count(); ++i) {
      const FieldDescriptor* field = descriptor->field(i);
      const v1::FieldRules& rules = field->options().GetExtension(v1::rules);
      if (field->is_map()) {
        WalkMap(message, *field, rules, parent);
      } else if (field->is_repeated()) {
        WalkList(message, *field, rules, parent);
      } else {
        WalkSingle(message, *field, rules, parent);
      }
    }
  }

 private:
  void AddAll(absl::string_view value, const std::string& path,
              const std::vector<std::string>& constraints) {
    for (const std::string& constraint : constraints) {
      violations_.Add(value, path, constraint);
    }
  }

  void WalkSingle(const Message& message, const FieldDescriptor& field, const v1::FieldRules& rules,
                  const std::string& parent) {
    const Reflection& reflection = *message.GetReflection();
    const auto path = [&] { return MemberPath(parent, field.json_name()); };
    if (!reflection.HasField(message, &field)) {
      if (rules.required()) {
        violations_.AddNull(path());
      }
      return;
    }
    std::string scratch;
    std::vector<std::string> broken;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        Walk(reflection.GetMessage(message, &field), path());
        return;
      case FieldDescriptor::CPPTYPE_STRING: {
        const std::string& text = reflection.GetStringReference(message, &field, &scratch);
        broken = BrokenBy(text, rules);
        if (!broken.empty()) {
          AddAll(text, path(), broken);
        }
        return;
      }
      case FieldDescriptor::CPPTYPE_INT32:
      case FieldDescriptor::CPPTYPE_INT64: {
        const int64_t value = field.cpp_type() == FieldDescriptor::CPPTYPE_INT32
                                  ? reflection.GetInt32(message, &field)
                                  : reflection.GetInt64(message, &field);
        AddBounds(value, rules.value(), "value", broken);
        if (!broken.empty()) {
          AddAll(absl::StrCat(value), path(), broken);
        }
        return;
      }
      case FieldDescriptor::CPPTYPE_ENUM: {
        const int value = reflection.GetEnumValue(message, &field);
        if (value == 0 || field.enum_type()->FindValueByNumber(value) == nullptr) {
          violations_.AddEnum(absl::StrCat(value), path(), EnumNames(*field.enum_type()));
        }
        return;
      }
      default:
        return;
    }
  }

  void WalkList(const Message& message, const FieldDescriptor& field, const v1::FieldRules& rules,
                const std::string& parent) {
    const Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, &field);
    const std::string path = MemberPath(parent, field.json_name());
    if (size == 0 && (!rules.required() || violations_.IsNull(path))) {
      return;
    }
    std::vector<std::string> texts;
    bool element_broken = false;
    for (int i = 0; i < size && !violations_.full(); ++i) {
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Walk(reflection.GetRepeatedMessage(message, &field, i), ElementPath(path, i));
        texts.push_back("...");
      } else {
        texts.push_back(reflection.GetRepeatedString(message, &field, i));
        element_broken = element_broken || !BrokenBy(texts.back(), rules.element()).empty();
      }
    }
    std::vector<std::string> broken;
    AddBounds(size, rules.items(), "length", broken);
    if (element_broken) {
      broken.push_back(
          absl::StrCat("Member must satisfy constraint: ", ElementConstraints(rules.element())));
    }
    if (!broken.empty()) {
      AddAll(absl::StrCat("[", absl::StrJoin(texts, ", "), "]"), path, broken);
    }
  }

  void WalkMap(const Message& message, const FieldDescriptor& field, const v1::FieldRules& rules,
               const std::string& parent) {
    const StringMap* map = FindStringMap(message, field);
    StringMap copy;
    if (map == nullptr) {
      copy = CopyStringMap(message, field);
      map = &copy;
    }
    const auto path = [&] { return MemberPath(parent, field.json_name()); };
    if (map->empty() && (!rules.required() || violations_.IsNull(path()))) {
      return;
    }
    std::vector<std::string> broken;
    AddBounds(static_cast<int64_t>(map->size()), rules.items(), "length", broken);
    bool key_broken = false;
    bool value_broken = false;
    for (const auto& [key, value] : *map) {
      key_broken = key_broken || !BrokenBy(key, rules.key()).empty();
      value_broken = value_broken || !BrokenBy(value, rules.element()).empty();
    }
    if (key_broken) {
      broken.push_back(
          absl::StrCat("Map keys must satisfy constraint: ", ElementConstraints(rules.key())));
    }
    if (value_broken) {
      broken.push_back(
          absl::StrCat("Map value must satisfy constraint: ", ElementConstraints(rules.element())));
    }
    if (!broken.empty()) {
      std::vector<std::string> texts;
      for (const auto& [key, value] : *map) {
        texts.push_back(absl::StrCat(key, "=", value));
      }
      std::sort(texts.begin(), texts.end());  // a map has no order; a message should
      AddAll(absl::StrCat("{", absl::StrJoin(texts, ", "), "}"), path(), broken);
    }
  }

  Violations& violations_;
};

}  // namespace

void Validate(const Message& request, Violations& violations) {
  Walker(violations).Walk(request, "");
}

}  // namespace cloudmap::registry
