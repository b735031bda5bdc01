// Records: what the store keeps and State is made of. A record never changes once made; a new
// version replaces it under the same key.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "cloudmap/storage/v1/records.pb.h"

namespace cloudmap::registry {

using storage::v1::InstanceRecord;
using storage::v1::InstancesRevisionRecord;
using storage::v1::NamespaceRecord;
using storage::v1::OperationRecord;
using storage::v1::ServiceRecord;

enum class RecordKind : uint8_t { kNamespace, kService, kInstancesRevision, kInstance, kOperation };

struct RecordKey {
  RecordKind kind = RecordKind::kNamespace;
  // Of the namespace, service or operation; for an instance and a revision, of the service.
  std::string id;
  std::string instance_id;

  friend bool operator==(const RecordKey&, const RecordKey&) = default;
};

// A RecordKey whose texts are somebody else's.
struct RecordKeyView {
  RecordKind kind;
  absl::string_view id;
  absl::string_view instance_id;

  friend bool operator==(const RecordKeyView&, const RecordKeyView&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const RecordKeyView& key) {
    return H::combine(std::move(h), key.kind, key.id, key.instance_id);
  }
};

// Alternatives in the order of RecordKind.
using RecordPtr =
    std::variant<std::shared_ptr<const NamespaceRecord>, std::shared_ptr<const ServiceRecord>,
                 std::shared_ptr<const InstancesRevisionRecord>,
                 std::shared_ptr<const InstanceRecord>, std::shared_ptr<const OperationRecord>>;

RecordKey KeyOf(const RecordPtr& record);
// The texts are the record's, or the key's.
RecordKeyView ViewKeyOf(const RecordPtr& record);
inline RecordKeyView ViewOf(const RecordKey& key) { return {key.kind, key.id, key.instance_id}; }

// One record written or, without `record`, deleted.
struct Change {
  RecordKey key;
  std::optional<RecordPtr> record;
};

}  // namespace cloudmap::registry
