// For tests: a registry's state made of a few lines, and the zones it makes.
//
//   TestRegistry registry;
//   registry.AddNamespace("sd.local");
//   registry.AddService("web", {{v1::RECORD_TYPE_A, 60}});
//   registry.AddInstance("web", "i-1", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
//   registry.Commit();
//   const ZoneTable& zones = registry.zones();
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "registry/model/mutation.h"
#include "server/dns/zones/publisher.h"

namespace cloudmap::dns {

class TestRegistry {
 public:
  using Types = std::vector<std::pair<v1::RecordType, int64_t>>;
  using Attributes = std::map<std::string, std::string>;

  explicit TestRegistry(const PublisherOptions& options = {})
      : publisher_({0x0123456789abcdef, 0xfedcba9876543210}, options), reader_(publisher_.zones()) {
    publisher_.OnLoad(state_);
  }

  // The service calls that follow are about the last namespace added, or chosen with Use().
  void AddNamespace(const std::string& name,
                    v1::NamespaceType type = v1::NAMESPACE_TYPE_DNS_PRIVATE,
                    std::optional<int64_t> soa_ttl = std::nullopt) {
    registry::NamespaceRecord record;
    record.set_id("ns-" + std::to_string(++last_id_));
    record.set_name(name);
    record.set_type(type);
    record.set_create_ms(last_id_);
    if (soa_ttl.has_value()) {
      record.set_soa_ttl_seconds(*soa_ttl);
    }
    namespace_id_ = record.id();
    mutation_.Put(std::move(record));
  }
  const std::string& namespace_id() const { return namespace_id_; }
  void Use(const std::string& namespace_id) { namespace_id_ = namespace_id; }
  void DeleteNamespace() {
    mutation_.Delete({registry::RecordKind::kNamespace, namespace_id_, ""});
  }

  void AddService(const std::string& name, const Types& types,
                  v1::RoutingPolicy policy = v1::ROUTING_POLICY_MULTIVALUE, bool health = false) {
    registry::ServiceRecord record;
    record.set_id(ServiceIdOf(name));
    record.set_namespace_id(namespace_id_);
    record.set_name(name);
    record.mutable_dns_config()->set_routing_policy(policy);
    for (const auto& [type, ttl] : types) {
      v1::DnsRecord* dns_record = record.mutable_dns_config()->add_dns_records();
      dns_record->set_type(type);
      dns_record->set_ttl(ttl);
    }
    if (health) {
      record.mutable_health_check_custom_config();
    }
    mutation_.Put(std::move(record));
  }
  void DeleteService(const std::string& name) {
    mutation_.Delete({registry::RecordKind::kService, ServiceIdOf(name), ""});
  }

  void AddInstance(const std::string& service, const std::string& id, const Attributes& attributes,
                   v1::HealthStatus health = v1::HEALTH_STATUS_HEALTHY) {
    registry::InstanceRecord record;
    record.set_service_id(ServiceIdOf(service));
    record.set_id(id);
    record.mutable_attributes()->insert(attributes.begin(), attributes.end());
    record.set_custom_health(health);
    mutation_.Put(std::move(record));
  }
  void DeleteInstance(const std::string& service, const std::string& id) {
    mutation_.Delete({registry::RecordKind::kInstance, ServiceIdOf(service), id});
  }

  // Makes what was asked since the last one a batch, as the commit loop would.
  void Commit() {
    const std::vector<registry::Change> changes =
        std::exchange(mutation_, registry::Mutation()).TakeChanges();
    const registry::State before = state_;
    state_ = registry::Apply(before, changes, before.revision() + 1);
    publisher_.OnCommit(before, state_, changes);
  }

  const registry::State& state() const { return state_; }
  ZonePublisher& publisher() { return publisher_; }
  const ZoneTable& zones() { return reader_.Current(); }

 private:
  std::string ServiceIdOf(const std::string& name) const {
    return "srv-" + namespace_id_ + "-" + name;
  }

  registry::State state_;
  registry::Mutation mutation_;
  std::string namespace_id_;
  int64_t last_id_ = 0;
  ZonePublisher publisher_;
  Published<ZoneTable>::Reader reader_;
};

}  // namespace cloudmap::dns
