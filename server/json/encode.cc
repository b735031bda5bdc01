// Goes by the protobuf wire format instead of reflection, which is five times as slow and copies
// maps: generated code serialises the message, and a table made from its descriptor once says how
// each field number reads in JSON. Fields come in the order of their numbers.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/wire_format_lite.h"
#include "nlohmann/json.hpp"
#include "registry/base/check.h"
#include "registry/base/wire_format.h"
#include "registry/schema/enum_names.h"
#include "server/json/escape.h"
#include "server/json/proto_json.h"

namespace cloudmap::json {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Timestamp;
using google::protobuf::io::CodedInputStream;

constexpr int kTagTypeBits = 3;

enum class Form { kString, kNumber, kBool, kEnum, kTimestamp, kMessage };

struct MessagePlan;

// How the value of a field, of a list's element or of a map's value is written.
struct ValuePlan {
  Form form = Form::kString;
  std::vector<std::string> enum_names;   // kEnum: by number.
  const MessagePlan* message = nullptr;  // kMessage.
};

struct FieldPlan {
  enum class Shape { kSingle, kList, kMap };

  int number = 0;
  std::string member;  // "Name": with quotes and colon.
  Shape shape = Shape::kSingle;
  bool shown_when_empty = false;
  ValuePlan value;
};

struct MessagePlan {
  std::vector<FieldPlan> fields;  // By number.
};

bool ShownWhenEmpty(const FieldDescriptor& field) {
  const std::string& name = field.json_name();
  return field.is_repeated() && (name == "Attributes" || name == "Targets" ||
                                 absl::EndsWith(field.containing_type()->name(), "Response"));
}

// The plans of some messages and of all that they contain.
class Plans {
 public:
  const MessagePlan& Add(const Descriptor& type) {
    std::unique_ptr<MessagePlan>& plan = plans_[&type];
    if (plan != nullptr) {
      return *plan;
    }
    plan = std::make_unique<MessagePlan>();
    MessagePlan& made = *plan;  // The map may move `plan` itself.
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      CLOUDMAP_CHECK(i == 0 || type.field(i - 1)->number() < field.number(),
                     "fields are declared in the order of their numbers");
      FieldPlan& out = made.fields.emplace_back();
      out.number = field.number();
      out.member = absl::StrCat("\"", field.json_name(), "\":");
      out.shown_when_empty = ShownWhenEmpty(field);
      if (field.is_map()) {
        out.shape = FieldPlan::Shape::kMap;
        out.value = ValueOf(*field.message_type()->map_value());
      } else {
        out.shape = field.is_repeated() ? FieldPlan::Shape::kList : FieldPlan::Shape::kSingle;
        out.value = ValueOf(field);
      }
    }
    return made;
  }

  const MessagePlan* Find(const Descriptor& type) const {
    const auto found = plans_.find(&type);
    return found == plans_.end() ? nullptr : found->second.get();
  }

 private:
  ValuePlan ValueOf(const FieldDescriptor& field) {
    CLOUDMAP_CHECK(!field.is_packed(), "lists are of strings or messages");
    switch (field.type()) {
      case FieldDescriptor::TYPE_STRING:
        return {Form::kString, {}, nullptr};
      case FieldDescriptor::TYPE_INT32:
      case FieldDescriptor::TYPE_INT64:
        return {Form::kNumber, {}, nullptr};
      case FieldDescriptor::TYPE_BOOL:
        return {Form::kBool, {}, nullptr};
      case FieldDescriptor::TYPE_ENUM: {
        ValuePlan value{Form::kEnum, {}, nullptr};
        for (int i = 0; i < field.enum_type()->value_count(); ++i) {
          const auto& named = *field.enum_type()->value(i);
          const auto number = static_cast<size_t>(named.number());
          value.enum_names.resize(std::max(value.enum_names.size(), number + 1));
          value.enum_names[number] = std::string(registry::EnumName(named));
        }
        return value;
      }
      case FieldDescriptor::TYPE_MESSAGE:
        if (field.message_type() == Timestamp::descriptor()) {
          return {Form::kTimestamp, {}, nullptr};
        }
        return {Form::kMessage, {}, &Add(*field.message_type())};
      default:
        CLOUDMAP_CHECK(false, "a field type that AWS JSON members do not have");
    }
  }

  absl::flat_hash_map<const Descriptor*, std::unique_ptr<MessagePlan>> plans_;
};

Plans MakeApiPlans() {
  Plans plans;
  const auto& file = *v1::GetServiceResponse::descriptor()->file();
  for (int i = 0; i < file.message_type_count(); ++i) {
    plans.Add(*file.message_type(i));
  }
  return plans;
}

// The bytes are of our own making, so that they cannot be malformed.
class Writer {
 public:
  Writer(absl::string_view wire, std::string& out)
      : in_(reinterpret_cast<const uint8_t*>(wire.data()), static_cast<int>(wire.size())),
        out_(out) {}

