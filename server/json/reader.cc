#include "server/json/reader.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cloudmap/v1/errors.pb.h"
#include "cloudmap/v1/options.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "registry/base/check.h"
#include "registry/errors.h"
#include "registry/schema/enum_names.h"
#include "registry/schema/string_maps.h"

namespace cloudmap::json {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;

// The API's own messages nest 6 deep; the rest is room for members that are ignored.
constexpr int kDepthMax = 64;

// What a member, or a list's element, has to be.
absl::string_view Expected(const FieldDescriptor& field, bool element) {
  if (!element && field.is_map()) {
    return "an object";
  }
  if (!element && field.is_repeated()) {
    return "a list";
  }
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return field.message_type() == Timestamp::descriptor() ? "a number of seconds since 1970"
                                                             : "an object";
    case FieldDescriptor::CPPTYPE_INT32:
      return "an integer of 32 bits";
    case FieldDescriptor::CPPTYPE_INT64:
      return "an integer of 64 bits";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    default:
      return "a string";
  }
}

}  // namespace

// "" at the top.
std::string Reader::Path() const {
  std::string path;
  for (const Frame& frame : frames_) {
    if (frame.kind == Frame::Kind::kList) {
      path = registry::ElementPath(path, frame.index);
    } else if (frame.kind == Frame::Kind::kMap) {
      path = registry::MemberPath(path, map_key_);
    } else if (frame.field != nullptr) {
      path = registry::MemberPath(path, frame.field->json_name());
    }
  }
  return path;
}

void Reader::Fail(absl::string_view text) {
  error_ = MakeError(v1::ERROR_CODE_SERIALIZATION, text);
}

void Reader::WrongType(absl::string_view expected, absl::string_view got) {
  const std::string what =
      frames_.empty() ? "The request body" : absl::StrCat("Value at '", Path(), "'");
  Fail(absl::StrCat(what, " must be ", expected, ", not ", got, "."));
}

bool Reader::Put(const Scalar& value) {
  if (ignoring()) {
    return true;
  }
  const bool is_null = std::holds_alternative<std::nullptr_t>(value);
  if (frames_.empty()) {
    WrongType("an object", TypeName(value));
    return true;
  }
  Frame& frame = frames_.back();
  switch (frame.kind) {
    case Frame::Kind::kMessage:
      if (frame.field == nullptr) {
        return true;
      }
      if (is_null) {
        frame.present &= ~(uint64_t{1} << frame.field->index());
      } else if (frame.field->is_repeated()) {
        WrongType(Expected(*frame.field, false), TypeName(value));
      } else {
        Set(value, *frame.field, *frame.message);
      }
      return true;
    case Frame::Kind::kList:
      if (is_null) {
        if (!found_.full()) {
          found_.AddNull(Path());
        }
      } else {
        Set(value, *frame.field, *frame.message);
      }
      ++frame.index;
      return true;
    case Frame::Kind::kMap:
      if (is_null) {
        frame.null_keys.push_back(std::move(map_key_));
      } else {
        SetMapEntry(value, frame);
      }
      return true;
  }
  return true;
}

