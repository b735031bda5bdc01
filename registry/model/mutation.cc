#include "registry/model/mutation.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "registry/base/check.h"
#include "registry/model/names.h"

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
    service_ = nullptr;
    if (ServiceEntry* entry = state_.services_.Edit(record->id())) {
      entry->record = record;
      return;
    }
    NamespaceEntry& in = NamespaceOf(*record);
    in.services.Put(ServiceNameKey(in.record->type(), record->name()), record->id());
    state_.services_.Put(record->id(), {.record = record, .instances = {}});
  }

  void operator()(const std::shared_ptr<const InstancesRevisionRecord>& record) {
    Service(record->service_id()).instances_revision = record->revision();
  }

  void operator()(const PackedInstance& instance) {
    ServiceEntry& entry = Service(instance.service_id());
    const size_t before = entry.instances.size();
    entry.instances.Put(instance.id(), instance);
    CountInstances(entry, before);
  }

  void operator()(const PackedOperation& operation) {
    const PackedOperation* old = state_.FindOperation(operation.id());
    if (old != nullptr) {
      Unlock(*old);
    }
    if (operation.is_pending() && !operation.lock().empty()) {
      state_.operation_by_lock_.Put(std::string(operation.lock()), std::string(operation.id()));
    }
    if (std::string key = RequestKeyOf(operation); !key.empty()) {
      state_.operation_by_request_.Put(std::move(key), std::string(operation.id()));
    }
    state_.operations_.Put(operation.id(), operation);
  }

  void Forget(const PackedOperations& operations) {
    for (const PackedOperation& operation : operations) {
      RemoveFromIndexes(operation);
    }
    const uint64_t last = OperationIdHash()(operations.back().id());
    CLOUDMAP_CHECK(state_.operations_.RemoveUpTo(last) == operations.size(),
                   "what is forgotten are the oldest operations");
  }

  void Delete(const RecordKeyView& key) {
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

  ServiceEntry& Service(absl::string_view id) {
    // An instance and the revision of its service come one after the other.
    if (service_ == nullptr || service_->record->id() != id) {
      service_ = state_.services_.Edit(id);
      CLOUDMAP_CHECK(service_ != nullptr, "an instance has a service");
    }
    return *service_;
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
    if (const NamespaceIds* old = state_.FindNamespacesByNameKey(key)) {
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
    state_.namespaces_by_name_key_.Put(key, std::make_shared<const NamespaceIds>(std::move(ids)));
  }

  void DeleteNamespace(absl::string_view id) {
    const NamespaceEntry* entry = state_.FindNamespace(id);
    if (entry == nullptr) {
      return;
    }
    const std::shared_ptr<const NamespaceRecord> record = entry->record;
    state_.namespace_by_http_name_.Remove(record->http_name());
    const std::string key = NamespaceNameKey(record->type(), record->name());
    NamespaceIds ids = *state_.FindNamespacesByNameKey(key);
    std::erase(ids, id);
    if (ids.empty()) {
      state_.namespaces_by_name_key_.Remove(key);
    } else {
      state_.namespaces_by_name_key_.Put(key, std::make_shared<const NamespaceIds>(std::move(ids)));
    }
    state_.namespaces_.Remove(id);
  }

  void DeleteService(absl::string_view id) {
    service_ = nullptr;
    const ServiceEntry* entry = state_.FindService(id);
    if (entry == nullptr) {
      return;
    }
    NamespaceEntry& in = NamespaceOf(*entry->record);
    in.services.Remove(ServiceNameKey(in.record->type(), entry->record->name()));
    in.instance_count -= static_cast<int64_t>(entry->instances.size());
    state_.services_.Remove(id);
  }

  void DeleteInstance(absl::string_view service_id, absl::string_view id) {
    ServiceEntry* entry = state_.services_.Edit(service_id);
    if (entry == nullptr) {
      return;
    }
    const size_t before = entry->instances.size();
    entry->instances.Remove(id);
    CountInstances(*entry, before);
  }

  void DeleteOperation(absl::string_view id) {
    const PackedOperation* old = state_.FindOperation(id);
    if (old == nullptr) {
      return;
    }
    RemoveFromIndexes(*old);
    state_.operations_.Remove(id);
  }

  void RemoveFromIndexes(const PackedOperation& operation) {
    Unlock(operation);
    const std::string key = RequestKeyOf(operation);
    if (key.empty()) {
      return;
    }
    const std::string* latest = state_.operation_by_request_.Find(key);
    if (latest != nullptr && *latest == operation.id()) {
      state_.operation_by_request_.Remove(key);
    }
  }

  void Unlock(const PackedOperation& operation) {
    if (operation.lock().empty()) {
      return;
    }
    const std::string* holder = state_.operation_by_lock_.Find(operation.lock());
    if (holder != nullptr && *holder == operation.id()) {
      state_.operation_by_lock_.Remove(operation.lock());
    }
  }

  State& state_;
  // The last that was edited, until services change.
  ServiceEntry* service_ = nullptr;
};

State Apply(State state, const std::vector<Change>& changes, int64_t revision) {
  CLOUDMAP_CHECK(revision >= state.revision(), "I3: the revision never shrinks");
  state.revision_ = revision;
  ChangeApplier applier(state);
  for (const Change& change : changes) {
    if (const RecordPtr* record = change.record()) {
      std::visit(applier, *record);
    } else if (const PackedOperations* operations = change.forgotten()) {
      applier.Forget(*operations);
    } else {
      applier.Delete(change.key());
    }
  }
  return state;
}

}  // namespace cloudmap::registry
