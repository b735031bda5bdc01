#include "cli/print.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/timestamp.pb.h"
#include "registry/schema/enum_names.h"

namespace cloudmap::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;
using Row = std::vector<std::string>;

// Stands for an index where a field is not repeated.
constexpr int kSingle = -1;
constexpr size_t kGap = 2;

std::string Printable(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      absl::StrAppendFormat(&out, "\\x%02x", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

// The number of characters: continuation bytes of UTF-8 take no room.
size_t Width(absl::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

void AppendPadded(absl::string_view text, size_t width, std::string& out) {
  absl::StrAppend(&out, text, std::string(width - std::min(width, Width(text)), ' '));
}

std::string TimeText(const Message& message) {
  const auto& timestamp = dynamic_cast<const Timestamp&>(message);
  const absl::Time time =
      absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

bool IsSet(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  return field.is_repeated() ? reflection.FieldSize(message, &field) > 0
                             : reflection.HasField(message, &field);
}

bool IsNested(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field.message_type() != Timestamp::descriptor();
}

std::string CompactMessage(const Message& message);

// One value on one line, nested ones in the shorthand that flags take.
std::string CompactValue(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  const bool single = index == kSingle;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const Message& value = single ? reflection.GetMessage(message, &field)
                                    : reflection.GetRepeatedMessage(message, &field, index);
      return IsNested(field) ? absl::StrCat("{", CompactMessage(value), "}") : TimeText(value);
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* value = single ? reflection.GetEnum(message, &field)
                                 : reflection.GetRepeatedEnum(message, &field, index);
      return std::string(registry::EnumName(*value));
    }
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(single ? reflection.GetInt32(message, &field)
                                 : reflection.GetRepeatedInt32(message, &field, index));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(single ? reflection.GetInt64(message, &field)
                                 : reflection.GetRepeatedInt64(message, &field, index));
    default:
      return Printable(single ? reflection.GetString(message, &field)
                              : reflection.GetRepeatedString(message, &field, index));
  }
}

// The entries of a map field, in the order of their keys.
std::map<std::string, std::string> Pairs(const Message& message, const FieldDescriptor& field) {
  std::map<std::string, std::string> pairs;
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    pairs[CompactValue(entry, *field.message_type()->map_key(), kSingle)] =
        CompactValue(entry, *field.message_type()->map_value(), kSingle);
  }
  return pairs;
}

// A field's whole value on one line, without brackets of its own.
std::string CompactField(const Message& message, const FieldDescriptor& field) {
  if (field.is_map()) {
    return absl::StrJoin(Pairs(message, field), ",", absl::PairFormatter("="));
  }
  if (!field.is_repeated()) {
    return IsNested(field) ? CompactMessage(message.GetReflection()->GetMessage(message, &field))
                           : CompactValue(message, field, kSingle);
  }
  const int count = message.GetReflection()->FieldSize(message, &field);
  std::vector<std::string> values;
  values.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    values.push_back(CompactValue(message, field, i));
  }
  return absl::StrJoin(values, ",");
}

std::string CompactMessage(const Message& message) {
  std::vector<std::string> members;
  const Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!IsSet(message, field)) {
      continue;
    }
    const bool list = field.is_repeated() && !field.is_map();
    const bool braces = field.is_map() || (!list && IsNested(field));
    const std::string value = CompactField(message, field);
    members.push_back(absl::StrCat(field.json_name(), "=",
                                   list     ? "["
                                   : braces ? "{"
                                            : "",
                                   value,
                                   list     ? "]"
                                   : braces ? "}"
                                            : ""));
  }
  return absl::StrJoin(members, ",");
}

std::string PrintRows(const std::vector<Row>& rows, size_t indent) {
  std::vector<size_t> widths(rows.front().size(), 0);
  for (const Row& row : rows) {
    for (size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], Width(row[column]));
    }
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line(indent, ' ');
    for (size_t column = 0; column < row.size(); ++column) {
      AppendPadded(row[column], widths[column] + kGap, line);
    }
    absl::StripTrailingAsciiWhitespace(&line);
    absl::StrAppend(&out, line, "\n");
  }
  return out;
}

