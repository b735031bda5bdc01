#include "registry/model/packed_instance.h"

#include <algorithm>
#include <string>

#include "absl/container/inlined_vector.h"
#include "registry/base/wire_format.h"

namespace cloudmap::registry {
namespace {

using Texts = absl::InlinedVector<absl::string_view, 36>;

Texts TextsOf(const InstanceFields& fields, const StringMap& attributes) {
  absl::InlinedVector<PackedInstance::Attribute, 16> sorted;
  for (const auto& [key, value] : attributes) {
    sorted.emplace_back(key, value);
  }
  std::sort(sorted.begin(), sorted.end());
  // In the order of PackedInstance::Text.
  Texts texts = {fields.service_id, fields.id, fields.creator_request_id, fields.operation_id,
                 fields.unknown};
  for (const auto& [key, value] : sorted) {
    texts.push_back(key);
    texts.push_back(value);
  }
  return texts;
}

// `unknown` are the record's, and outlive the result.
InstanceFields FieldsOf(const storage::v1::InstanceRecord& record, absl::string_view unknown) {
  return {.service_id = record.service_id(),
          .id = record.id(),
          .creator_request_id = record.creator_request_id(),
          .operation_id = record.operation_id(),
          .create_ms = record.create_ms(),
          .pending_health_due_ms = record.pending_health_due_ms(),
          .custom_health = record.custom_health(),
          .pending_health = record.pending_health(),
          .unknown = unknown};
}

}  // namespace

PackedInstance::PackedInstance(const InstanceFields& fields, const StringMap& attributes)
    : packed_({.create_ms = fields.create_ms,
               .pending_health_due_ms = fields.pending_health_due_ms,
               .custom_health = fields.custom_health,
               .pending_health = fields.pending_health,
               .attribute_count = static_cast<uint32_t>(attributes.size())},
              TextsOf(fields, attributes)) {}

PackedInstance::PackedInstance(const storage::v1::InstanceRecord& record)
    : PackedInstance(FieldsOf(record, UnknownFieldsOf(record)), record.attributes()) {}

storage::v1::InstanceRecord PackedInstance::ToRecord() const {
  storage::v1::InstanceRecord record;
  record.set_service_id(std::string(service_id()));
  record.set_id(std::string(id()));
  CopyAttributesTo(*record.mutable_attributes());
  record.set_creator_request_id(std::string(creator_request_id()));
  record.set_operation_id(std::string(operation_id()));
  record.set_create_ms(create_ms());
  record.set_custom_health(custom_health());
  record.set_pending_health(pending_health());
  record.set_pending_health_due_ms(pending_health_due_ms());
  SetUnknownFields(packed_.text(kUnknown), record);
  return record;
}

std::optional<absl::string_view> PackedInstance::FindAttribute(absl::string_view key) const {
  for (size_t i = 0; i < attribute_count(); ++i) {
    const Attribute found = attribute(i);
    if (found.first == key) {
      return found.second;
    }
  }
  return std::nullopt;
}

void PackedInstance::CopyAttributesTo(StringMap& to) const {
  for (size_t i = 0; i < attribute_count(); ++i) {
    const auto [key, value] = attribute(i);
    to[std::string(key)] = std::string(value);
  }
}

}  // namespace cloudmap::registry
