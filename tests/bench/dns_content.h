// The content that every server of the DNS bench serves: for each of N groups, a service with eight
// A records, one with eight SRV records, and the latter's host names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "registry/model/mutation.h"

namespace cloudmap::bench {

inline constexpr char kZoneName[] = "bench.local";
inline constexpr int kInstances = 8;
inline constexpr int64_t kTtl = 60;

inline std::string Ipv4(int group, int instance) {
  return absl::StrCat("10.", (group >> 10) & 255, ".", (group >> 2) & 255, ".",
                      (group & 3) * 64 + instance + 1);
}

inline std::vector<registry::Change> MakeContent(int groups, int instances = kInstances) {
  registry::Mutation mutation;
  registry::NamespaceRecord ns;
  ns.set_id("ns-bench");
  ns.set_name(kZoneName);
  ns.set_type(v1::NAMESPACE_TYPE_DNS_PRIVATE);
  mutation.Put(ns);
  for (int group = 0; group < groups; ++group) {
    for (const bool srv : {false, true}) {
      registry::ServiceRecord service;
      service.set_id(absl::StrCat(srv ? "srv-p" : "srv-a", group));
      service.set_namespace_id(ns.id());
      service.set_name(srv ? absl::StrCat("_p", group, "._tcp") : absl::StrCat("app", group));
      v1::DnsRecord* record = service.mutable_dns_config()->add_dns_records();
      record->set_type(srv ? v1::RECORD_TYPE_SRV : v1::RECORD_TYPE_A);
      record->set_ttl(kTtl);
      mutation.Put(service);
      for (int i = 0; i < instances; ++i) {
        registry::InstanceRecord instance;
        instance.set_service_id(service.id());
        instance.set_id(absl::StrCat("i", i));
        (*instance.mutable_attributes())["AWS_INSTANCE_IPV4"] = Ipv4(group, i);
        if (srv) {
          (*instance.mutable_attributes())["AWS_INSTANCE_PORT"] = "8080";
        }
        mutation.Put(instance);
      }
    }
  }
  return std::move(mutation).TakeChanges();
}

}  // namespace cloudmap::bench
