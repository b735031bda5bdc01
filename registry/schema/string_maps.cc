#include "registry/schema/string_maps.h"

#include <algorithm>
#include <array>

#include "cloudmap/v1/service_discovery.pb.h"
#include "registry/base/check.h"

namespace cloudmap::registry {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct Row {
  const FieldDescriptor* field;
  const StringMap& (*get)(const Message& message);
  StringMap* (*get_mutable)(Message& message);
};

template <typename Request, auto kGet, auto kGetMutable>
Row RowOf(const char* name) {
  const FieldDescriptor* field = Request::descriptor()->FindFieldByName(name);
  CLOUDMAP_CHECK(field != nullptr && field->is_map(), "the rows name maps of the proto");
  return {field,
          [](const Message& message) -> const StringMap& {
            return (static_cast<const Request&>(message).*kGet)();
          },
          [](Message& message) { return (static_cast<Request&>(message).*kGetMutable)(); }};
}

const Row* FindRow(const FieldDescriptor& field) {
  using Discover = v1::DiscoverInstancesRequest;
  using Register = v1::RegisterInstanceRequest;
  using Update = v1::UpdateServiceAttributesRequest;
  static const std::array<Row, 4> kRows = {
      RowOf<Register, &Register::attributes, &Register::mutable_attributes>("attributes"),
      RowOf<Update, &Update::attributes, &Update::mutable_attributes>("attributes"),
      RowOf<Discover, &Discover::query_parameters, &Discover::mutable_query_parameters>(
          "query_parameters"),
      RowOf<Discover, &Discover::optional_parameters, &Discover::mutable_optional_parameters>(
          "optional_parameters"),
  };
  const auto* row = std::find_if(kRows.begin(), kRows.end(),
                                 [&field](const Row& r) { return r.field == &field; });
  return row == kRows.end() ? nullptr : row;
}

}  // namespace

const StringMap* FindStringMap(const Message& message, const FieldDescriptor& field) {
  const Row* row = FindRow(field);
  return row == nullptr ? nullptr : &row->get(message);
}

StringMap CopyStringMap(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  const auto* key = field.message_type()->map_key();
  const auto* value = field.message_type()->map_value();
  CLOUDMAP_CHECK(
      key->type() == FieldDescriptor::TYPE_STRING && value->type() == FieldDescriptor::TYPE_STRING,
      "a map of strings");
  StringMap map;
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    const auto& entry_reflection = *entry.GetReflection();
    map[entry_reflection.GetString(entry, key)] = entry_reflection.GetString(entry, value);
  }
  return map;
}

StringMap* FindMutableStringMap(Message& message, const FieldDescriptor& field) {
  const Row* row = FindRow(field);
  return row == nullptr ? nullptr : row->get_mutable(message);
}

}  // namespace cloudmap::registry
