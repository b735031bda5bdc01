#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cloudmap/v1/errors.pb.h"
#include "cloudmap/v1/options.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/timestamp.pb.h"
#include "nlohmann/json.hpp"
#include "registry/base/check.h"
#include "registry/base/status_macros.h"
#include "registry/errors.h"
#include "registry/rules/enum_names.h"
#include "server/json/proto_json.h"

namespace cloudmap::json {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;
using Json = nlohmann::json;

// The API's own messages nest 6 deep; the rest is room for members that are ignored.
constexpr int kDepthMax = 64;
// RFC 3339's years 0001 to 9999, which are also a Timestamp's.
constexpr double kSecondsMin = -62135596800.0;
constexpr double kSecondsMax = 253402300799.0;

// Where in the document: a chain on the stack, put into words only when something is wrong.
struct Path {
  const Path* parent = nullptr;
  absl::string_view member;
  int element = -1;  // From 0; -1 when this is a member and not a list element.

  std::string ToString() const {
    if (parent == nullptr) {
      return "";
    }
    const std::string above = parent->ToString();
    return element < 0 ? registry::MemberPath(above, member)
                       : registry::ElementPath(above, element);
  }
};

absl::Status WrongType(const Path& path, absl::string_view expected, const Json& value) {
  const absl::string_view got = value.type_name();
  if (path.parent == nullptr) {
    return MakeError(v1::SERIALIZATION,
                     absl::StrCat("The request body must be ", expected, ", not ", got, "."));
  }
  return MakeError(v1::SERIALIZATION, absl::StrCat("Value at '", path.ToString(), "' must be ",
                                                   expected, ", not ", got, "."));
}

absl::Status OutOfRange(const Path& path, absl::string_view expected) {
  return MakeError(v1::SERIALIZATION,
                   absl::StrCat("Value at '", path.ToString(), "' must be ", expected, "."));
}

template <typename Int>
absl::Status ReadInteger(const Json& value, const Path& path, Int& out) {
  constexpr absl::string_view kExpected =
      sizeof(Int) == 4 ? "an integer of 32 bits" : "an integer of 64 bits";
  if (!value.is_number()) {
    return WrongType(path, kExpected, value);
  }
  int64_t wide = 0;
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return OutOfRange(path, kExpected);
    }
    wide = static_cast<int64_t>(number);
  } else if (value.is_number_integer()) {
    wide = value.get<int64_t>();
  } else {
    const auto number = value.get<double>();
    // A double this large has been rounded, perhaps into range.
    if (number != std::floor(number) || number <= -0x1p63 || number >= 0x1p63) {
      return OutOfRange(path, kExpected);
    }
    wide = static_cast<int64_t>(number);
  }
  if (wide < std::numeric_limits<Int>::min() || wide > std::numeric_limits<Int>::max()) {
    return OutOfRange(path, kExpected);
  }
  out = static_cast<Int>(wide);
  return absl::OkStatus();
}

absl::Status ReadTimestamp(const Json& value, const Path& path, Message& out) {
  if (!value.is_number()) {
    return WrongType(path, "a number of seconds since 1970", value);
  }
  const auto number = value.get<double>();
  if (!(number >= kSecondsMin && number <= kSecondsMax)) {
    return OutOfRange(path, "a time in the years 1 to 9999");
  }
  // A double holds today's seconds to a fraction of a microsecond.
  const double whole = std::floor(number);
  int64_t seconds = static_cast<int64_t>(whole);
  int64_t micros = std::llround((number - whole) * 1e6);
  if (micros == 1'000'000) {
    ++seconds;
    micros = 0;
  }
  Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(micros * 1000));
  out.CopyFrom(timestamp);
  return absl::OkStatus();
}

// A map as AWS prints it; nlohmann keeps it in order.
std::string TextOf(const Json& map) {
  std::vector<std::string> entries;
  for (const auto& [key, value] : map.items()) {
    entries.push_back(
        absl::StrCat(key, "=", value.is_string() ? value.get_ref<const std::string&>() : "null"));
  }
  return absl::StrCat("{", absl::StrJoin(entries, ", "), "}");
}

class Decoder {
 public:
  explicit Decoder(registry::Violations& found) : found_(found) {}

