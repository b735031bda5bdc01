// What the DNS fuzz targets share: a registry with every kind of name, and what every response must
// be.
#pragma once

#include <ldns/ldns.h>
#undef true
#undef false

#include <span>
#include <string>
#include <vector>

#include "registry/base/check.h"
#include "server/dns/respond.h"
#include "server/dns/test_registry.h"

namespace cloudmap::dns {

// A random registry, the same in every run.
inline const ZoneTable& FuzzZones() {
  static auto* registry = [] {
    auto* made = new TestRegistry;
    FastRandom random(1);
    for (const char* name : {"a", "b.a", "sd.local", "x.y.z"}) {
      made->AddNamespace(name, v1::NAMESPACE_TYPE_DNS_PRIVATE, random.Below(1000));
      const std::vector<std::string> services = {"a", "b", "_p._tcp", "c.a", "."};
      for (const std::string& service : services) {
        const v1::RecordType type = service == "_p._tcp" || random.Below(2) == 0
                                        ? v1::RECORD_TYPE_SRV
                                        : v1::RECORD_TYPE_A;
        made->AddService(service, {{type, random.Below(1000)}},
                         random.Below(3) == 0 ? v1::ROUTING_POLICY_WEIGHTED
                                              : v1::ROUTING_POLICY_MULTIVALUE);
        for (uint32_t i = random.Below(30); i != 0; --i) {
          made->AddInstance(service, "i" + std::to_string(i),
                            {{"AWS_INSTANCE_IPV4", "192.0.2." + std::to_string(i)},
                             {"AWS_INSTANCE_IPV6", "2001:db8::" + std::to_string(i)},
                             {"AWS_INSTANCE_PORT", "80"}});
        }
      }
      for (const auto& [from, to] : {std::pair("www", "a.b.a"), std::pair("loop", "loop.a"),
                                     std::pair("out", "www.example.com")}) {
        made->AddService(from, {{v1::RECORD_TYPE_CNAME, 5}}, v1::ROUTING_POLICY_WEIGHTED);
        made->AddInstance(from, "i", {{"AWS_INSTANCE_CNAME", to}});
      }
    }
    made->AddService("alias", {{v1::RECORD_TYPE_A, 5}});
    made->AddInstance("alias", "i", {{"AWS_ALIAS_DNS_NAME", "lb.example.com"}});
    made->Commit();
    return made;
  }();
  return registry->zones();
}

inline void CheckResponse(std::span<const uint8_t> query, std::span<const uint8_t> response,
                          size_t limit) {
  if (response.empty()) {
    return;
  }
  CLOUDMAP_CHECK(response.size() >= kHeaderSize && response.size() <= limit, "size");
  CLOUDMAP_CHECK(query.size() >= kHeaderSize && (query[2] & 0x80) == 0, "a query was answered");
  CLOUDMAP_CHECK(Load16(query.data()) == Load16(response.data()), "its id");
  CLOUDMAP_CHECK((response[2] & 0x80) != 0 && (response[2] & 0x78) == (query[2] & 0x78),
                 "a response of the same opcode");
  ldns_pkt* packet = nullptr;
  const ldns_status status = ldns_wire2pkt(&packet, response.data(), response.size());
  CLOUDMAP_CHECK(status == LDNS_STATUS_OK, "ldns reads it");
  ldns_pkt_free(packet);
}

}  // namespace cloudmap::dns