// Members that are the same for all, or say an Id again, would push the rest off the screen.
bool IsColumn(const FieldDescriptor& field) {
  const std::string& name = field.json_name();
  return name != "Arn" && name != "ResourceOwner" && name != "CreatedByAccount";
}

// A list of messages: a column for each member that any of them has.
std::string PrintList(const Message& message, const FieldDescriptor& field, size_t indent) {
  const Reflection& reflection = *message.GetReflection();
  const int count = reflection.FieldSize(message, &field);
  if (count == 0) {
    return absl::StrCat(std::string(indent, ' '), "(none)\n");
  }
  const Descriptor& type = *field.message_type();
  std::vector<const FieldDescriptor*> columns;
  Row header;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& member = *type.field(i);
    bool used = false;
    for (int row = 0; row < count && !used && IsColumn(member); ++row) {
      used = IsSet(reflection.GetRepeatedMessage(message, &field, row), member);
    }
    if (used) {
      columns.push_back(&member);
      header.push_back(member.json_name());
    }
  }
  std::vector<Row> rows = {std::move(header)};
  for (int i = 0; i < count; ++i) {
    const Message& element = reflection.GetRepeatedMessage(message, &field, i);
    Row row;
    for (const FieldDescriptor* column : columns) {
      const std::string cell = IsSet(element, *column) ? CompactField(element, *column) : "";
      row.push_back(cell.empty() ? "-" : cell);
    }
    rows.push_back(std::move(row));
  }
  return PrintRows(rows, indent);
}

std::string PrintTree(const Message& message, size_t indent) {
  const Descriptor& type = *message.GetDescriptor();
  std::string out;
  size_t width = 0;
  for (int i = 0; i < type.field_count(); ++i) {
    if (IsSet(message, *type.field(i))) {
      width = std::max(width, type.field(i)->json_name().size());
    }
  }
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!IsSet(message, field)) {
      continue;
    }
    absl::StrAppend(&out, std::string(indent, ' '));
    if (!IsNested(field)) {
      AppendPadded(field.json_name(), width + kGap, out);
      absl::StrAppend(&out, CompactField(message, field), "\n");
      continue;
    }
    absl::StrAppend(&out, field.json_name(), "\n");
    if (field.is_map()) {
      std::vector<Row> rows;
      for (const auto& [key, value] : Pairs(message, field)) {
        rows.push_back({key, value});
      }
      absl::StrAppend(&out, PrintRows(rows, indent + kGap));
    } else if (field.is_repeated()) {
      absl::StrAppend(&out, PrintList(message, field, indent + kGap));
    } else {
      absl::StrAppend(
          &out, PrintTree(message.GetReflection()->GetMessage(message, &field), indent + kGap));
    }
  }
  return out;
}

// The member that a response is about: its list, or the one object it holds.
const FieldDescriptor* SubjectOf(const Message& response) {
  const Descriptor& type = *response.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (IsNested(field) && !field.is_map()) {
      return &field;
    }
  }
  return nullptr;
}

}  // namespace

std::string PrintTable(const Message& response) {
  const FieldDescriptor* subject = SubjectOf(response);
  if (subject == nullptr) {
    return PrintTree(response, 0);
  }
  if (!subject->is_repeated()) {
    return PrintTree(response.GetReflection()->GetMessage(response, subject), 0);
  }
  std::string out = PrintList(response, *subject, 0);
  // What the response holds beside its list.
  const std::unique_ptr<Message> rest(response.New());
  rest->CopyFrom(response);
  rest->GetReflection()->ClearField(rest.get(), subject);
  const std::string tail = PrintTree(*rest, 0);
  return tail.empty() ? out : absl::StrCat(out, "\n", tail);
}

}  // namespace cloudmap::cli
