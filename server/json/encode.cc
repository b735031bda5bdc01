#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/timestamp.pb.h"
#include "nlohmann/json.hpp"
#include "registry/base/check.h"
#include "registry/rules/enum_names.h"
#include "server/json/escape.h"
#include "server/json/proto_json.h"

namespace cloudmap::json {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;

constexpr int kNotInList = -1;

bool ShownWhenEmpty(const FieldDescriptor& field) {
  const std::string& name = field.json_name();
  return name == "Attributes" || name == "Targets" ||
         absl::EndsWith(field.containing_type()->name(), "Response");
}

void AppendMessage(const Message& message, std::string& out);

// Seconds with up to three decimals, as AWS writes them. Digit by digit: a double would show
// 1587055860.1210001.
void AppendTimestamp(const Message& message, std::string& out) {
  const auto& timestamp = dynamic_cast<const Timestamp&>(message);
  int64_t millis = timestamp.seconds() * 1000 + timestamp.nanos() / 1'000'000;
  if (millis < 0) {
    out.push_back('-');
    millis = -millis;
  }
  absl::StrAppend(&out, millis / 1000);
  int64_t fraction = millis % 1000;
  if (fraction == 0) {
    return;
  }
  out.push_back('.');
  for (int64_t digit = 100; fraction > 0; digit /= 10) {
    out.push_back(static_cast<char>('0' + fraction / digit));
    fraction %= digit;
  }
}

void AppendEnum(const EnumValueDescriptor& value, std::string& out) {
  AppendQuoted(registry::EnumName(value), out);
}

// The field's value, or its element `index` when it is a list.
void AppendValue(const Message& message, const FieldDescriptor& field, int index,
                 std::string& out) {
  const Reflection& reflection = *message.GetReflection();
  const bool in_list = index != kNotInList;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      AppendQuoted(in_list
                       ? reflection.GetRepeatedStringReference(message, &field, index, &scratch)
                       : reflection.GetStringReference(message, &field, &scratch),
                   out);
      return;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      AppendMessage(in_list ? reflection.GetRepeatedMessage(message, &field, index)
                            : reflection.GetMessage(message, &field),
                    out);
      return;
    case FieldDescriptor::CPPTYPE_ENUM:
      AppendEnum(*(in_list ? reflection.GetRepeatedEnum(message, &field, index)
                           : reflection.GetEnum(message, &field)),
                 out);
      return;
    case FieldDescriptor::CPPTYPE_INT32:
      absl::StrAppend(&out, in_list ? reflection.GetRepeatedInt32(message, &field, index)
                                    : reflection.GetInt32(message, &field));
      return;
    case FieldDescriptor::CPPTYPE_INT64:
      absl::StrAppend(&out, in_list ? reflection.GetRepeatedInt64(message, &field, index)
                                    : reflection.GetInt64(message, &field));
      return;
    case FieldDescriptor::CPPTYPE_BOOL:
      out.append((in_list ? reflection.GetRepeatedBool(message, &field, index)
                          : reflection.GetBool(message, &field))
                     ? "true"
                     : "false");
      return;
    default:
      CLOUDMAP_CHECK(false, "a field type that AWS JSON members do not have");
  }
}

void AppendList(const Message& message, const FieldDescriptor& field, int count,
                std::string& out) {
  out.push_back('[');
  for (int i = 0; i < count; ++i) {
    if (i > 0) {
      out.push_back(',');
    }
    AppendValue(message, field, i, out);
  }
  out.push_back(']');
}

// In the order of the keys: a protobuf map's own order changes from run to run.
void AppendMap(const Message& message, const FieldDescriptor& field, int count,
               std::string& out) {
  const Reflection& reflection = *message.GetReflection();
  const FieldDescriptor& key_field = *field.message_type()->map_key();
  const FieldDescriptor& value_field = *field.message_type()->map_value();
  struct Entry {
    const std::string* key;
    const Message* message;
  };
  std::vector<Entry> entries;
  entries.reserve(static_cast<size_t>(count));
  std::string scratch;  // Only filled for a string that is not stored as one.
  for (int i = 0; i < count; ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    entries.push_back({&entry.GetReflection()->GetStringReference(entry, &key_field, &scratch),
                       &entry});
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return *a.key < *b.key; });
  char separator = '{';
  for (const Entry& entry : entries) {
    out.push_back(separator);
    separator = ',';
    AppendQuoted(*entry.key, out);
    out.push_back(':');
    AppendValue(*entry.message, value_field, kNotInList, out);
  }
  out.append(count == 0 ? "{}" : "}");
}

void AppendMessage(const Message& message, std::string& out) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  if (&type == Timestamp::descriptor()) {
    return AppendTimestamp(message, out);
  }
  const Reflection& reflection = *message.GetReflection();
  bool first = true;
  out.push_back('{');
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const int count = field.is_repeated() ? reflection.FieldSize(message, &field) : kNotInList;
    const bool shown = field.is_repeated() ? count > 0 || ShownWhenEmpty(field)
                                           : reflection.HasField(message, &field);
    if (!shown) {
      continue;
    }
    if (!first) {
      out.push_back(',');
    }
    first = false;
    // A json_name is an AWS member name: letters only.
    absl::StrAppend(&out, "\"", field.json_name(), "\":");
    if (field.is_map()) {
      AppendMap(message, field, count, out);
    } else if (field.is_repeated()) {
      AppendList(message, field, count, out);
    } else {
      AppendValue(message, field, kNotInList, out);
    }
  }
  out.push_back('}');
}

}  // namespace

std::string Encode(const Message& message) {
  std::string out;
  AppendMessage(message, out);
  return out;
}

std::string EncodePretty(const Message& message) {
  return nlohmann::json::parse(Encode(message)).dump(2);
}

}  // namespace cloudmap::json
