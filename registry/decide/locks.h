// The locks of pending operations: texts of which at most one pending operation holds each, so that
// a second operation on the same target is a DuplicateRequest (CheckLock in operation.h).
//
// A lock is stored with its operation, and a new server reads what an old one stored: a text may
// not change its form.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "cloudmap/v1/resources.pb.h"
#include "registry/model/state.h"

namespace cloudmap::registry {

// Of a namespace that does not exist yet: two creations are of one target when name, type and VPC
// are the same. `vpc` is empty unless the type is DNS_PRIVATE.
std::string CreateNamespaceLock(v1::NamespaceType type, absl::string_view vpc,
                                absl::string_view name);

// Of an existing namespace, held while it is updated or deleted.
std::string NamespaceLock(absl::string_view namespace_id);

// Of a service, held while it is updated.
std::string ServiceLock(absl::string_view service_id);

// Of an instance, which need not exist yet, held while it is registered or deregistered.
std::string InstanceLock(absl::string_view service_id, absl::string_view instance_id);

// DuplicateRequest, which names the operation that holds `lock`; OK when none does.
absl::Status CheckLock(const State& state, absl::string_view lock);

}  // namespace cloudmap::registry
