#include "registry/model/present.h"

#include "absl/strings/string_view.h"
#include "google/protobuf/timestamp.pb.h"
#include "registry/model/ids.h"
#include "registry/model/names.h"
#include "registry/model/soa_ttl.h"

namespace cloudmap::registry {
namespace {

void SetTime(int64_t ms, google::protobuf::Timestamp& timestamp) {
  timestamp.set_seconds(ms / 1000);
  timestamp.set_nanos(static_cast<int32_t>(ms % 1000) * 1'000'000);
}

// The members that Namespace and NamespaceSummary share.
template <typename Message>
void FillNamespace(const RegistryOptions& options, const NamespaceEntry& entry, Message& out) {
  const NamespaceRecord& record = *entry.record;
  out.set_id(record.id());
  out.set_arn(NamespaceArn(options, record.id()));
  out.set_resource_owner(options.account_id);
  out.set_name(record.name());
  out.set_type(record.type());
  if (record.has_description()) {
    out.set_description(record.description());
  }
  out.set_service_count(static_cast<int32_t>(entry.services.size()));
  v1::DnsProperties& dns = *out.mutable_properties()->mutable_dns_properties();
  v1::SOA& soa = *dns.mutable_soa();  // an empty object for HTTP namespaces, as on AWS
  if (IsDnsNamespace(record.type())) {
    dns.set_hosted_zone_id(record.hosted_zone_id());
    soa.set_ttl(SoaTtlOf(options.soa_ttls, record));
  }
  out.mutable_properties()->mutable_http_properties()->set_http_name(record.http_name());
  SetTime(record.create_ms(), *out.mutable_create_date());
}

// The members that Service and ServiceSummary share. `dns_config` is an empty object for a
// service without DNS, as on AWS.
template <typename Message>
void FillService(const RegistryOptions& options, const ServiceEntry& entry, Message& out) {
  const ServiceRecord& record = *entry.record;
  out.set_id(record.id());
  out.set_arn(ServiceArn(options, record.id()));
  out.set_resource_owner(options.account_id);
  out.set_created_by_account(options.account_id);
  out.set_name(record.name());
  out.set_type(record.type());
  if (record.has_description()) {
    out.set_description(record.description());
  }
  out.set_instance_count(static_cast<int32_t>(entry.instances.size()));
  *out.mutable_dns_config() = record.dns_config();
  if (record.has_health_check_config()) {
    *out.mutable_health_check_config() = record.health_check_config();
  }
  if (record.has_health_check_custom_config()) {
    *out.mutable_health_check_custom_config() = record.health_check_custom_config();
  }
  SetTime(record.create_ms(), *out.mutable_create_date());
}

}  // namespace

v1::Namespace NamespaceToApi(const RegistryOptions& options, const NamespaceEntry& entry) {
  v1::Namespace out;
  FillNamespace(options, entry, out);
  out.set_creator_request_id(entry.record->creator_request_id());
  return out;
}

v1::NamespaceSummary NamespaceToSummary(const RegistryOptions& options,
                                        const NamespaceEntry& entry) {
  v1::NamespaceSummary out;
  FillNamespace(options, entry, out);
  return out;
}

v1::Service ServiceToApi(const RegistryOptions& options, const ServiceEntry& entry) {
  v1::Service out;
  FillService(options, entry, out);
  out.set_namespace_id(entry.record->namespace_id());
  if (entry.record->has_dns_config()) {
    out.mutable_dns_config()->set_namespace_id(entry.record->namespace_id());
  }
  out.set_creator_request_id(entry.record->creator_request_id());
  return out;
}

v1::ServiceSummary ServiceToSummary(const RegistryOptions& options, const ServiceEntry& entry) {
  v1::ServiceSummary out;
  FillService(options, entry, out);
  return out;
}

v1::Operation OperationToApi(const RegistryOptions& options, const PackedOperation& operation) {
  v1::Operation out;
  out.set_id(std::string(operation.id()));
  out.set_owner_account(options.account_id);
  out.set_type(operation.type());
  out.set_status(operation.status());
  if (!operation.error_code().empty()) {
    out.set_error_code(std::string(operation.error_code()));
    out.set_error_message(std::string(operation.error_message()));
  }
  SetTime(operation.create_ms(), *out.mutable_create_date());
  SetTime(operation.update_ms(), *out.mutable_update_date());
  const auto target = [&out](const char* kind, absl::string_view id) {
    if (!id.empty()) {
      (*out.mutable_targets())[kind] = std::string(id);
    }
  };
  // A namespace operation names its namespace alone, a service or instance operation also what
  // they are in.
  target("NAMESPACE", operation.namespace_id());
  target("SERVICE", operation.service_id());
  target("INSTANCE", operation.instance_id());
  return out;
}

}  // namespace cloudmap::registry
