// State: the whole registry as an immutable value. Versions share structure, so keeping the last
// one while making the next costs nothing, and dropping a tentative one is the rollback.
//
// Thread safety: a State never changes; share it freely.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "registry/base/persistent_map.h"
#include "registry/model/ids.h"
#include "registry/model/record.h"
#include "registry/options.h"

namespace cloudmap::registry {

// By instance id; the key is the instance's own.
using InstanceMap = PersistentMap<absl::string_view, PackedInstance>;

struct ServiceEntry {
  std::shared_ptr<const ServiceRecord> record;
  InstanceMap instances;
  int64_t instances_revision = 0;
};

struct NamespaceEntry {
  std::shared_ptr<const NamespaceRecord> record;
  PersistentMap<std::string, std::string> services;  // ServiceNameKey -> service id
  int64_t instance_count = 0;
};

// Namespaces that share a name, oldest first: DNS ones of either type and in any VPC, or HTTP ones.
using NamespaceIds = std::vector<std::string>;

// What tells a retried update: API method, the id of the namespace it changes, and its
// UpdaterRequestId. (A retried creation is found by the name it asks for.)
std::string RequestKey(absl::string_view method, absl::string_view namespace_id,
                       absl::string_view token);
// The key of an operation; "" for one that is not found this way.
std::string RequestKeyOf(const PackedOperation& operation);

class State {
 public:
  // Of the last batch that this state contains.
  int64_t revision() const { return revision_; }

  // Lookups give nullptr for what does not exist; pointers live as long as the State.
  const NamespaceEntry* FindNamespace(absl::string_view id) const;
  const NamespaceEntry* FindNamespaceByHttpName(absl::string_view http_name) const;
  // The DNS namespaces that are called `name`, private and public, of any VPC; names compare
  // without case and trailing dot.
  const NamespaceIds* FindDnsNamespacesByName(absl::string_view name) const;
  // The HTTP namespaces that are called `name` exactly.
  const NamespaceIds* FindHttpNamespacesByName(absl::string_view name) const;
  const ServiceEntry* FindService(absl::string_view id) const;
  // By name, as names compare in that namespace: without case unless it is an HTTP namespace.
  const ServiceEntry* FindServiceByName(const NamespaceEntry& in, absl::string_view name) const;
  const PackedInstance* FindInstance(absl::string_view service_id,
                                     absl::string_view instance_id) const;
  const PackedOperation* FindOperation(absl::string_view id) const;
  // The pending operation that holds `lock` (PackedOperation::lock).
  const PackedOperation* FindOperationByLock(absl::string_view lock) const;
  // The latest update that a request with this method, target and token started; see RequestKey.
  const PackedOperation* FindOperationByRequest(absl::string_view request_key) const;

  // For lists: in ascending order of hash (PersistentMap::ScanFrom), which for operations is the
  // order of time. Values are a NamespaceEntry, a ServiceEntry, a PackedOperation.
  const auto& namespaces() const { return namespaces_; }
  const auto& services() const { return services_; }
  const auto& operations() const { return operations_; }
  // Lock -> id of the pending operation that holds it.
  const auto& operations_by_lock() const { return operation_by_lock_; }

 private:
  friend State Apply(State state, const std::vector<Change>& changes, int64_t revision);
  friend class ChangeApplier;

  // `name_key` is a NamespaceNameKey.
  const NamespaceIds* FindNamespacesByNameKey(absl::string_view name_key) const;

  int64_t revision_ = 0;
  PersistentMap<std::string, NamespaceEntry> namespaces_;
  PersistentMap<std::string, std::string> namespace_by_http_name_;
  PersistentMap<std::string, std::shared_ptr<const NamespaceIds>> namespaces_by_name_key_;
  PersistentMap<std::string, ServiceEntry> services_;
  // By id; the key is the operation's own.
  PersistentMap<absl::string_view, PackedOperation, OperationIdHash> operations_;
  PersistentMap<std::string, std::string> operation_by_lock_;
  PersistentMap<std::string, std::string> operation_by_request_;  // RequestKey -> operation id
};

}  // namespace cloudmap::registry
