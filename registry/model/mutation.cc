#include "registry/model/mutation.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "registry/base/check.h"

namespace cloudmap::registry {

class ChangeApplier {
 public:
  explicit ChangeApplier(State& state) : state_(state) {}

  void operator()(const std::shared_ptr<const NamespaceRecord>& record) {
    if (NamespaceEntry* entry = state_.namespaces_.Edit(record->id())) {
      entry->record = record;
      return;
    }
    state_.namespace_by_http_name_.Put(record->http_name(), record->id());
    IndexName(*record);
    state_.namespaces_.Put(record->id(), {.record = record, .services = {}});
  }

  void operator()(const std::shared_ptr<const ServiceRecord>& record) {
    if (ServiceEntry* entry = state_.services_.Edit(record->id())) {
      entry->record = record;
      return;
    }
    NamespaceEntry& in = NamespaceOf(*record);
    in.services.Put(ServiceNameKey(in.record->type(), record->name()), record->id());
    if (!record->creator_request_id().empty()) {
      state_.service_by_token_.Put(record->creator_request_id(), record->id());
    }
    state_.services_.Put(record->id(), {.record = record, .instances = {}});
  }

  void operator()(const std::shared_ptr<const InstancesRevisionRecord>& record) {
    Service(record->service_id()).instances_revision = record->revision();
  }

  void operator()(const std::shared_ptr<const InstanceRecord>& record) {
    ServiceEntry& entry = Service(record->service_id());
    const size_t before = entry.instances.size();
    entry.instances.Put(record->id(), record);
    CountInstances(entry, before);
  }

  void operator()(const std::shared_ptr<const OperationRecord>& record) {
    const PackedOperation* old = state_.operations_.Find(record->id());
    if (old != nullptr && old->is_indexed()) {
      Unlock(old->Unpack());
    }
    if (record->status() == v1::OPERATION_STATUS_PENDING && !record->lock().empty()) {
      state_.operation_by_lock_.Put(record->lock(), record->id());
    }
    if (!record->request_token().empty()) {
      state_.operation_by_request_.Put(RequestKeyOf(*record), record->id());
    }
    PackedOperation packed(*record);
    const absl::string_view id = packed.id();
    state_.operations_.Put(id, std::move(packed));
  }

  void Delete(const RecordKey& key) {
    switch (key.kind) {
      case RecordKind::kNamespace:
        return DeleteNamespace(key.id);
      case RecordKind::kService:
        return DeleteService(key.id);
      case RecordKind::kInstancesRevision:
        return;  // goes with its service
      case RecordKind::kInstance:
        return DeleteInstance(key.id, key.instance_id);
      case RecordKind::kOperation:
        return DeleteOperation(key.id);
    }
  }

 private:
  NamespaceEntry& NamespaceOf(const ServiceRecord& service) {
    NamespaceEntry* entry = state_.namespaces_.Edit(service.namespace_id());
    CLOUDMAP_CHECK(entry != nullptr, "a service has a namespace");
    return *entry;
  }

  ServiceEntry& Service(const std::string& id) {
    ServiceEntry* entry = state_.services_.Edit(id);
    CLOUDMAP_CHECK(entry != nullptr, "an instance has a service");
    return *entry;
  }

  // `before` is how many instances the service had.
  void CountInstances(const ServiceEntry& service, size_t before) {
    const int64_t more =
        static_cast<int64_t>(service.instances.size()) - static_cast<int64_t>(before);
    if (more != 0) {
      NamespaceOf(*service.record).instance_count += more;
    }
  }

  void IndexName(const NamespaceRecord& record) {
    const std::string key = NamespaceNameKey(record.type(), record.name());
    NamespaceIds ids;
    if (const NamespaceIds* old = state_.FindNamespacesByName(record.type(), record.name())) {
      ids = *old;
    }
    // A load brings records in any order; age decides, so that a restart changes nothing.
    const auto age = [this, &record](const std::string& id) {
      const NamespaceRecord& r = id == record.id() ? record : *state_.FindNamespace(id)->record;
      return std::make_tuple(r.create_ms(), r.id());
    };
    ids.push_back(record.id());
    std::sort(ids.begin(), ids.end(),
              [&age](const auto& a, const auto& b) { return age(a) < age(b); });
    state_.namespaces_by_name_.Put(key, std::make_shared<const NamespaceIds>(std::move(ids)));
  }

  void DeleteNamespace(const std::string& id) {
    const NamespaceEntry* entry = state_.FindNamespace(id);
    if (entry == nullptr) {
      return;
    }
    const std::shared_ptr<const NamespaceRecord> record = entry->record;
    state_.namespace_by_http_name_.Remove(record->http_name());
    const std::string key = NamespaceNameKey(record->type(), record->name());
    NamespaceIds ids = *state_.FindNamespacesByName(record->type(), record->name());
    std::erase(ids, id);
    if (ids.empty()) {
      state_.namespaces_by_name_.Remove(key);
    } else {
      state_.namespaces_by_name_.Put(key, std::make_shared<const NamespaceIds>(std::move(ids)));
    }
    state_.namespaces_.Remove(id);
  }

  void DeleteService(const std::string& id) {
    const ServiceEntry* entry = state_.FindService(id);
    if (entry == nullptr) {
      return;
    }
    NamespaceEntry& in = NamespaceOf(*entry->record);
    in.services.Remove(ServiceNameKey(in.record->type(), entry->record->name()));
    state_.service_by_token_.Remove(entry->record->creator_request_id());
    in.instance_count -= static_cast<int64_t>(entry->instances.size());
    state_.services_.Remove(id);
  }

  void DeleteInstance(const std::string& service_id, const std::string& id) {
    ServiceEntry* entry = state_.services_.Edit(service_id);
    if (entry == nullptr) {
      return;
    }
    const size_t before = entry->instances.size();
    entry->instances.Remove(id);
    CountInstances(*entry, before);
  }

  void DeleteOperation(const std::string& id) {
    const PackedOperation* old = state_.operations_.Find(id);
    if (old != nullptr && old->is_indexed()) {
      const OperationRecord record = old->Unpack();
      Unlock(record);
      const std::string key = RequestKeyOf(record);
      const std::string* latest = state_.operation_by_request_.Find(key);
      if (latest != nullptr && *latest == id) {
        state_.operation_by_request_.Remove(key);
      }
    }
    state_.operations_.Remove(id);
  }

  void Unlock(const OperationRecord& operation) {
    const std::string* holder = state_.operation_by_lock_.Find(operation.lock());
    if (holder != nullptr && *holder == operation.id()) {
      state_.operation_by_lock_.Remove(operation.lock());
    }
  }

  State& state_;
};

State Apply(State state, const std::vector<Change>& changes, int64_t revision) {
  CLOUDMAP_CHECK(revision >= state.revision(), "I3: the revision never shrinks");
  state.revision_ = revision;
  ChangeApplier applier(state);
  for (const Change& change : changes) {
    if (change.record.has_value()) {
      std::visit(applier, *change.record);
    } else {
      applier.Delete(change.key);
    }
  }
  return state;
}

}  // namespace cloudmap::registry
