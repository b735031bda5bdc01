#include "registry/model/record.h"

namespace cloudmap::registry {
namespace {

struct KeyMaker {
  RecordKeyView operator()(const std::shared_ptr<const NamespaceRecord>& r) const {
    return {RecordKind::kNamespace, r->id(), ""};
  }
  RecordKeyView operator()(const std::shared_ptr<const ServiceRecord>& r) const {
    return {RecordKind::kService, r->id(), ""};
  }
  RecordKeyView operator()(const std::shared_ptr<const InstancesRevisionRecord>& r) const {
    return {RecordKind::kInstancesRevision, r->service_id(), ""};
  }
  RecordKeyView operator()(const PackedInstance& r) const {
    return {RecordKind::kInstance, r.service_id(), r.id()};
  }
  RecordKeyView operator()(const PackedOperation& r) const {
    return {RecordKind::kOperation, r.id(), ""};
  }
};

}  // namespace

RecordKeyView KeyOf(const RecordPtr& record) { return std::visit(KeyMaker(), record); }

RecordPtr ToRecordPtr(NamespaceRecord record) {
  return std::make_shared<const NamespaceRecord>(std::move(record));
}

RecordPtr ToRecordPtr(ServiceRecord record) {
  return std::make_shared<const ServiceRecord>(std::move(record));
}

RecordPtr ToRecordPtr(InstancesRevisionRecord record) {
  return std::make_shared<const InstancesRevisionRecord>(std::move(record));
}

RecordPtr ToRecordPtr(const InstanceRecord& record) { return PackedInstance(record); }

RecordPtr ToRecordPtr(const OperationRecord& record) { return PackedOperation(record); }

}  // namespace cloudmap::registry
