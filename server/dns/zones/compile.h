// From registry records to DNS content. A name's content is a pure function of the registry's
// state, so recompiling the names that a change touched is all an update is.
//
// Let S be a service's name, I an instance's id and N the namespace's name. S.N ("N" for the
// service
// ".") holds the records of the service's type; I.S.N the addresses of an instance of an SRV
// service. Service names and instance ids may contain dots, so several services and instances can
// meet at one name; their records are merged.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "registry/model/state.h"
#include "server/dns/message/rrset.h"
#include "server/dns/zones/zone_table.h"

namespace cloudmap::dns {

// Of one DNS name, oldest first. Never empty where a zone is served.
using ServedNamespaces = std::vector<const registry::NamespaceEntry*>;

// The namespaces whose content the zone `dns_name` (canonical) shows to the one flat network: the
// private ones, which hide public ones of the same name; without any, the public ones.
ServedNamespaces ServedBy(const registry::State& state, absl::string_view dns_name);

// Services with an instance id that is not in lower case: names come in lower case, so their
// instances cannot be found by id alone. A hint: the result never depends on what is in it.
using MixedCaseServices = absl::flat_hash_set<std::string>;

bool IsMixedCase(absl::string_view instance_id);

// Names are written relative to the namespace, in lower case; "" is the apex.
std::string RelativeServiceName(const registry::ServiceRecord& service);
std::string RelativeHostName(const registry::ServiceRecord& service, absl::string_view instance_id);

// Whether the service's instances have host names of their own.
bool HasHostNames(const registry::ServiceRecord& service);

// What zones have that the registry does not say.
struct ZoneDefaults {
  registry::SoaTtls soa_ttls;
  // The NS of every zone. Empty: one name inside each zone (kNameServerLabel), which has the
  // addresses below and yields to a service or instance of that name.
  NameServers name_servers;
  std::string addresses_v4;  // 4 bytes each
  std::string addresses_v6;  // 16 bytes each
};
inline constexpr char kNameServerLabel[] = "cloudmapd-ns";

// What the name holds; a node without content when it holds nothing, nullptr when it cannot be a
// DNS name.
NodePtr CompileName(const registry::State& state, const ServedNamespaces& namespaces,
                    const MixedCaseServices& mixed_case, const ZoneDefaults& defaults,
                    absl::string_view dns_name, absl::string_view relative);

// The SOA's TTL in seconds: the oldest namespace's property, or the default of its type.
uint32_t SoaTtl(const ServedNamespaces& namespaces, const ZoneDefaults& defaults);

// The whole zone, from nothing. nullptr when `dns_name` cannot be a DNS name.
ZonePtr CompileZone(const registry::State& state, const ServedNamespaces& namespaces,
                    const MixedCaseServices& mixed_case, const ZoneDefaults& defaults,
                    absl::string_view dns_name, const SipKey& key);

// A name that is not in the registry: of this server itself. A zone of its own, so that queries
// find it as they find the others.
struct StaticName {
  std::string name;
  std::vector<std::string> addresses;  // IPv4 and IPv6, in text
};

// nullptr when `name` cannot be a DNS name; what is no address is left out.
ZonePtr CompileStatic(const StaticName& name, const ZoneDefaults& defaults, const SipKey& key);

// The name server of a name and its addresses; nothing when it cannot be a DNS name.
std::optional<NameServer> NameServerOf(const StaticName& name);

}  // namespace cloudmap::dns
