// Records: what the store keeps and State is made of. A record never changes once made; a new
// version replaces it under the same key. Those of which there are many are packed in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "cloudmap/storage/v1/records.pb.h"
#include "registry/model/packed_instance.h"
#include "registry/model/packed_operation.h"

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

inline RecordKeyView ViewOf(const RecordKey& key) { return {key.kind, key.id, key.instance_id}; }
inline RecordKeyView ViewOf(const RecordKeyView& key) { return key; }

// For tables by RecordKey that are looked up by either.
struct RecordKeyHash {
  using is_transparent = void;
  template <typename Key>
  size_t operator()(const Key& key) const {
    return absl::HashOf(ViewOf(key));
  }
};
struct RecordKeyEqual {
  using is_transparent = void;
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const {
    return ViewOf(a) == ViewOf(b);
  }
};

// Alternatives in the order of RecordKind. Copies share the record.
using RecordPtr =
    std::variant<std::shared_ptr<const NamespaceRecord>, std::shared_ptr<const ServiceRecord>,
                 std::shared_ptr<const InstancesRevisionRecord>, PackedInstance, PackedOperation>;

// The message, shared or packed.
RecordPtr ToRecordPtr(NamespaceRecord record);
RecordPtr ToRecordPtr(ServiceRecord record);
RecordPtr ToRecordPtr(InstancesRevisionRecord record);
RecordPtr ToRecordPtr(const InstanceRecord& record);
RecordPtr ToRecordPtr(const OperationRecord& record);

// As it goes to a store: calls visit(message) and gives what that gives.
template <typename Visit>
auto VisitMessage(const RecordPtr& record, const Visit& visit) {
  struct Visitor {
    const Visit& visit;
    auto operator()(const std::shared_ptr<const NamespaceRecord>& r) const { return visit(*r); }
    auto operator()(const std::shared_ptr<const ServiceRecord>& r) const { return visit(*r); }
    auto operator()(const std::shared_ptr<const InstancesRevisionRecord>& r) const {
      return visit(*r);
    }
    auto operator()(const PackedInstance& r) const { return visit(r.ToRecord()); }
    auto operator()(const PackedOperation& r) const { return visit(r.ToRecord()); }
  };
  return std::visit(Visitor{visit}, record);
}

// The texts are the record's.
RecordKeyView KeyOf(const RecordPtr& record);

using PackedOperations = std::vector<PackedOperation>;

// One record written or deleted, or many operations deleted.
class Change {
 public:
  static Change Put(RecordPtr record) { return Change(std::move(record), nullptr, nullptr); }
  static Change Delete(RecordKey key) {
    return Change({}, std::make_shared<const RecordKey>(std::move(key)), nullptr);
  }
  // All operations of a state that are not newer than the last of these. None is pending.
  static Change Forget(PackedOperations operations) {
    return Change({}, nullptr, std::make_shared<const PackedOperations>(std::move(operations)));
  }

  // nullptr unless it is a Put.
  const RecordPtr* record() const {
    return deleted_ != nullptr || forgotten_ != nullptr ? nullptr : &record_;
  }
  // nullptr unless it is a Forget.
  const PackedOperations* forgotten() const { return forgotten_.get(); }
  // Of what is put or deleted. The texts are those of the record, or live as long as any copy of
  // the change. REQUIRES: it is no Forget.
  RecordKeyView key() const { return deleted_ != nullptr ? ViewOf(*deleted_) : KeyOf(record_); }

 private:
  Change(RecordPtr record, std::shared_ptr<const RecordKey> deleted,
         std::shared_ptr<const PackedOperations> forgotten)
      : record_(std::move(record)),
        deleted_(std::move(deleted)),
        forgotten_(std::move(forgotten)) {}

  RecordPtr record_;
  std::shared_ptr<const RecordKey> deleted_;
  std::shared_ptr<const PackedOperations> forgotten_;
};

}  // namespace cloudmap::registry
