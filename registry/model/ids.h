// Identifiers and ARNs in the forms that AWS uses.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "registry/options.h"

namespace cloudmap::registry {

// "ns-" and 16 random characters.
std::string NamespaceId(const uint64_t (&entropy)[2]);

// "srv-" and 16 characters that depend on account, region, namespace and name alone: a service
// that is deleted and created again keeps its id, as on AWS. `name_key` is a ServiceNameKey.
std::string ServiceId(const RegistryOptions& options, absl::string_view namespace_id,
                      absl::string_view name_key);

// "Z" and 20 upper-case characters.
std::string HostedZoneId(absl::string_view namespace_id);

// The suffix of an HttpName whose plain form is taken: 16 characters.
std::string HttpNameSuffix(absl::string_view namespace_id);

// 32 characters that depend on the target, and the time in milliseconds in base 36.
std::string OperationId(absl::string_view target, int64_t now_ms);

// For maps by operation id: ascends with the time in the id, so that new operations come together
// at one end of the map, old ones leave at the other, and lists are in order of time.
struct OperationIdHash {
  uint64_t operator()(absl::string_view operation_id) const;
  // The time, in milliseconds, of a hash.
  static int64_t TimeOf(uint64_t hash);
};

std::string NamespaceArn(const RegistryOptions& options, absl::string_view namespace_id);
std::string ServiceArn(const RegistryOptions& options, absl::string_view service_id);

// The id in `id_or_arn`, which the result is part of. An ARN of another service, region, account or
// kind names nothing here and gives "". `kind` is "namespace" or "service".
absl::string_view ResolveId(const RegistryOptions& options, absl::string_view kind,
                            absl::string_view id_or_arn);

}  // namespace cloudmap::registry
