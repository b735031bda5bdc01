// An instance as a State keeps it; InstanceRecord is its form in a store.
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

// The members of an InstanceRecord but its attributes; the texts are somebody else's.
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

// Its texts live as long as any copy of it.
class PackedInstance {
 public:
  using Attribute = std::pair<absl::string_view, absl::string_view>;

  // `attributes` in any order, with distinct keys.
  PackedInstance(const InstanceFields& fields, const StringMap& attributes);
  explicit PackedInstance(const storage::v1::InstanceRecord& record);

  storage::v1::InstanceRecord ToRecord() const;

  absl::string_view service_id() const { return packed_.text(kServiceId); }
  absl::string_view id() const { return packed_.text(kId); }
  absl::string_view creator_request_id() const { return packed_.text(kCreatorRequestId); }
  absl::string_view operation_id() const { return packed_.text(kOperationId); }
  int64_t create_ms() const { return packed_.header().create_ms; }
  v1::HealthStatus custom_health() const { return packed_.header().custom_health; }
  v1::HealthStatus pending_health() const { return packed_.header().pending_health; }
  int64_t pending_health_due_ms() const { return packed_.header().pending_health_due_ms; }

  // In ascending order of their keys.
  size_t attribute_count() const { return packed_.header().attribute_count; }
  Attribute attribute(size_t index) const {
    return {packed_.text(kFirstAttribute + 2 * index),
            packed_.text(kFirstAttribute + 2 * index + 1)};
  }
  std::optional<absl::string_view> FindAttribute(absl::string_view key) const;
  void CopyAttributesTo(StringMap& to) const;

 private:
  struct Header {
    int64_t create_ms;
    int64_t pending_health_due_ms;
    v1::HealthStatus custom_health;
    v1::HealthStatus pending_health;
    uint32_t attribute_count;
  };
  // From kFirstAttribute on keys and values take turns.
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
