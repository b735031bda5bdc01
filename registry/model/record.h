// Records: what a store keeps and a State is made of, and Change, a step from one State to the
// next.
//
//   RecordPtr record = ToRecordPtr(std::move(service_record));
//   KeyOf(record);                                      // {RecordKind::kService, "srv-1", ""}
//   VisitMessage(record, [](const auto& message) { return message.SerializeAsString(); });
//
// A record never changes once made: a new version replaces it under the same key. Namespaces and
// services are protobuf messages (storage/v1/records.proto) that versions of a State share;
// instances and operations, of which there are many, are packed.
//
// Thread safety: records and changes are immutable; copies may be used by different threads.
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

// The kinds, in the order in which they depend on each other: a record needs those before it.
enum class RecordKind : uint8_t { kNamespace, kService, kInstancesRevision, kInstance, kOperation };

// What tells a record from all others.
struct RecordKey {
  RecordKind kind = RecordKind::kNamespace;
  // The id of the namespace, service or operation; for an instance and for the revision of a
  // service's instances, the id of the service.
  std::string id;
  // The id of the instance; "" for other kinds.
  std::string instance_id;

  friend bool operator==(const RecordKey&, const RecordKey&) = default;
};

// A RecordKey that does not own its texts: they are valid as long as the record or key that they
// came from.
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

// A record of any kind, the alternatives in the order of RecordKind. Copies share the record.
using RecordPtr =
    std::variant<std::shared_ptr<const NamespaceRecord>, std::shared_ptr<const ServiceRecord>,
                 std::shared_ptr<const InstancesRevisionRecord>, PackedInstance, PackedOperation>;

// Makes a record of a message: shared as it is, or packed.
RecordPtr ToRecordPtr(NamespaceRecord record);
RecordPtr ToRecordPtr(ServiceRecord record);
RecordPtr ToRecordPtr(InstancesRevisionRecord record);
RecordPtr ToRecordPtr(const InstanceRecord& record);
RecordPtr ToRecordPtr(const OperationRecord& record);

// Calls visit(message) with the record as the message that goes to a store, and returns what that
// returns. Packed records are unpacked for it.
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

// The record's key. Its texts are the record's own.
RecordKeyView KeyOf(const RecordPtr& record);

using PackedOperations = std::vector<PackedOperation>;

// One step from a State to the next: one record written or deleted, or many operations deleted.
class Change {
 public:
  static Change Put(RecordPtr record) { return Change(std::move(record), nullptr, nullptr); }
  static Change Delete(RecordKey key) {
    return Change({}, std::make_shared<const RecordKey>(std::move(key)), nullptr);
  }
  // Deletes many operations at once, which is much cheaper than one by one. REQUIRES: `operations`
  // is not empty, and holds all operations of the state that are not newer than its last; none is
  // pending.
  static Change Forget(PackedOperations operations) {
    return Change({}, nullptr, std::make_shared<const PackedOperations>(std::move(operations)));
  }

  // What a Put writes; nullptr when it is none.
  const RecordPtr* record() const {
    return deleted_ != nullptr || forgotten_ != nullptr ? nullptr : &record_;
  }
  // What a Forget deletes; nullptr when it is none.
  const PackedOperations* forgotten() const { return forgotten_.get(); }
  // The key of what is put or deleted. Its texts are the record's, or valid as long as any copy of
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