// Sets the field, or adds to it when it is a list.
void Reader::Set(const Scalar& value, const FieldDescriptor& field, Message& message) {
  const Reflection& reflection = *message.GetReflection();
  const bool add = field.is_repeated();
  const bool is_timestamp = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
                            field.message_type() == Timestamp::descriptor();
  const auto wrong_type = [&] { WrongType(Expected(field, true), TypeName(value)); };
  const auto out_of_range = [&](absl::string_view expected) {
    Fail(absl::StrCat("Value at '", Path(), "' must be ", expected, "."));
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (const auto* text = std::get_if<std::string*>(&value)) {
        add ? reflection.AddString(&message, &field, std::move(**text))
            : reflection.SetString(&message, &field, std::move(**text));
        return;
      }
      return wrong_type();
    case FieldDescriptor::CPPTYPE_ENUM:
      if (const auto* name = std::get_if<std::string*>(&value)) {
        return SetEnum(**name, field, message);
      }
      return wrong_type();
    case FieldDescriptor::CPPTYPE_INT32: {
      int32_t number = 0;
      if (!IsNumber(value)) {
        return wrong_type();
      }
      if (!ToInt32(value, number)) {
        return out_of_range(Expected(field, true));
      }
      add ? reflection.AddInt32(&message, &field, number)
          : reflection.SetInt32(&message, &field, number);
      return;
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      int64_t number = 0;
      if (!IsNumber(value)) {
        return wrong_type();
      }
      if (!ToInt64(value, number)) {
        return out_of_range(Expected(field, true));
      }
      add ? reflection.AddInt64(&message, &field, number)
          : reflection.SetInt64(&message, &field, number);
      return;
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      if (const auto* flag = std::get_if<bool>(&value)) {
        add ? reflection.AddBool(&message, &field, *flag)
            : reflection.SetBool(&message, &field, *flag);
        return;
      }
      return wrong_type();
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (!is_timestamp || !IsNumber(value)) {
        return wrong_type();
      }
      if (!ToTimestamp(value, *(add ? reflection.AddMessage(&message, &field)
                                    : reflection.MutableMessage(&message, &field)))) {
        out_of_range("a time in the years 1 to 9999");
      }
      return;
    default:
      CLOUDMAP_CHECK(false, "a field type that AWS JSON members do not have");
  }
}

void Reader::SetEnum(const std::string& name, const FieldDescriptor& field, Message& message) {
  const google::protobuf::EnumDescriptor& type = *field.enum_type();
  const google::protobuf::EnumValueDescriptor* known = registry::FindEnumValue(type, name);
  if (known == nullptr) {
    if (!found_.full()) {
      found_.AddEnum(name, Path(), registry::EnumNames(type));
    }
    // The request fails in any case; a value keeps it from being reported as missing, too.
    known = type.value(1);
  }
  const Reflection& reflection = *message.GetReflection();
  field.is_repeated() ? reflection.AddEnum(&message, &field, known)
                      : reflection.SetEnum(&message, &field, known);
}

void Reader::SetMapEntry(const Scalar& value, const Frame& map) {
  StringMap* strings = registry::FindMutableStringMap(*map.message, *map.field);
  const auto* text = std::get_if<std::string*>(&value);
  if (strings != nullptr && text != nullptr) {
    (*strings)[std::move(map_key_)] = std::move(**text);
    return;
  }
  const FieldDescriptor& key_field = *map.field->message_type()->map_key();
  CLOUDMAP_CHECK(key_field.cpp_type() == FieldDescriptor::CPPTYPE_STRING,
                 "AWS maps have string keys");
  Message& entry = *map.message->GetReflection()->AddMessage(map.message, map.field);
  entry.GetReflection()->SetString(&entry, &key_field, map_key_);
  Set(value, *map.field->message_type()->map_value(), entry);
}

bool Reader::Deepen() {
  if (++depth_ > kDepthMax) {
    syntax_error_ = MakeError(
        v1::ERROR_CODE_SERIALIZATION,
        absl::StrCat("The request body is nested more than ", kDepthMax, " levels deep."));
    return false;
  }
  if (ignored_depth_ > 0) {
    ++ignored_depth_;
  }
  return true;
}

void Reader::Open(Frame::Kind kind, Message& message, const FieldDescriptor* field) {
  frames_.push_back({.kind = kind, .message = &message, .field = field});
}

bool Reader::start_object(size_t /*size*/) {
  if (!Deepen()) {
    return false;
  }
  if (ignoring()) {
    return true;
  }
  if (frames_.empty()) {
    Open(Frame::Kind::kMessage, root_, nullptr);
    return true;
  }
  const Frame& frame = frames_.back();
  if (frame.field == nullptr) {
    ignored_depth_ = 1;
    return true;
  }
  const FieldDescriptor& field = *frame.field;
  Message& message = *frame.message;
  const bool element = frame.kind != Frame::Kind::kMessage;
  const bool takes_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
                             field.message_type() != Timestamp::descriptor();
  if (!element && field.is_map()) {
    Open(Frame::Kind::kMap, message, &field);
  } else if (frame.kind == Frame::Kind::kMap) {
    WrongType(Expected(*field.message_type()->map_value(), true), "object");
  } else if (takes_message && element == field.is_repeated()) {
    const Reflection& reflection = *message.GetReflection();
    Open(Frame::Kind::kMessage,
         *(element ? reflection.AddMessage(&message, &field)
                   : reflection.MutableMessage(&message, &field)),
         nullptr);
  } else {
    WrongType(Expected(field, element), "object");
  }
  return true;
}

bool Reader::key(std::string& name) {
  if (ignoring()) {
    return true;
  }
  Frame& frame = frames_.back();
  if (frame.kind == Frame::Kind::kMap) {
    map_key_ = std::move(name);
    return true;
  }
  const google::protobuf::Descriptor& type = *frame.message->GetDescriptor();
  frame.field = nullptr;
  for (int i = 0; i < type.field_count() && frame.field == nullptr; ++i) {
    frame.field = type.field(i)->json_name() == name ? type.field(i) : nullptr;
  }
  if (frame.field == nullptr) {
    return true;
  }
  const uint64_t bit = uint64_t{1} << frame.field->index();
  if ((frame.present & bit) != 0) {
    frame.message->GetReflection()->ClearField(frame.message, frame.field);
  }
  frame.present |= bit;
  return true;
}

bool Reader::start_array(size_t /*size*/) {
  if (!Deepen()) {
    return false;
  }
  if (ignoring()) {
    return true;
  }
  if (frames_.empty()) {
    WrongType("an object", "array");
    return true;
  }
  const Frame& frame = frames_.back();
  if (frame.field == nullptr) {
    ignored_depth_ = 1;
    return true;
  }
  const bool element = frame.kind != Frame::Kind::kMessage;
  if (!element && frame.field->is_repeated() && !frame.field->is_map()) {
    Open(Frame::Kind::kList, *frame.message, frame.field);
  } else if (frame.kind == Frame::Kind::kMap) {
    WrongType(Expected(*frame.field->message_type()->map_value(), true), "array");
  } else {
    WrongType(Expected(*frame.field, element), "array");
  }
  return true;
}

bool Reader::end_object() {
  Close();
  return true;
}

bool Reader::end_array() {
  Close();
  return true;
}

void Reader::Close() {
  --depth_;
  if (ignored_depth_ > 0) {
    --ignored_depth_;
    return;
  }
  if (ignoring()) {
    return;
  }
  const Frame frame = std::move(frames_.back());
  frames_.pop_back();
  switch (frame.kind) {
    case Frame::Kind::kMessage:
      CloseMessage(frame);
      break;
    case Frame::Kind::kList:
      CloseList(frame);
      break;
    case Frame::Kind::kMap:
      CloseMap(frame);
      break;
  }
  if (!frames_.empty() && frames_.back().kind == Frame::Kind::kList) {
    ++frames_.back().index;
  }
}

void Reader::CloseMessage(const Frame& frame) {
  const google::protobuf::Descriptor& type = *frame.message->GetDescriptor();
  CLOUDMAP_CHECK(type.field_count() <= 64, "members fit into a word");
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.is_repeated() && (frame.present >> i & 1) == 0 &&
        field.options().GetExtension(v1::rules).required()) {
      if (!found_.full()) {
        found_.AddNull(registry::MemberPath(Path(), field.json_name()));
      }
    }
  }
}

