// PackedInstance: an instance as a State keeps it, in one block of memory. A registry may hold a
// million; InstanceRecord, the protobuf message that goes to a store, would take four times the
// room.
//
//   const PackedInstance instance({.service_id = "srv-1", .id = "i-1"}, request.attributes());
//   instance.FindAttribute("AWS_INSTANCE_IPV4");      // std::nullopt when it has none
//   InstanceRecord record = instance.ToRecord();      // to change it: change this, and pack it
//   again
//
// Immutable; copies share the block (packed.h), and the texts that a copy returns are valid as long
// as any copy is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/string_view.h"
#include "cloudmap/storage/v1/records.pb.h"
#include "registry/base/packed.h"
#include "registry/base/string_map.h"

namespace cloudmap::registry {

// The members of an InstanceRecord but its attributes. Does not own its texts: they are valid as
// long as what they came from. Times are milliseconds since 1970; 0 is none.
struct InstanceFields {
  absl::string_view service_id = {};
  absl::string_view id = {};
  absl::string_view creator_request_id = {};
  absl::string_view operation_id = {};
  int64_t create_ms = 0;
  int64_t pending_health_due_ms = 0;
  v1::HealthStatus custom_health = v1::HEALTH_STATUS_UNSPECIFIED;
  v1::HealthStatus pending_health = v1::HEALTH_STATUS_UNSPECIFIED;
  // What a newer version of this program stored besides, in protobuf's wire format.
  absl::string_view unknown = {};
};

class PackedInstance {
 public:
  using Attribute = std::pair<absl::string_view, absl::string_view>;

  // Copies all texts.
  PackedInstance(const InstanceFields& fields, const StringMap& attributes);
  explicit PackedInstance(const storage::v1::InstanceRecord& record);

  // The same instance as a message, with what a newer version of this program stored besides.
  storage::v1::InstanceRecord ToRecord() const;

  absl::string_view service_id() const { return packed_.text(kServiceId); }
  absl::string_view id() const { return packed_.text(kId); }
  absl::string_view creator_request_id() const { return packed_.text(kCreatorRequestId); }
  absl::string_view operation_id() const { return packed_.text(kOperationId); }
  int64_t create_ms() const { return packed_.header().create_ms; }
  v1::HealthStatus custom_health() const { return packed_.header().custom_health; }
  v1::HealthStatus pending_health() const { return packed_.header().pending_health; }
  int64_t pending_health_due_ms() const { return packed_.header().pending_health_due_ms; }

  // The attributes, in ascending order of their keys.
  size_t attribute_count() const { return packed_.header().attribute_count; }
  // REQUIRES: index < attribute_count().
  Attribute attribute(size_t index) const {
    return {packed_.text(kFirstAttribute + 2 * index),
            packed_.text(kFirstAttribute + 2 * index + 1)};
  }
  // The value of an attribute; std::nullopt when there is none of this key. Looks at each in turn.
  std::optional<absl::string_view> FindAttribute(absl::string_view key) const;
  // Adds the attributes to `to`, in the place of those that have their keys.
  void CopyAttributesTo(StringMap& to) const;

 private:
  struct Header {
    int64_t create_ms;
    int64_t pending_health_due_ms;
    v1::HealthStatus custom_health;
    v1::HealthStatus pending_health;
    uint32_t attribute_count;
  };
  // Which text is which. From kFirstAttribute on, keys and values take turns.
  enum Text : size_t {
    kServiceId,
    kId,
    kCreatorRequestId,
    kOperationId,
    kUnknown,
    kFirstAttribute
  };

  Packed<Header> packed_;
};

}  // namespace cloudmap::registry
