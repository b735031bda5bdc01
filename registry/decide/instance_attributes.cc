#include "registry/decide/instance_attributes.h"

#include <arpa/inet.h>

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "registry/base/status_macros.h"
#include "registry/errors.h"
#include "registry/limits.h"
#include "registry/model/attribute_names.h"
#include "registry/model/names.h"
#include "registry/model/record_types.h"
#include "registry/schema/enum_names.h"

namespace cloudmap::registry {
namespace {

constexpr const char* kKnown[] = {kAttributeAlias,      kAttributeCname, kAttributeEc2,
                                  kAttributeInitHealth, kAttributeIpv4,  kAttributeIpv6,
                                  kAttributePort};

bool IsKnown(absl::string_view key) {
  return std::find(std::begin(kKnown), std::end(kKnown), key) != std::end(kKnown);
}

bool Has(const StringMap& attributes, const char* key) {
  return attributes.find(key) != attributes.end();
}

absl::Status CheckKeysAndSize(const StringMap& attributes) {
  std::vector<std::string> reserved;
  std::vector<std::string> custom;
  size_t size = 0;
  for (const auto& [key, value] : attributes) {
    size += key.size() + value.size();
    if (!absl::StartsWithIgnoreCase(key, "aws_")) {
      custom.push_back(key);
    } else if (!IsKnown(key)) {
      reserved.push_back(key);
    }
  }
  std::sort(reserved.begin(), reserved.end());
  std::sort(custom.begin(), custom.end());
  if (!reserved.empty()) {
    return InvalidInput(absl::StrCat("Invalid attribute: [", absl::StrJoin(reserved, ", "),
                                     "]. [aws_] prefix is reserved for AWS attributes."));
  }
  if (custom.size() > kCustomAttributesMax) {
    return InvalidInput(absl::StrCat("Too many attributes provided: [", absl::StrJoin(custom, ", "),
                                     "]. The current limit is ", kCustomAttributesMax));
  }
  if (size > kAttributesSizeMax) {
    return InvalidInput(
        absl::StrCat("Instance attributes too large. Maximum allowed size of all attributes is ",
                     kAttributesSizeMax, " characters."));
  }
  return absl::OkStatus();
}

// The system attributes of `attributes` that may not stand beside `key`.
std::vector<std::string> Companions(const StringMap& attributes, absl::string_view key) {
  std::vector<std::string> companions;
  for (const char* known : kKnown) {
    if (known != key && absl::string_view(known) != kAttributeInitHealth &&
        Has(attributes, known)) {
      companions.emplace_back(known);
    }
  }
  return companions;
}

absl::Status CheckAlone(absl::string_view key, const std::vector<std::string>& companions) {
  if (companions.empty()) {
    return absl::OkStatus();
  }
  return InvalidInput(absl::StrCat("Invalid combination of attributes received. ", key,
                                   " is not supported with [", absl::StrJoin(companions, ", "),
                                   "]."));
}

absl::Status CheckEc2(const NamespaceRecord& in, const StringMap& attributes) {
  if (in.type() != v1::NAMESPACE_TYPE_HTTP) {
    return InvalidInput(absl::StrCat(
        kAttributeEc2, " provided in namespace type ",
        std::string(EnumName(*v1::NamespaceType_descriptor()->FindValueByNumber(in.type()))),
        ". It is only supported in HTTP namespace"));
  }
  std::vector<std::string> companions;
  for (const auto& [key, value] : attributes) {
    if (key != kAttributeEc2 && key != kAttributeInitHealth) {
      companions.push_back(key);
    }
  }
  std::sort(companions.begin(), companions.end());
  return CheckAlone(kAttributeEc2, companions);
}

absl::Status CheckAlias(const ServiceRecord& service, const StringMap& attributes) {
  RETURN_IF_ERROR(CheckAlone(kAttributeAlias, Companions(attributes, kAttributeAlias)));
  if (!HasRecordType(service, v1::RECORD_TYPE_A) && !HasRecordType(service, v1::RECORD_TYPE_AAAA)) {
    return InvalidInput("ALIAS instance can be registered only in services with A or AAAA records");
  }
  if (HasRecordType(service, v1::RECORD_TYPE_SRV)) {
    // An SRV record needs a port and a host of its own, which an alias does not have.
    return InvalidInput("ALIAS instance cannot be registered in services with SRV records");
  }
  if (service.dns_config().routing_policy() != v1::ROUTING_POLICY_WEIGHTED) {
    return InvalidInput(
        "ALIAS instance can be registered only in services with WEIGHTED routing policy");
  }
  if (!IsDnsName(attributes.at(kAttributeAlias))) {
    return InvalidInput(absl::StrCat(kAttributeAlias, " '", attributes.at(kAttributeAlias),
                                     "' is not a DNS name."));
  }
  return absl::OkStatus();
}

// AWS says the same of a port that is missing and of a text that is no port.
absl::Status InvalidPort() { return InvalidInput("A valid port number must be supplied."); }

absl::Status CheckRequired(const ServiceRecord& service, const StringMap& attributes) {
  std::vector<std::string> missing;
  const auto require = [&](v1::RecordType type, const char* key) {
    if (HasRecordType(service, type) && !Has(attributes, key)) {
      missing.emplace_back(key);
    }
  };
  require(v1::RECORD_TYPE_A, kAttributeIpv4);
  require(v1::RECORD_TYPE_AAAA, kAttributeIpv6);
  require(v1::RECORD_TYPE_CNAME, kAttributeCname);
  if (!missing.empty()) {
    return InvalidInput(
        absl::StrCat("Required attribute(s) ", absl::StrJoin(missing, ", "), " are missing."));
  }
  if (HasRecordType(service, v1::RECORD_TYPE_SRV) && !Has(attributes, kAttributeIpv4) &&
      !Has(attributes, kAttributeIpv6)) {
    return InvalidInput("At least one of AWS_INSTANCE_IPV4 AWS_INSTANCE_IPV6 is required.");
  }
  const bool needs_port =
      HasRecordType(service, v1::RECORD_TYPE_SRV) || service.has_health_check_config();
  if (needs_port && !Has(attributes, kAttributePort)) {
    return InvalidPort();
  }
  return absl::OkStatus();
}

// Loopback, link-local, private (RFC 1918) and carrier-grade NAT ranges: Route 53's checkers do not
// reach them.
bool IsUnroutable(const in_addr& address) {
  const uint32_t a = ntohl(address.s_addr);
  return (a >> 24) == 10 || (a >> 24) == 127 || (a >> 24) == 0 || (a >> 20) == 0xac1 ||
         (a >> 16) == 0xc0a8 || (a >> 16) == 0xa9fe || (a >> 22) == (0x64400000U >> 22) ||
         (a >> 28) >= 0xe;
}

absl::Status CheckValues(const RegistryOptions& options, const ServiceRecord& service,
                         const StringMap& attributes) {
  if (const auto it = attributes.find(kAttributeIpv4); it != attributes.end()) {
    in_addr address;
    if (inet_pton(AF_INET, it->second.c_str(), &address) != 1) {
      return InvalidInput(
          absl::StrCat(kAttributeIpv4, " '", it->second, "' is not an IPv4 address."));
    }
    if (options.aws_health_check_rules && service.has_health_check_config() &&
        IsUnroutable(address)) {
      return InvalidInput(
          absl::StrCat("IPv4 address ", it->second, " is forbidden for healthChecks"));
    }
  }
  if (const auto it = attributes.find(kAttributeIpv6); it != attributes.end()) {
    in6_addr address;
    if (inet_pton(AF_INET6, it->second.c_str(), &address) != 1) {
      return InvalidInput(
          absl::StrCat(kAttributeIpv6, " '", it->second, "' is not an IPv6 address."));
    }
  }
  if (const auto it = attributes.find(kAttributePort); it != attributes.end()) {
    int port = 0;
    const bool digits = std::all_of(it->second.begin(), it->second.end(), [](char c) {
      return absl::ascii_isdigit(static_cast<unsigned char>(c));
    });
    if (!digits || !absl::SimpleAtoi(it->second, &port) || port < 1 || port > 65535) {
      return InvalidPort();
    }
  }
  if (const auto it = attributes.find(kAttributeCname);
      it != attributes.end() && !IsDnsName(it->second)) {
    return InvalidInput(absl::StrCat(kAttributeCname, " '", it->second, "' is not a DNS name."));
  }
  if (const auto it = attributes.find(kAttributeInitHealth);
      it != attributes.end() && it->second != "HEALTHY" && it->second != "UNHEALTHY") {
    return InvalidInput(absl::StrCat(
        "No enum constant com.amazon.route53.autonaming.model.InitHealthStatus.", it->second));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckInstanceAttributes(const RegistryOptions& options, const NamespaceRecord& in,
                                     const ServiceRecord& service, const StringMap& attributes) {
  RETURN_IF_ERROR(CheckKeysAndSize(attributes));
  if (Has(attributes, kAttributeEc2)) {
    RETURN_IF_ERROR(CheckEc2(in, attributes));
  }
  if (Has(attributes, kAttributeAlias)) {
    RETURN_IF_ERROR(CheckAlias(service, attributes));
  } else {
    RETURN_IF_ERROR(CheckRequired(service, attributes));
  }
  return CheckValues(options, service, attributes);
}

bool HasEc2Address(const RegistryOptions& options, const StringMap& attributes) {
  if (options.ec2_addresses.empty()) {
    return false;
  }
  const auto id = attributes.find(kAttributeEc2);
  return id != attributes.end() && options.ec2_addresses.contains(id->second);
}

StringMap WithEc2Address(const RegistryOptions& options, StringMap attributes) {
  if (HasEc2Address(options, attributes)) {
    attributes[kAttributeIpv4] = options.ec2_addresses.at(attributes.at(kAttributeEc2));
  }
  return attributes;
}

std::string InvalidChange(const NamespaceRecord& in, const ServiceRecord& service,
                          absl::string_view id) {
  for (const v1::DnsRecord& record : service.dns_config().dns_records()) {
    if (record.type() == v1::RECORD_TYPE_SRV) {
      const std::string host = service.name() == "."
                                   ? absl::StrCat(id, ".", in.name())
                                   : absl::StrCat(id, ".", service.name(), ".", in.name());
      if (!IsDnsName(host)) {
        return absl::StrCat("[Invalid Resource Record: '", host,
                            "', the SRV record's host name, has a label that is empty or longer "
                            "than 63 characters, or is longer than 253; use a shorter InstanceId]");
      }
    }
    if (record.type() == v1::RECORD_TYPE_CNAME && service.name() == ".") {
      return absl::StrCat("[RRSet of type CNAME with DNS name ", in.name(),
                          ". is not permitted at apex in zone ", in.name(), ".]");
    }
  }
  return "";
}

}  // namespace cloudmap::registry
