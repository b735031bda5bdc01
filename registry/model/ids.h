// Identifiers and ARNs in the forms that AWS uses.
//
//   const std::string id = NamespaceId(context.entropy);          // "ns-ylexjili4cdxy3xm"
//   NamespaceArn(options, id);   //
//   "arn:aws:servicediscovery:us-east-1:000000000000:namespace/ns-..." ResolveId(options,
//   "namespace", arn_or_id);                   // id
//
// All functions are pure. "Characters" are those of lower-case base32, a to z and 2 to 7, where
// nothing else is said.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "registry/options.h"

namespace cloudmap::registry {

// "ns-" and 16 characters that are made of `entropy` alone, which must be fresh.
std::string NamespaceId(const uint64_t (&entropy)[2]);

// "srv-" and 16 characters that depend on account, region, namespace and name alone: a service that
// is deleted and created again keeps its id, as on AWS. `name_key` is a ServiceNameKey.
std::string ServiceId(const RegistryOptions& options, absl::string_view namespace_id,
                      absl::string_view name_key);

// "Z" and 20 upper-case characters that depend on the namespace alone.
std::string HostedZoneId(absl::string_view namespace_id);

// What a namespace appends to its name, after a "-", when the plain name is taken as an HttpName:
// 16 characters that depend on the namespace alone.
std::string HttpNameSuffix(absl::string_view namespace_id);

// How many characters longer such an HttpName is than the name: those and the "-".
inline constexpr size_t kHttpNameSuffixChars = 17;

// 32 characters that depend on the target alone, a "-", and the time in milliseconds since 1970 in
// base 36. `target` is any text that names what the operation is about.
std::string OperationId(absl::string_view target, int64_t now_ms);

// The hash of maps by operation id: it ascends with the time in the id, so that new operations come
// together at one end of the map, old ones leave at the other, and lists are in order of time. Ids
// of one millisecond are told apart by the lower 22 bits.
struct OperationIdHash {
  uint64_t operator()(absl::string_view operation_id) const;
  // Milliseconds since 1970 that are encoded in the hash's upper 42 bits.
  static int64_t TimeOf(uint64_t hash);
};

std::string NamespaceArn(const RegistryOptions& options, absl::string_view namespace_id);
std::string ServiceArn(const RegistryOptions& options, absl::string_view service_id);

// The id that a request means by an id or an ARN; part of `id_or_arn`. `kind` is "namespace" or
// "service". "" for an ARN of another AWS service, region, account or kind, which names nothing
// here. What is no ARN is taken for an id and given back as it is.
absl::string_view ResolveId(const RegistryOptions& options, absl::string_view kind,
                            absl::string_view id_or_arn);

}  // namespace cloudmap::registry
