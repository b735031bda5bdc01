// Names of namespaces and services: which can be DNS names, and how they compare.
//
//   IsDnsName("corp.test.")                                        // true
//   CanonicalDnsName("Corp.Test.")                                 // "corp.test"
//   ServiceNameKey(v1::NAMESPACE_TYPE_HTTP, "Web")                 // "Web": with case
//   ServiceNameKey(v1::NAMESPACE_TYPE_DNS_PRIVATE, "Web")          // "web": without
//
// A "key" is the form in which a name is looked up: two names that the registry takes for one have
// equal keys. All functions are pure, and any text is a valid argument.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "cloudmap/v1/resources.pb.h"

namespace cloudmap::registry {

// Longest DNS name in text form, without the trailing dot: 255 bytes on the wire (RFC 1035 s2.3.4).
inline constexpr size_t kDnsNameCharsMax = 253;

// True for labels of 1 to 63 bytes that are together no longer than kDnsNameCharsMax (RFC 1035
// s2.3.4). A trailing dot is allowed; the root alone is not a name here. The characters are not
// looked at: DNS allows any byte (RFC 2181 s11), and AWS's patterns are Validate's business.
bool IsDnsName(absl::string_view name);

// `name` without its last character when that is a dot. The result is part of `name`.
absl::string_view WithoutTrailingDot(absl::string_view name);

// The form in which DNS names are compared (RFC 4343): in lower case, without a trailing dot.
std::string CanonicalDnsName(absl::string_view name);

// True for private and public DNS namespaces, false for HTTP ones.
bool IsDnsNamespace(v1::NamespaceType type);

// The key of a service's name in a namespace of `type`: DNS namespaces compare names without case,
// HTTP namespaces exactly.
std::string ServiceNameKey(v1::NamespaceType type, absl::string_view service_name);

// The keys of a namespace's name. DNS namespaces of both types share one kind of key, in which case
// and a trailing dot do not count; HTTP names compare exactly and never equal a DNS name.
std::string DnsNamespaceKey(absl::string_view name);
std::string HttpNamespaceKey(absl::string_view name);
// Whichever of the two fits `type`.
std::string NamespaceNameKey(v1::NamespaceType type, absl::string_view name);

}  // namespace cloudmap::registry
