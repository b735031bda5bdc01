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
  RecordKeyView operator()(const std::shared_ptr<const InstanceRecord>& r) const {
    return {RecordKind::kInstance, r->service_id(), r->id()};
  }
  RecordKeyView operator()(const std::shared_ptr<const OperationRecord>& r) const {
    return {RecordKind::kOperation, r->id(), ""};
  }
};

}  // namespace

RecordKeyView ViewKeyOf(const RecordPtr& record) { return std::visit(KeyMaker(), record); }

RecordKey KeyOf(const RecordPtr& record) {
  const RecordKeyView view = ViewKeyOf(record);
  return {view.kind, std::string(view.id), std::string(view.instance_id)};
}

}  // namespace cloudmap::registry
