#include "server/dns/zones/publisher.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "registry/base/check.h"
#include "registry/model/names.h"

namespace cloudmap::dns {
namespace {

using registry::Change;
using registry::NamespaceEntry;
using registry::RecordKind;
using registry::ServiceEntry;
using registry::ServiceRecord;
using registry::State;

LookupName HashedName(NameView wire, const SipKey& key) {
  LookupName name;
  CLOUDMAP_CHECK(name.Parse({wire.bytes, wire.size}, 0) == wire.size, "a wire name");
  name.Hash(key);
  return name;
}

// The zone `dns_name`, or nullptr.
ZonePtr FindZone(const ZoneTable& table, const std::string& dns_name) {
  const auto wire = WireName(dns_name);
  if (!wire.has_value()) {
    return nullptr;
  }
  const ZonePtr* zone = table.FindApex(
      HashedName({reinterpret_cast<const uint8_t*>(wire->data()), wire->size()}, table.hash_key()));
  return zone == nullptr ? nullptr : *zone;
}

// The closest zone above `zone`, or nullptr.
const Zone* ParentOf(const ZoneTable& table, const Zone& zone) {
  if (zone.apex_labels() == 0) {
    return nullptr;
  }
  return table.Find(HashedName(zone.apex(), table.hash_key()), 1).zone;
}

// The names of `service` in the zone of its namespace: its own and, for SRV, its instances'.
void AddNames(const ServiceEntry& service, bool hosts, std::set<std::string>& names) {
  names.insert(RelativeServiceName(*service.record));
  if (hosts && HasHostNames(*service.record)) {
    service.instances.ForEach([&](absl::string_view id, const auto&) {
      names.insert(RelativeHostName(*service.record, id));
    });
  }
}

// The DNS name of the namespace, "" when it has none.
std::string DnsNameOf(const State& state, absl::string_view namespace_id) {
  const NamespaceEntry* entry = state.FindNamespace(namespace_id);
  return entry == nullptr || !registry::IsDnsNamespace(entry->record->type())
             ? ""
             : registry::CanonicalDnsName(entry->record->name());
}

ZoneDefaults DefaultsOf(const PublisherOptions& options) {
  constexpr size_t kNameServersMax = 8;  // one answer holds them all
  ZoneDefaults defaults;
  defaults.soa_ttls = options.soa_ttls;
  for (const StaticName& name : options.name_servers) {
    const std::optional<NameServer> server = NameServerOf(name);
    if (server.has_value() && defaults.name_servers.size() < kNameServersMax) {
      defaults.name_servers.push_back(*server);
    }
  }
  const auto own = NameServerOf({"", options.name_server_addresses});
  defaults.addresses_v4 = own->addresses_v4;
  defaults.addresses_v6 = own->addresses_v6;
  return defaults;
}

}  // namespace

ZonePublisher::ZonePublisher(const SipKey& key, const PublisherOptions& options)
    : defaults_(DefaultsOf(options)),
      table_(key),
      published_(std::make_shared<const ZoneTable>(table_)) {
  for (const StaticName& name : options.static_names) {
    const ZonePtr zone = CompileStatic(name, defaults_, key);
    if (zone != nullptr) {
      static_zones_[registry::CanonicalDnsName(name.name)] = zone;
    }
  }
}

void ZonePublisher::OnLoad(const State& state) {
  // After a failed commit the store may lack what was published.
  table_ = ZoneTable(table_.hash_key());
  apexes_.Clear();
  mixed_case_.clear();
  NoteMixedCase(state);
  std::set<std::string> dns_names;
  state.namespaces().ForEach(
      [&](const std::string& id, const auto&) { dns_names.insert(DnsNameOf(state, id)); });
  dns_names.erase("");
  for (const auto& [dns_name, zone] : static_zones_) {
    table_.Put(zone);
    apexes_.Insert(zone->apex());
  }
  for (const std::string& dns_name : dns_names) {
    const ZonePtr zone = CompileZone(state, ServedBy(state, dns_name), mixed_case_, defaults_,
                                     dns_name, table_.hash_key());
    if (zone != nullptr) {
      table_.Put(zone);
      apexes_.Insert(zone->apex());
    }
  }
  // With all zones known, each tells the one above that it exists.
  std::map<const Zone*, std::vector<ZonePtr>> children;
  table_.ForEach([&](const ZonePtr& zone) {
    const Zone* parent = ParentOf(table_, *zone);
    if (parent != nullptr) {
      children[parent].push_back(zone);
    }
  });
  std::vector<ZonePtr> with_cuts;
  for (const auto& [parent, cuts] : children) {
    ZoneEditor editor(*parent, table_.hash_key());
    for (const ZonePtr& cut : cuts) {
      editor.AddCut(cut->apex());
    }
    with_cuts.push_back(editor.Finish(parent->serial()));
  }
  for (const ZonePtr& zone : with_cuts) {
    table_.Put(zone);
  }
  Publish(state);
}

void ZonePublisher::OnCommit(const State& before, const State& after,
                             const std::vector<Change>& changes) {
  TouchedZones touched;
  absl::flat_hash_map<absl::string_view, InstanceIds> instances;  // by service id
  for (const Change& change : changes) {
    if (change.forgotten() != nullptr) {
      continue;
    }
    const registry::RecordKeyView key = change.key();
    switch (key.kind) {
      case RecordKind::kNamespace:
        TouchNamespace(before, after, key.id, touched);
        break;
      case RecordKind::kService:
        TouchService(before, after, key.id, touched);
        break;
      case RecordKind::kInstance:
        instances[key.id].push_back(key.instance_id);
        break;
      case RecordKind::kInstancesRevision:
      case RecordKind::kOperation:
        break;
    }
  }
  for (const auto& [service_id, ids] : instances) {
    TouchInstances(before, after, service_id, ids, touched);
  }
  for (const auto& [dns_name, what] : touched) {
    Update(after, dns_name, what);
  }
  Publish(after);
}

void ZonePublisher::TouchNamespace(const State& before, const State& after, absl::string_view id,
                                   TouchedZones& touched) {
  // Neither name nor type of a namespace ever changes.
  const std::string was = DnsNameOf(before, id);
  const std::string is = DnsNameOf(after, id);
  if (was.empty() && is.empty()) {
    return;
  }
  Touched& zone = touched[is.empty() ? was : is];
  zone.soa = true;
  zone.whole |= was != is;
}

void ZonePublisher::TouchService(const State& before, const State& after, absl::string_view id,
                                 TouchedZones& touched) {
  const ServiceEntry* was = before.FindService(id);
  const ServiceEntry* is = after.FindService(id);
  const bool dns_changed =
      was == nullptr || is == nullptr ||
      was->record->dns_config().SerializeAsString() != is->record->dns_config().SerializeAsString();
  for (const auto& [state, service] : {std::pair(&before, was), std::pair(&after, is)}) {
    if (service == nullptr) {
      continue;
    }
    const std::string dns_name = DnsNameOf(*state, service->record->namespace_id());
    if (!dns_name.empty()) {
      AddNames(*service, dns_changed, touched[dns_name].names);
    }
  }
}

void ZonePublisher::TouchInstances(const State& before, const State& after,
                                   absl::string_view service_id, const InstanceIds& ids,
                                   TouchedZones& touched) {
  const ServiceEntry* service = after.FindService(service_id);
  const State& state = service != nullptr ? after : before;
  service = service != nullptr ? service : before.FindService(service_id);
  // Made and gone within one batch.
  if (service == nullptr) {
    return;
  }
  const std::string dns_name = DnsNameOf(state, service->record->namespace_id());
  if (dns_name.empty()) {
    return;
  }
  if (std::any_of(ids.begin(), ids.end(), IsMixedCase)) {
    mixed_case_.insert(std::string(service_id));
  }
  auto& names = touched[dns_name].names;
  names.insert(RelativeServiceName(*service->record));
  if (HasHostNames(*service->record)) {
    for (const absl::string_view id : ids) {
      names.insert(RelativeHostName(*service->record, id));
    }
  }
}

void ZonePublisher::Update(const State& after, const std::string& dns_name,
                           const Touched& touched) {
  const auto serial = static_cast<uint32_t>(after.revision());
  const ServedNamespaces served = ServedBy(after, dns_name);
  const ZonePtr old = FindZone(table_, dns_name);
  if (served.empty()) {
    const auto fallback = static_zones_.find(dns_name);
    if (fallback != static_zones_.end()) {
      // With a serial that goes on from the namespace's.
      Put(ZoneEditor(*fallback->second, table_.hash_key()).Finish(serial), serial);
    } else if (old != nullptr) {
      Remove(old, serial);
    }
    return;
  }
  if (old == nullptr || touched.whole) {
    const ZonePtr zone =
        CompileZone(after, served, mixed_case_, defaults_, dns_name, table_.hash_key());
    if (zone != nullptr) {
      Put(zone, serial);
    }
    return;
  }
  ZoneEditor editor(*old, table_.hash_key());
  if (touched.soa) {
    editor.SetSoaTtl(SoaTtl(served, defaults_));
  }
  for (const std::string& relative : touched.names) {
    const NodePtr node = CompileName(after, served, mixed_case_, defaults_, dns_name, relative);
    if (node != nullptr) {
      editor.Put(node);
    }
  }
  if (editor.changed()) {
    table_.Put(editor.Finish(serial));
  }
}

std::vector<ZonePtr> ZonePublisher::ChildrenOf(NameView apex) const {
  std::vector<ZonePtr> children;
  for (const std::string& name : apexes_.Children(apex)) {
    const NameView view{reinterpret_cast<const uint8_t*>(name.data()), name.size()};
    children.push_back(*table_.FindApex(HashedName(view, table_.hash_key())));
  }
  return children;
}

// A zone that is new or was rebuilt from nothing: its children are told to it, and it to the zone
// above, from which it takes them over.
void ZonePublisher::Put(const ZonePtr& zone, uint32_t serial) {
  const bool is_new = table_.FindApex(HashedName(zone->apex(), table_.hash_key())) == nullptr;
  table_.Put(zone);
  apexes_.Insert(zone->apex());
  const std::vector<ZonePtr> children = ChildrenOf(zone->apex());
  const Zone* parent = ParentOf(table_, *zone);
  if (is_new && parent != nullptr) {
    ZoneEditor editor(*parent, table_.hash_key());
    editor.AddCut(zone->apex());
    for (const ZonePtr& child : children) {
      editor.RemoveCut(child->apex());
    }
    table_.Put(editor.Finish(serial));
  }
  if (!children.empty()) {
    ZoneEditor editor(*zone, table_.hash_key());
    for (const ZonePtr& child : children) {
      editor.AddCut(child->apex());
    }
    table_.Put(editor.Finish(serial));
  }
}

void ZonePublisher::Remove(const ZonePtr& zone, uint32_t serial) {
  const std::vector<ZonePtr> children = ChildrenOf(zone->apex());
  const Zone* parent = ParentOf(table_, *zone);
  if (parent != nullptr) {
    ZoneEditor editor(*parent, table_.hash_key());
    for (const ZonePtr& child : children) {
      editor.AddCut(child->apex());
    }
    editor.RemoveCut(zone->apex());
    table_.Put(editor.Finish(serial));
  }
  apexes_.Remove(zone->apex());
  table_.Remove(*zone);
}

void ZonePublisher::NoteMixedCase(const State& state) {
  state.services().ForEach([&](const std::string& service_id, const auto& service) {
    bool mixed = false;
    service.instances.ScanFrom(0, [&](uint64_t, absl::string_view id, const auto&) {
      mixed = IsMixedCase(id);
      return !mixed;
    });
    if (mixed) {
      mixed_case_.insert(service_id);
    }
  });
}

void ZonePublisher::Publish(const State& state) {
  CLOUDMAP_CHECK(state.revision() >= table_.revision(), "I3: the revision never goes back");
  table_.set_revision(state.revision());
  published_.Publish(std::make_shared<const ZoneTable>(table_));
}

}  // namespace cloudmap::dns
