#include "registry/model/record.h"

namespace cloudmap::registry {
namespace {

struct KeyMaker {
  RecordKey operator()(const std::shared_ptr<const NamespaceRecord>& r) const {
    return {RecordKind::kNamespace, r->id(), ""};
  }
  RecordKey operator()(const std::shared_ptr<const ServiceRecord>& r) const {
    return {RecordKind::kService, r->id(), ""};
  }
  RecordKey operator()(const std::shared_ptr<const InstancesRevisionRecord>& r) const {
    return {RecordKind::kInstancesRevision, r->service_id(), ""};
  }
  RecordKey operator()(const std::shared_ptr<const InstanceRecord>& r) const {
    return {RecordKind::kInstance, r->service_id(), r->id()};
  }
  RecordKey operator()(const std::shared_ptr<const OperationRecord>& r) const {
    return {RecordKind::kOperation, r->id(), ""};
  }
};

}  // namespace

RecordKey KeyOf(const RecordPtr& record) { return std::visit(KeyMaker(), record); }

}  // namespace cloudmap::registry