void Reader::CloseList(const Frame& frame) {
  if (frame.index > 0) {
    return;
  }
  const v1::FieldRules& rules = frame.field->options().GetExtension(v1::rules);
  if (!rules.required() && rules.items().min() > 0) {
    // Left out it may be; the message cannot tell one from the other.
    found_.Add(
        "[]", Path(),
        absl::StrCat("Member must have length greater than or equal to ", rules.items().min()));
  }
}

void Reader::CloseMap(const Frame& frame) {
  if (frame.null_keys.empty() || found_.full()) {
    return;
  }
  // As AWS prints a map, in an order that does not depend on the text's.
  std::vector<std::string> entries;
  for (const std::string& key : frame.null_keys) {
    entries.push_back(absl::StrCat(key, "=null"));
  }
  for (const auto& [key, value] : registry::CopyStringMap(*frame.message, *frame.field)) {
    entries.push_back(absl::StrCat(key, "=", value));
  }
  std::sort(entries.begin(), entries.end());
  const v1::FieldRules& rules = frame.field->options().GetExtension(v1::rules);
  found_.Add(absl::StrCat("{", absl::StrJoin(entries, ", "), "}"), Path(),
             absl::StrCat("Map value must satisfy constraint: ",
                          registry::ElementConstraints(rules.element())));
}

bool Reader::parse_error(size_t byte, const std::string& /*token*/,
                         const nlohmann::json::exception& error) {
  constexpr int kNumberTooLarge = 406;
  syntax_error_ = MakeError(
      v1::ERROR_CODE_SERIALIZATION,
      error.id == kNumberTooLarge
          ? std::string("The request body has a number that is too large.")
          : absl::StrCat("The request body is not valid JSON in UTF-8: unexpected input at byte ",
                         byte, "."));
  return false;
}

}  // namespace cloudmap::json
