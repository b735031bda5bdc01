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
    NamespaceEntry entry;
    if (const NamespaceEntry* old = state_.FindNamespace(record->id())) {
      entry = *old;
    } else {
      state_.namespace_by_http_name_ =
          state_.namespace_by_http_name_.Set(record->http_name(), record->id());
      IndexName(*record);
    }
    entry.record = record;
    Put(std::move(entry));
  }

  void operator()(const std::shared_ptr<const ServiceRecord>& record) {
    ServiceEntry entry;
    if (const ServiceEntry* old = state_.FindService(record->id())) {
      entry = *old;
    } else {
      NamespaceEntry in = NamespaceOf(*record);
      in.services =
          in.services.Set(ServiceNameKey(in.record->type(), record->name()), record->id());
      Put(std::move(in));
      if (!record->creator_request_id().empty()) {
        state_.service_by_token_ =
            state_.service_by_token_.Set(record->creator_request_id(), record->id());
      }
    }
    entry.record = record;
    Put(std::move(entry));
  }

  void operator()(const std::shared_ptr<const InstancesRevisionRecord>& record) {
    ServiceEntry entry = Service(record->service_id());
    entry.instances_revision = record->revision();
    Put(std::move(entry));
  }

  void operator()(const std::shared_ptr<const InstanceRecord>& record) {
    ServiceEntry entry = Service(record->service_id());
    const size_t before = entry.instances.size();
    entry.instances = entry.instances.Set(record->id(), record);
    CountInstances(entry, static_cast<int64_t>(entry.instances.size() - before));
    Put(std::move(entry));
  }

  void operator()(const std::shared_ptr<const OperationRecord>& record) {
    if (const OperationRecord* old = state_.FindOperation(record->id())) {
      Unlock(*old);
    }
    if (record->status() == v1::OPERATION_STATUS_PENDING && !record->lock().empty()) {
      state_.operation_by_lock_ = state_.operation_by_lock_.Set(record->lock(), record->id());
    }
    if (!record->request_token().empty()) {
      state_.operation_by_request_ =
          state_.operation_by_request_.Set(RequestKeyOf(*record), record->id());
    }
    state_.operations_ = state_.operations_.Set(record->id(), record);
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
  NamespaceEntry NamespaceOf(const ServiceRecord& service) const {
    const NamespaceEntry* entry = state_.FindNamespace(service.namespace_id());
    CLOUDMAP_CHECK(entry != nullptr, "a service has a namespace");
    return *entry;
  }

  ServiceEntry Service(const std::string& id) const {
    const ServiceEntry* entry = state_.FindService(id);
    CLOUDMAP_CHECK(entry != nullptr, "an instance has a service");
    return *entry;
  }

  void Put(NamespaceEntry entry) {
    std::string id = entry.record->id();
    state_.namespaces_ = state_.namespaces_.Set(
        std::move(id), std::make_shared<const NamespaceEntry>(std::move(entry)));
  }

  void Put(ServiceEntry entry) {
    std::string id = entry.record->id();
    state_.services_ =
        state_.services_.Set(std::move(id), std::make_shared<const ServiceEntry>(std::move(entry)));
  }

  void CountInstances(const ServiceEntry& service, int64_t by) {
    if (by != 0) {
      NamespaceEntry in = NamespaceOf(*service.record);
      in.instance_count += by;
      Put(std::move(in));
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
    state_.namespaces_by_name_ =
        state_.namespaces_by_name_.Set(key, std::make_shared<const NamespaceIds>(std::move(ids)));
  }

  void DeleteNamespace(const std::string& id) {
    const NamespaceEntry* entry = state_.FindNamespace(id);
    if (entry == nullptr) {
      return;
    }
    const NamespaceRecord& record = *entry->record;
    state_.namespace_by_http_name_ = state_.namespace_by_http_name_.Erase(record.http_name());
    const std::string key = NamespaceNameKey(record.type(), record.name());
    NamespaceIds ids = *state_.FindNamespacesByName(record.type(), record.name());
    std::erase(ids, id);
    state_.namespaces_by_name_ =
        ids.empty() ? state_.namespaces_by_name_.Erase(key)
                    : state_.namespaces_by_name_.Set(
                          key, std::make_shared<const NamespaceIds>(std::move(ids)));
    state_.namespaces_ = state_.namespaces_.Erase(id);
  }

  void DeleteService(const std::string& id) {
    const ServiceEntry* entry = state_.FindService(id);
    if (entry == nullptr) {
      return;
    }
    NamespaceEntry in = NamespaceOf(*entry->record);
    in.services = in.services.Erase(ServiceNameKey(in.record->type(), entry->record->name()));
    state_.service_by_token_ = state_.service_by_token_.Erase(entry->record->creator_request_id());
    in.instance_count -= static_cast<int64_t>(entry->instances.size());
    Put(std::move(in));
    state_.services_ = state_.services_.Erase(id);
  }

  void DeleteInstance(const std::string& service_id, const std::string& id) {
    const ServiceEntry* old = state_.FindService(service_id);
    if (old == nullptr) {
      return;
    }
    ServiceEntry entry = *old;
    const size_t before = entry.instances.size();
    entry.instances = entry.instances.Erase(id);
    CountInstances(entry,
                   static_cast<int64_t>(entry.instances.size()) - static_cast<int64_t>(before));
    Put(std::move(entry));
  }

  void DeleteOperation(const std::string& id) {
    const OperationRecord* old = state_.FindOperation(id);
    if (old == nullptr) {
      return;
    }
    Unlock(*old);
    if (!old->request_token().empty()) {
      const std::string key = RequestKeyOf(*old);
      const std::string* owner = state_.operation_by_request_.Find(key);
      if (owner != nullptr && *owner == id) {
        state_.operation_by_request_ = state_.operation_by_request_.Erase(key);
      }
    }
    state_.operations_ = state_.operations_.Erase(id);
  }

  void Unlock(const OperationRecord& operation) {
    const std::string* holder = state_.operation_by_lock_.Find(operation.lock());
    if (holder != nullptr && *holder == operation.id()) {
      state_.operation_by_lock_ = state_.operation_by_lock_.Erase(operation.lock());
    }
  }

  State& state_;
};

State Apply(const State& state, const std::vector<Change>& changes, int64_t revision) {
  CLOUDMAP_CHECK(revision >= state.revision(), "I3: the revision never shrinks");
  State next = state;
  next.revision_ = revision;
  ChangeApplier applier(next);
  for (const Change& change : changes) {
    if (change.record.has_value()) {
      std::visit(applier, *change.record);
    } else {
      applier.Delete(change.key);
    }
  }
  return next;
}

}  // namespace cloudmap::registry