  // Writes what is left up to the current limit.
  void WriteMessage(const MessagePlan& plan) {
    char separator = '{';
    auto field = plan.fields.begin();
    uint32_t tag = in_.ReadTag();
    for (; field != plan.fields.end(); ++field) {
      const bool present = tag != 0 && static_cast<int>(tag >> kTagTypeBits) == field->number;
      if (!present && !field->shown_when_empty) {
        continue;
      }
      out_.push_back(separator);
      separator = ',';
      out_.append(field->member);
      switch (field->shape) {
        case FieldPlan::Shape::kSingle:
          WriteValue(field->value);
          tag = in_.ReadTag();
          break;
        case FieldPlan::Shape::kList:
          tag = WriteList(*field, present ? tag : 0, tag);
          break;
        case FieldPlan::Shape::kMap:
          tag = WriteMap(*field, present ? tag : 0, tag);
          break;
      }
    }
    // Fields that the program's proto does not know come last; a newer server may send them.
    while (tag != 0 && google::protobuf::internal::WireFormatLite::SkipField(&in_, tag)) {
      tag = in_.ReadTag();
    }
    out_.append(separator == '{' ? "{}" : "}");
  }

 private:
  // Writes the elements, each behind a `tag`, 0 for none. Returns the tag that follows, which is
  // `next` when there is no element.
  uint32_t WriteList(const FieldPlan& field, uint32_t tag, uint32_t next) {
    out_.push_back('[');
    while (tag != 0) {
      WriteValue(field.value);
      next = in_.ReadTag();
      if (next != tag) {
        break;
      }
      out_.push_back(',');
    }
    out_.push_back(']');
    return next;
  }

  // As WriteList. An entry is a message with the key in field 1 and the value in field 2.
  uint32_t WriteMap(const FieldPlan& field, uint32_t tag, uint32_t next) {
    out_.push_back('{');
    while (tag != 0) {
      const CodedInputStream::Limit limit = in_.ReadLengthAndPushLimit();
      in_.ReadTag();
      WriteString();
      out_.push_back(':');
      in_.ReadTag();
      WriteValue(field.value);
      in_.PopLimit(limit);
      next = in_.ReadTag();
      if (next != tag) {
        break;
      }
      out_.push_back(',');
    }
    out_.push_back('}');
    return next;
  }

  void WriteValue(const ValuePlan& plan) {
    switch (plan.form) {
      case Form::kString:
        WriteString();
        return;
      case Form::kNumber:
        absl::StrAppend(&out_, static_cast<int64_t>(ReadVarint()));
        return;
      case Form::kBool:
        out_.append(ReadVarint() != 0 ? "true" : "false");
        return;
      case Form::kEnum:
        WriteEnum(plan, ReadVarint());
        return;
      case Form::kTimestamp:
        WriteTimestamp();
        return;
      case Form::kMessage: {
        const CodedInputStream::Limit limit = in_.ReadLengthAndPushLimit();
        WriteMessage(*plan.message);
        in_.PopLimit(limit);
        return;
      }
    }
  }

  // The view is into the wire bytes.
  void WriteString() {
    const auto size = static_cast<int>(ReadVarint());
    const void* bytes = nullptr;
    int available = 0;
    in_.GetDirectBufferPointerInline(&bytes, &available);
    AppendQuoted({static_cast<const char*>(bytes), static_cast<size_t>(size)}, out_);
    in_.Skip(size);
  }

  void WriteEnum(const ValuePlan& plan, uint64_t number) {
    out_.push_back('"');
    if (number < plan.enum_names.size() && !plan.enum_names[number].empty()) {
      out_.append(plan.enum_names[number]);
    } else {  // Of a newer server than the program that shows it.
      absl::StrAppend(&out_, static_cast<int64_t>(number));
    }
    out_.push_back('"');
  }

  // Seconds with up to three decimals, as AWS writes them. Digit by digit: a double would show
  // 1587055860.1210001.
  void WriteTimestamp() {
    const CodedInputStream::Limit limit = in_.ReadLengthAndPushLimit();
    int64_t seconds = 0;
    int64_t nanos = 0;
    while (const uint32_t tag = in_.ReadTag()) {
      (tag >> kTagTypeBits == Timestamp::kSecondsFieldNumber ? seconds : nanos) =
          static_cast<int64_t>(ReadVarint());
    }
    in_.PopLimit(limit);
    int64_t millis = seconds * 1000 + nanos / 1'000'000;
    if (millis < 0) {
      out_.push_back('-');
      millis = -millis;
    }
    absl::StrAppend(&out_, millis / 1000);
    int64_t fraction = millis % 1000;
    if (fraction != 0) {
      out_.push_back('.');
    }
    for (int64_t digit = 100; fraction > 0; digit /= 10) {
      out_.push_back(static_cast<char>('0' + fraction / digit));
      fraction %= digit;
    }
  }

  uint64_t ReadVarint() {
    uint64_t value = 0;
    in_.ReadVarint64(&value);
    return value;
  }

  CodedInputStream in_;
  std::string& out_;
};

}  // namespace

std::string EncodeWire(const Descriptor& type, absl::string_view wire) {
  static const Plans& api_plans = *new const Plans(MakeApiPlans());
  Plans own_plans;
  const MessagePlan* plan = api_plans.Find(type);
  if (plan == nullptr) {
    plan = &own_plans.Add(type);
  }
  std::string out;
  // Member names come on top of the wire's bytes.
  out.reserve(wire.size() * 2 + 64);
  Writer(wire, out).WriteMessage(*plan);
  return out;
}

std::string Encode(const Message& message) {
  return EncodeWire(*message.GetDescriptor(), SerializeDeterministically(message));
}

std::string EncodePretty(const Message& message) {
  return nlohmann::json::parse(Encode(message)).dump(2);
}

}  // namespace cloudmap::json
