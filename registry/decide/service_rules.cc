#include "registry/decide/service_rules.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "registry/base/status_macros.h"
#include "registry/base/wire_format.h"
#include "registry/decide/tags.h"
#include "registry/errors.h"
#include "registry/model/names.h"
#include "registry/schema/enum_names.h"

namespace cloudmap::registry {
namespace {

using DnsRecords = google::protobuf::RepeatedPtrField<v1::DnsRecord>;

absl::string_view TypeName(v1::RecordType type) {
  return EnumName(*v1::RecordType_descriptor()->FindValueByNumber(type));
}

template <typename Types>
std::string TypeList(const Types& types) {
  return absl::StrCat("[",
                      absl::StrJoin(types, ", ",
                                    [](std::string* out, int type) {
                                      absl::StrAppend(out,
                                                      TypeName(static_cast<v1::RecordType>(type)));
                                    }),
                      "]");
}

std::vector<int> TypesOf(const DnsRecords& records) {
  std::vector<int> types;
  for (const v1::DnsRecord& record : records) {
    types.push_back(record.type());
  }
  return types;
}

bool Has(const std::vector<int>& types, v1::RecordType type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

// Any of A, AAAA and SRV together, or CNAME, which is alone at its name (RFC 2181 s10.1).
absl::Status CheckRecords(const DnsRecords& records) {
  if (records.empty()) {
    return InvalidInput("DnsConfig.DnsRecords must hold at least one record.");
  }
  const std::vector<int> types = TypesOf(records);
  for (size_t i = 0; i < types.size(); ++i) {
    if (std::find(types.begin(), types.begin() + static_cast<ptrdiff_t>(i), types[i]) !=
        types.begin() + static_cast<ptrdiff_t>(i)) {
      return InvalidInput(absl::StrCat("Duplicate resource record type",
                                       TypeName(static_cast<v1::RecordType>(types[i])),
                                       "in DNS config is not expected"));
    }
  }
  if (types.size() > 1 && Has(types, v1::RECORD_TYPE_CNAME)) {
    return InvalidInput("DnsRecord Type CNAME cannot be combined with other types");
  }
  return absl::OkStatus();
}

absl::Status CheckHealthCheck(const RegistryOptions& options, v1::NamespaceType namespace_type,
                              const std::vector<int>& types, const v1::HealthCheckConfig& config) {
  if (Has(types, v1::RECORD_TYPE_CNAME)) {
    return InvalidInput(
        "Health check config must not be used. Health checks are not supported for CNAME");
  }
  if (options.aws_health_check_rules && namespace_type == v1::NAMESPACE_TYPE_DNS_PRIVATE) {
    return InvalidInput(
        "Health check config cannot be applied to a service with private namespace");
  }
  if (config.type() == v1::HEALTH_CHECK_TYPE_TCP && config.has_resource_path()) {
    return InvalidInput("TCP health checks must not have a resource path specified.");
  }
  return absl::OkStatus();
}

absl::Status CheckDnsConfig(const NamespaceRecord& in, const v1::CreateServiceRequest& request) {
  if (in.type() == v1::NAMESPACE_TYPE_HTTP) {
    return InvalidInput(
        "When you create a service using a namespace that has a type of HTTP, you can't include a "
        "DnsConfig element.");
  }
  if (request.has_type()) {
    return InvalidInput(
        "When you create a service with a type of HTTP, you can't include a DnsConfig element.");
  }
  const v1::DnsConfig& config = request.dns_config();
  RETURN_IF_ERROR(CheckRecords(config.dns_records()));
  if (Has(TypesOf(config.dns_records()), v1::RECORD_TYPE_CNAME) &&
      config.routing_policy() != v1::ROUTING_POLICY_WEIGHTED) {
    return InvalidInput("WEIGHTED routing policy must be used with DNS Record Type CNAME");
  }
  if (request.name() != "." && !IsDnsName(absl::StrCat(request.name(), ".", in.name()))) {
    return InvalidInput(absl::StrCat("Name '", request.name(), "' and namespace name '", in.name(),
                                     "' together exceed the ", kDnsNameCharsMax,
                                     " characters of a DNS name."));
  }
  return absl::OkStatus();
}

// What an UpdateService may do to the service's DNS records: change TTLs, drop them, bring them
// back.
absl::Status CheckRecordChange(const ServiceRecord& record, const v1::ServiceChange& change) {
  if (!change.has_dns_config()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(CheckRecords(change.dns_config().dns_records()));
  std::vector<int> asked = TypesOf(change.dns_config().dns_records());
  std::vector<int> created(record.created_types().begin(), record.created_types().end());
  const std::string text = absl::StrCat(
      "The record types in the request must be the same as those present in the existing service. "
      "Records in the existing service are ",
      TypeList(created), ", but the records in the request are ", TypeList(asked),
      ". The record types of a service cannot be changed.");
  std::sort(asked.begin(), asked.end());
  std::sort(created.begin(), created.end());
  return asked == created ? absl::OkStatus() : InvalidInput(text);
}

// A threshold that is left out means 1.
bool IsSameCheck(v1::HealthCheckConfig a, v1::HealthCheckConfig b) {
  for (v1::HealthCheckConfig* check : {&a, &b}) {
    if (!check->has_failure_threshold()) {
      check->set_failure_threshold(1);
    }
  }
  return SerializeDeterministically(a) == SerializeDeterministically(b);
}

}  // namespace

absl::Status CheckServiceCreation(const RegistryOptions& options, const NamespaceRecord& in,
                                  const v1::CreateServiceRequest& request) {
  if (request.has_dns_config()) {
    RETURN_IF_ERROR(CheckDnsConfig(in, request));
  }
  if (request.has_health_check_config()) {
    if (request.has_health_check_custom_config()) {
      return InvalidInput(
          "HealthCheckConfig and HealthCheckCustomConfig cannot both be specified; give one.");
    }
    RETURN_IF_ERROR(CheckHealthCheck(options, in.type(),
                                     TypesOf(request.dns_config().dns_records()),
                                     request.health_check_config()));
  }
  return MergeTags({}, request.tags(), request.name()).status();
}

absl::Status CheckServiceUpdate(const RegistryOptions& options, const NamespaceRecord& in,
                                const ServiceRecord& record, const v1::ServiceChange& change) {
  if (in.type() == v1::NAMESPACE_TYPE_HTTP) {
    if (options.aws_update_rules) {
      return InvalidInput("Services in an HTTP namespace cannot be updated.");
    }
    // Terraform sends the check along with every new description.
    const bool changes_check =
        change.has_health_check_config() &&
        (!record.has_health_check_config() ||
         !IsSameCheck(change.health_check_config(), record.health_check_config()));
    if (change.has_dns_config() || changes_check) {
      return InvalidInput(
          "Only the Description of a service in an HTTP namespace can be updated; leave out "
          "DnsConfig, and HealthCheckConfig unless it stays as it is.");
    }
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(CheckRecordChange(record, change));
  if (change.has_health_check_config()) {
    if (record.has_health_check_custom_config()) {
      return InvalidInput(
          "HealthCheckConfig cannot be added to a service that has a HealthCheckCustomConfig.");
    }
    if (record.has_health_check_config() &&
        record.health_check_config().type() != change.health_check_config().type()) {
      return InvalidInput("Type of health check cannot be changed");
    }
    const std::vector<int> types(record.created_types().begin(), record.created_types().end());
    return CheckHealthCheck(options, in.type(), types, change.health_check_config());
  }
  return absl::OkStatus();
}

}  // namespace cloudmap::registry
