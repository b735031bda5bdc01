// The fixture of tests of instances: services of every kind to register them in.
#pragma once

#include <string>

#include "registry/testing/rules_harness.h"

namespace cloudmap::registry {

inline constexpr char kA[] = "dns_config { dns_records { type: RECORD_TYPE_A ttl: 60 } }";
inline constexpr char kAaaa[] = "dns_config { dns_records { type: RECORD_TYPE_AAAA ttl: 60 } }";
inline constexpr char kBoth[] =
    "dns_config { dns_records { type: RECORD_TYPE_A ttl: 60 } dns_records { type: RECORD_TYPE_AAAA "
    "ttl: 60 } }";
inline constexpr char kSrv[] = "dns_config { dns_records { type: RECORD_TYPE_SRV ttl: 60 } }";
inline constexpr char kCname[] =
    "dns_config { routing_policy: ROUTING_POLICY_WEIGHTED dns_records { type: RECORD_TYPE_CNAME "
    "ttl: 60 } }";
inline constexpr char kWeightedA[] =
    "dns_config { routing_policy: ROUTING_POLICY_WEIGHTED dns_records { type: RECORD_TYPE_A ttl: "
    "60 } }";
inline constexpr char kTcpCheck[] = " health_check_config { type: HEALTH_CHECK_TYPE_TCP }";

class InstanceTest : public RulesTest {
 protected:
  std::string ServiceWith(const std::string& rest, const std::string& name = "web") {
    if (dns_.empty()) {
      dns_ = PublicNamespace("example.com");
    }
    return Service(dns_, name, rest).id();
  }
  std::string HttpService(const std::string& rest = "") {
    return Service(HttpNamespace("apps"), "web", rest).id();
  }
  v1::Instance Get(const std::string& service, const std::string& id) {
    return Read(GetInstance, Instance(service, id)).instance();
  }

  std::string dns_;
};

}  // namespace cloudmap::registry
