// The fixture of tests of services: their requests as text.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "registry/testing/rules_harness.h"

namespace cloudmap::registry {

inline std::string Records(const std::vector<std::string>& types, const std::string& policy = "",
                           int ttl = 60) {
  std::string text = "dns_config {";
  if (!policy.empty()) {
    absl::StrAppend(&text, " routing_policy: ROUTING_POLICY_", policy);
  }
  for (const std::string& type : types) {
    absl::StrAppend(&text, " dns_records { type: RECORD_TYPE_", type, " ttl: ", ttl, " }");
  }
  return text + " }";
}

inline std::string HealthCheck(const std::string& type, const std::string& rest = "") {
  return absl::StrCat(" health_check_config { type: HEALTH_CHECK_TYPE_", type, " ", rest, " }");
}

inline constexpr char kCustom[] = " health_check_custom_config {}";

class ServiceTest : public RulesTest {
 protected:
  std::string TryCreate(const std::string& namespace_id, const std::string& rest) {
    return Try(CreateService,
               absl::StrCat("name: 'web' namespace_id: '", namespace_id, "' ", rest));
  }
  std::string Update(const std::string& id, const std::string& change) {
    return absl::StrCat("id: '", id, "' service { ", change, " }");
  }
};

}  // namespace cloudmap::registry