  absl::Status ReadMessage(const Json& value, const Path& path, Message& message) {
    if (message.GetDescriptor() == Timestamp::descriptor()) {
      return ReadTimestamp(value, path, message);
    }
    if (!value.is_object()) {
      return WrongType(path, "an object", value);
    }
    const google::protobuf::Descriptor& type = *message.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      const Path below{&path, field.json_name()};
      const auto member = value.find(field.json_name());
      if (member == value.end() || member->is_null()) {
        if (field.is_repeated() && field.options().GetExtension(v1::rules).required()) {
          found_.AddNull(below.ToString());
        }
        continue;
      }
      if (field.is_map()) {
        RETURN_IF_ERROR(ReadMap(*member, below, field, message));
      } else if (field.is_repeated()) {
        RETURN_IF_ERROR(ReadList(*member, below, field, message));
      } else {
        RETURN_IF_ERROR(ReadValue(*member, below, field, message));
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ReadList(const Json& value, const Path& path, const FieldDescriptor& field,
                        Message& message) {
    if (!value.is_array()) {
      return WrongType(path, "a list", value);
    }
    const v1::FieldRules& rules = field.options().GetExtension(v1::rules);
    if (value.empty() && !rules.required() && rules.items().min() > 0) {
      // Left out it may be; the message cannot tell one from the other.
      found_.Add(
          "[]", path.ToString(),
          absl::StrCat("Member must have length greater than or equal to ", rules.items().min()));
    }
    int index = 0;
    for (const Json& element : value) {
      const Path below{&path, {}, index++};
      if (element.is_null()) {
        found_.AddNull(below.ToString());
      } else {
        RETURN_IF_ERROR(ReadValue(element, below, field, message));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadMap(const Json& value, const Path& path, const FieldDescriptor& field,
                       Message& message) {
    if (!value.is_object()) {
      return WrongType(path, "an object", value);
    }
    const Reflection& reflection = *message.GetReflection();
    const FieldDescriptor& key_field = *field.message_type()->map_key();
    const FieldDescriptor& value_field = *field.message_type()->map_value();
    CLOUDMAP_CHECK(key_field.cpp_type() == FieldDescriptor::CPPTYPE_STRING,
                   "AWS maps have string keys");
    bool has_null = false;
    for (const auto& [key, element] : value.items()) {
      if (element.is_null()) {
        has_null = true;
        continue;
      }
      Message& entry = *reflection.AddMessage(&message, &field);
      entry.GetReflection()->SetString(&entry, &key_field, key);
      RETURN_IF_ERROR(ReadValue(element, {&path, key}, value_field, entry));
    }
    if (has_null) {
      const auto& rules = field.options().GetExtension(v1::rules);
      found_.Add(TextOf(value), path.ToString(),
                 absl::StrCat("Map value must satisfy constraint: ",
                              registry::ElementConstraints(rules.element())));
    }
    return absl::OkStatus();
  }

  // Sets the field, or adds to it when it is a list.
  absl::Status ReadValue(const Json& value, const Path& path, const FieldDescriptor& field,
                         Message& message) {
    const Reflection& reflection = *message.GetReflection();
    const bool add = field.is_repeated();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING: {
        if (!value.is_string()) {
          return WrongType(path, "a string", value);
        }
        const auto& text = value.get_ref<const std::string&>();
        add ? reflection.AddString(&message, &field, text)
            : reflection.SetString(&message, &field, text);
        return absl::OkStatus();
      }
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return ReadMessage(value, path,
                           *(add ? reflection.AddMessage(&message, &field)
                                 : reflection.MutableMessage(&message, &field)));
      case FieldDescriptor::CPPTYPE_ENUM:
        return ReadEnum(value, path, field, message);
      case FieldDescriptor::CPPTYPE_INT32: {
        int32_t number = 0;
        RETURN_IF_ERROR(ReadInteger(value, path, number));
        add ? reflection.AddInt32(&message, &field, number)
            : reflection.SetInt32(&message, &field, number);
        return absl::OkStatus();
      }
      case FieldDescriptor::CPPTYPE_INT64: {
        int64_t number = 0;
        RETURN_IF_ERROR(ReadInteger(value, path, number));
        add ? reflection.AddInt64(&message, &field, number)
            : reflection.SetInt64(&message, &field, number);
        return absl::OkStatus();
      }
      case FieldDescriptor::CPPTYPE_BOOL:
        if (!value.is_boolean()) {
          return WrongType(path, "true or false", value);
        }
        add ? reflection.AddBool(&message, &field, value.get<bool>())
            : reflection.SetBool(&message, &field, value.get<bool>());
        return absl::OkStatus();
      default:
        CLOUDMAP_CHECK(false, "a field type that AWS JSON members do not have");
    }
  }

  absl::Status ReadEnum(const Json& value, const Path& path, const FieldDescriptor& field,
                        Message& message) {
    if (!value.is_string()) {
      return WrongType(path, "a string", value);
    }
    const auto& name = value.get_ref<const std::string&>();
    const google::protobuf::EnumDescriptor& type = *field.enum_type();
    const google::protobuf::EnumValueDescriptor* known = registry::FindEnumValue(type, name);
    if (known == nullptr) {
      found_.AddEnum(name, path.ToString(), registry::EnumNames(type));
      // The request fails in any case; a value keeps it from being reported as missing, too.
      known = type.value(1);
    }
    const Reflection& reflection = *message.GetReflection();
    field.is_repeated() ? reflection.AddEnum(&message, &field, known)
                        : reflection.SetEnum(&message, &field, known);
    return absl::OkStatus();
  }

  registry::Violations& found_;
};

// The parser itself knows no limit, and 1 MiB of "[" becomes 50 MiB of values.
bool TooDeep(absl::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDepthMax) {
        return true;
      }
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

}  // namespace

absl::Status Decode(absl::string_view text, Message& message, registry::Violations& found) {
  if (TooDeep(text)) {
    return MakeError(v1::SERIALIZATION, absl::StrCat("The request body is nested more than ",
                                                     kDepthMax, " levels deep."));
  }
  Json value;
  try {
    value = Json::parse(text.begin(), text.end());
  } catch (const Json::parse_error& error) {
    return MakeError(v1::SERIALIZATION, absl::StrCat("The request body is not valid JSON in UTF-8: "
                                                     "unexpected input at byte ",
                                                     error.byte, "."));
  } catch (const Json::exception&) {
    return MakeError(v1::SERIALIZATION, "The request body has a number that is too large.");
  }
  return Decoder(found).ReadMessage(value, Path{}, message);
}

}  // namespace cloudmap::json
