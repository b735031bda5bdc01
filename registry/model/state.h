// State: the whole registry as an immutable value.
//
//   const std::shared_ptr<const State> state = registry.Current();
//   const ServiceEntry* service = state->FindService("srv-1");     // nullptr when there is none
//   State next = Apply(*state, changes, state->revision() + 1);    // mutation.h; *state stays as
//   it is
//
// Versions share structure: copying one costs some reference counts, making the next costs what
// changes, and dropping a tentative one is the rollback. A look-up walks a few nodes, however many
// entries there are.
//
// Thread safety: a State never changes; share it freely. What it points to lives as long as it
// does.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "registry/base/persistent_map.h"
#include "registry/model/ids.h"
#include "registry/model/record.h"

namespace cloudmap::registry {

// The instances of a service by their id, which is part of the value.
using InstanceMap = PersistentMap<absl::string_view, PackedInstance>;

struct ServiceEntry {
  std::shared_ptr<const ServiceRecord> record;
  InstanceMap instances;
  // What DiscoverInstancesRevision gives: the registry's revision at the last registration or
  // deregistration, or at the creation of the service.
  int64_t instances_revision = 0;
};

struct NamespaceEntry {
  std::shared_ptr<const NamespaceRecord> record;
  PersistentMap<std::string, std::string> services;  // ServiceNameKey -> service id
  int64_t instance_count = 0;                        // of all its services together
};

// The ids of namespaces that share a name, oldest first.
using NamespaceIds = std::vector<std::string>;

// What a retried update of a namespace is found by: the API method, the id of the namespace that it
// changes, and its UpdaterRequestId. (A retried creation is found by the name it asks for.)
std::string RequestKey(absl::string_view method, absl::string_view namespace_id,
                       absl::string_view token);
// The RequestKey of an operation; "" for one that is not found this way.
std::string RequestKeyOf(const PackedOperation& operation);

class State {
 public:
  // The revision of the last batch that this state contains (I3).
  int64_t revision() const { return revision_; }

  // Look-ups give nullptr for what does not exist.

  const NamespaceEntry* FindNamespace(absl::string_view id) const;
  // By HttpName exactly, which no two namespaces share.
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

  // Everything there is, for lists: maps by id of a NamespaceEntry, a ServiceEntry, a
  // PackedOperation. They are in ascending order of hash (PersistentMap::ScanFrom), which for
  // operations is the order of time.
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
