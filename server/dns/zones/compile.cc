#include "server/dns/zones/compile.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "registry/model/attribute_names.h"
#include "registry/model/health.h"
#include "registry/model/record_types.h"
#include "registry/model/soa_ttl.h"
#include "server/net/address.h"

namespace cloudmap::dns {
namespace {

using registry::NamespaceEntry;
using registry::PackedInstance;
using registry::ServiceEntry;
using registry::ServiceRecord;
using registry::State;

constexpr uint32_t kMaxTtl = 0x7fffffff;  // RFC 2181 s8
// Of this server's own names, which never change while it runs.
constexpr uint32_t kStaticTtl = 60;
constexpr uint32_t kStaticSerial = 1;
constexpr uint16_t kSrvPriority = 1;
constexpr uint16_t kSrvWeight = 1;

// "" when it is missing.
absl::string_view Attribute(const PackedInstance& instance, absl::string_view key) {
  return instance.FindAttribute(key).value_or("");
}

// 4 or 16 bytes; empty when the attribute is missing or of the other family.
std::string Ipv4(const PackedInstance& instance) {
  std::string ip = ParseIp(Attribute(instance, registry::kAttributeIpv4));
  return ip.size() == 4 ? ip : "";
}

std::string Ipv6(const PackedInstance& instance) {
  std::string ip = ParseIp(Attribute(instance, registry::kAttributeIpv6));
  return ip.size() == 16 ? ip : "";
}

bool IsAlias(const PackedInstance& instance) {
  return !Attribute(instance, registry::kAttributeAlias).empty();
}

std::string CnameRdata(const PackedInstance& instance) {
  const absl::string_view target = Attribute(instance, registry::kAttributeCname);
  return target.empty() ? "" : WireName(target).value_or("");
}

std::string SrvRdata(const PackedInstance& instance, absl::string_view owner) {
  uint32_t port = 0;
  const auto target = WireName(absl::StrCat(instance.id(), ".", owner));
  if (!absl::SimpleAtoi(Attribute(instance, registry::kAttributePort), &port) || port > 65535 ||
      !target) {
    return "";
  }
  std::array<uint8_t, kSrvTargetOffset> numbers{};
  Store16(numbers.data(), kSrvPriority);
  Store16(numbers.data() + 2, kSrvWeight);
  Store16(numbers.data() + 4, static_cast<uint16_t>(port));
  return std::string(numbers.begin(), numbers.end()) + *target;
}

uint32_t Ttl(const v1::DnsRecord& record) {
  return static_cast<uint32_t>(std::clamp<int64_t>(record.ttl(), 0, kMaxTtl));
}

// Collects the records of one owner name and makes its RRsets.
class ContentBuilder {
 public:
  // `owner` is the service's full name in text.
  void AddService(const ServiceEntry& service, absl::string_view owner);
  // The addresses of an instance at its own host name, healthy or not.
  void AddHost(const ServiceRecord& service, const PackedInstance& instance);

  // The addresses of this server, at a name that nothing in the registry has.
  void AddServer(const NameServer& server, uint32_t ttl);

  bool empty() const {
    return a_.records.empty() && aaaa_.records.empty() && srv_.records.empty() &&
           cname_.records.empty() && !alias_.a && !alias_.aaaa;
  }
  std::vector<RRsetContent> TakeRRsets(bool at_apex);
  Node::AliasTypes alias() const { return alias_; }

 private:
  struct Candidate {
    RecordContent record;
    bool healthy = true;
  };
  struct Candidates {
    uint16_t type = 0;
    uint32_t ttl = kMaxTtl;
    uint8_t answer_max = kMultivalueAnswers;
    std::vector<Candidate> records;
  };

  void Add(Candidates& to, uint32_t ttl, RecordContent record, bool healthy) {
    if (record.rdata.empty()) {
      return;
    }
    // RFC 2181 s5.2: one TTL per RRset, the lowest where services meet.
    to.ttl = std::min(to.ttl, ttl);
    to.records.push_back({std::move(record), healthy});
  }
  void AddInstance(const v1::DnsRecord& dns_record, const PackedInstance& instance, bool healthy,
                   absl::string_view owner);
  Candidates* CandidatesOf(v1::RecordType type);
  static RRsetContent Eligible(Candidates candidates);
  static void DropSharedGlue(std::vector<Candidate>& srvs);

  Candidates a_{.type = type::kA, .records = {}};
  Candidates aaaa_{.type = type::kAaaa, .records = {}};
  Candidates srv_{.type = type::kSrv, .records = {}};
  Candidates cname_{.type = type::kCname, .answer_max = kWeightedAnswers, .records = {}};
  Node::AliasTypes alias_;
};

void ContentBuilder::AddService(const ServiceEntry& service, absl::string_view owner) {
  const v1::DnsConfig& config = service.record->dns_config();
  if (config.routing_policy() == v1::ROUTING_POLICY_WEIGHTED && !service.instances.empty()) {
    a_.answer_max = aaaa_.answer_max = srv_.answer_max = kWeightedAnswers;
  }
  for (const v1::DnsRecord& dns_record : config.dns_records()) {
    if (Candidates* candidates = CandidatesOf(dns_record.type())) {
      candidates->records.reserve(candidates->records.size() + service.instances.size());
    }
  }
  service.instances.ForEach([&](absl::string_view, const auto& instance) {
    const bool healthy = registry::CountsAsHealthy(registry::HealthOf(*service.record, instance));
    for (const v1::DnsRecord& dns_record : config.dns_records()) {
      AddInstance(dns_record, instance, healthy, owner);
    }
  });
}

ContentBuilder::Candidates* ContentBuilder::CandidatesOf(v1::RecordType type) {
  switch (type) {
    case v1::RECORD_TYPE_A:
      return &a_;
    case v1::RECORD_TYPE_AAAA:
      return &aaaa_;
    case v1::RECORD_TYPE_SRV:
      return &srv_;
    case v1::RECORD_TYPE_CNAME:
      return &cname_;
    default:
      return nullptr;
  }
}

void ContentBuilder::AddInstance(const v1::DnsRecord& dns_record, const PackedInstance& instance,
                                 bool healthy, absl::string_view owner) {
  const uint32_t ttl = Ttl(dns_record);
  if (IsAlias(instance)) {
    alias_.a |= dns_record.type() == v1::RECORD_TYPE_A;
    alias_.aaaa |= dns_record.type() == v1::RECORD_TYPE_AAAA;
    return;
  }
  switch (dns_record.type()) {
    case v1::RECORD_TYPE_A:
      return Add(a_, ttl, {Ipv4(instance), "", ""}, healthy);
    case v1::RECORD_TYPE_AAAA:
      return Add(aaaa_, ttl, {Ipv6(instance), "", ""}, healthy);
    case v1::RECORD_TYPE_SRV:
      return Add(srv_, ttl, {SrvRdata(instance, owner), Ipv4(instance), Ipv6(instance)}, healthy);
    case v1::RECORD_TYPE_CNAME:
      return Add(cname_, ttl, {CnameRdata(instance), "", ""}, healthy);
    default:
      return;
  }
}

void ContentBuilder::AddHost(const ServiceRecord& service, const PackedInstance& instance) {
  for (const v1::DnsRecord& dns_record : service.dns_config().dns_records()) {
    if (dns_record.type() == v1::RECORD_TYPE_SRV) {
      Add(a_, Ttl(dns_record), {Ipv4(instance), "", ""}, true);
      Add(aaaa_, Ttl(dns_record), {Ipv6(instance), "", ""}, true);
    }
  }
}

void ContentBuilder::AddServer(const NameServer& server, uint32_t ttl) {
  for (size_t at = 0; at < server.addresses_v4.size(); at += 4) {
    Add(a_, ttl, {server.addresses_v4.substr(at, 4), "", ""}, true);
  }
  for (size_t at = 0; at < server.addresses_v6.size(); at += 16) {
    Add(aaaa_, ttl, {server.addresses_v6.substr(at, 16), "", ""}, true);
  }
}

// Names compare without case (RFC 4343), so one SRV record may be written in several ways.
std::string Canonical(const std::string& srv_rdata) {
  return srv_rdata.substr(0, kSrvTargetOffset) +
         absl::AsciiStrToLower(absl::string_view(srv_rdata).substr(kSrvTargetOffset));
}

std::string TargetOf(const RecordContent& srv) {
  return absl::AsciiStrToLower(absl::string_view(srv.rdata).substr(kSrvTargetOffset));
}

// A target that several instances share, their ids differing in case alone, has all their
// addresses: to send one's along would be part of an RRset, so none are.
void ContentBuilder::DropSharedGlue(std::vector<Candidate>& srvs) {
  absl::flat_hash_map<std::string, std::vector<RecordContent*>> by_target;
  for (Candidate& candidate : srvs) {
    by_target[TargetOf(candidate.record)].push_back(&candidate.record);
  }
  for (const auto& [target, records] : by_target) {
    const RecordContent first = *records.front();
    const bool alike = std::all_of(records.begin(), records.end(), [&first](const auto* record) {
      return record->glue_v4 == first.glue_v4 && record->glue_v6 == first.glue_v6;
    });
    for (RecordContent* record : records) {
      if (!alike) {
        record->glue_v4.clear();
        record->glue_v6.clear();
      }
    }
  }
}

// The healthy records, or all when none is; equal ones merged (RFC 2181 s5).
RRsetContent ContentBuilder::Eligible(Candidates candidates) {
  auto& records = candidates.records;
  const bool is_srv = candidates.type == type::kSrv;
  if (is_srv) {
    DropSharedGlue(records);
  }
  const bool any_healthy = std::any_of(
      records.begin(), records.end(), [](const Candidate& candidate) { return candidate.healthy; });
  std::vector<RecordContent*> eligible;
  eligible.reserve(records.size());
  for (Candidate& candidate : records) {
    if (candidate.healthy || !any_healthy) {
      eligible.push_back(&candidate.record);
    }
  }
  std::sort(eligible.begin(), eligible.end(),
            [](const auto* a, const auto* b) { return a->rdata < b->rdata; });
  RRsetContent content(candidates.type, candidates.ttl);
  content.answer_max = candidates.answer_max;
  content.records.reserve(eligible.size());
  absl::flat_hash_set<std::string> srvs;
  // Of one target, the addresses go with one record only, so that no answer has them twice.
  absl::flat_hash_set<std::string> targets;
  for (RecordContent* candidate : eligible) {
    RecordContent& record = *candidate;
    if (is_srv ? !srvs.insert(Canonical(record.rdata)).second
               : !content.records.empty() && content.records.back().rdata == record.rdata) {
      continue;
    }
    if (is_srv && !targets.insert(TargetOf(record)).second) {
      record.glue_v4.clear();
      record.glue_v6.clear();
    }
    content.records.push_back(std::move(record));
  }
  return content;
}

std::vector<RRsetContent> ContentBuilder::TakeRRsets(bool at_apex) {
  std::vector<RRsetContent> rrsets;
  for (Candidates* candidates : {&a_, &aaaa_, &srv_}) {
    if (!candidates->records.empty()) {
      rrsets.push_back(Eligible(std::move(*candidates)));
    }
  }
  // A CNAME is alone at its name (RFC 2181 s10.1) and never at an apex; the registry sees to it
  // within a service, here the other records win where services meet.
  if (!cname_.records.empty() && rrsets.empty() && !at_apex && !alias_.a && !alias_.aaaa) {
    rrsets.push_back(Eligible(std::move(cname_)));
  }
  return rrsets;
}

std::string FullName(absl::string_view relative, absl::string_view dns_name) {
  return relative.empty() ? std::string(dns_name) : absl::StrCat(relative, ".", dns_name);
}

NameView ViewOf(const std::string& wire) {
  return {reinterpret_cast<const uint8_t*>(wire.data()), wire.size()};
}

// The name servers of the zone `dns_name`, whose apex is `apex` in wire form.
NameServers NameServersOf(const ZoneDefaults& defaults, absl::string_view dns_name,
                          const std::string& apex) {
  if (!defaults.name_servers.empty()) {
    return defaults.name_servers;
  }
  const auto name = WireName(absl::StrCat(kNameServerLabel, ".", dns_name));
  if (!name.has_value()) {
    // The zone's name leaves no room for a label.
    return {{apex, "", ""}};
  }
  return {{*name, defaults.addresses_v4, defaults.addresses_v6}};
}

// The name server of a zone that is called `owner`, a wire name at `relative` below the zone's
// apex; nothing when none is.
std::optional<NameServer> NameServerAt(const ZoneDefaults& defaults, absl::string_view relative,
                                       const std::string& owner) {
  if (defaults.name_servers.empty()) {
    return relative == kNameServerLabel
               ? std::optional(NameServer{owner, defaults.addresses_v4, defaults.addresses_v6})
               : std::nullopt;
  }
  for (const NameServer& server : defaults.name_servers) {
    if (server.name == owner) {
      return server;
    }
  }
  return std::nullopt;
}

// A zone that has nothing but its name servers: those that are called by names inside it have their
// addresses there, so that transfers are complete.
ZonePtr ZoneOfServers(const std::string& apex, NameServers servers, uint32_t soa_ttl,
                      uint32_t serial, const SipKey& key) {
  const NameView view = ViewOf(apex);
  const auto shared = std::make_shared<const NameServers>(std::move(servers));
  const ZonePtr empty = Zone::Make(view, key, shared, soa_ttl, serial);
  ZoneEditor editor(*empty, key);
  for (const NameServer& server : *shared) {
    const NameView name = ViewOf(server.name);
    if (IsWithin(name, view)) {
      ContentBuilder builder;
      builder.AddServer(server, Zone::kNsTtl);
      editor.Put(Node::Make(name, builder.TakeRRsets(/*at_apex=*/false), {}));
    }
  }
  return editor.changed() ? editor.Finish(serial) : empty;
}

// Adds the hosts that `relative` names: an instance id, a dot, and the name of an SRV service.
void AddHosts(const State& state, const NamespaceEntry& in, const MixedCaseServices& mixed_case,
              absl::string_view relative, ContentBuilder& builder) {
  for (size_t dot = relative.find('.'); !relative.empty(); dot = relative.find('.', dot + 1)) {
    const absl::string_view id = relative.substr(0, dot);
    const bool whole = dot == absl::string_view::npos;
    const ServiceEntry* service =
        state.FindServiceByName(in, whole ? absl::string_view(".") : relative.substr(dot + 1));
    if (service != nullptr && HasHostNames(*service->record)) {
      if (!mixed_case.contains(service->record->id())) {
        const PackedInstance* instance = service->instances.Find(id);
        if (instance != nullptr) {
          builder.AddHost(*service->record, *instance);
        }
      } else {
        service->instances.ForEach([&](absl::string_view other, const auto& instance) {
          if (absl::EqualsIgnoreCase(other, id)) {
            builder.AddHost(*service->record, instance);
          }
        });
      }
    }
    if (whole) {
      return;
    }
  }
}

}  // namespace

bool IsMixedCase(absl::string_view instance_id) {
  return std::any_of(instance_id.begin(), instance_id.end(), absl::ascii_isupper);
}

bool HasHostNames(const ServiceRecord& service) {
  return registry::HasRecordType(service, v1::RECORD_TYPE_SRV);
}

std::string RelativeServiceName(const ServiceRecord& service) {
  return service.name() == "." ? "" : absl::AsciiStrToLower(service.name());
}

std::string RelativeHostName(const ServiceRecord& service, absl::string_view instance_id) {
  const std::string service_name = RelativeServiceName(service);
  std::string id = absl::AsciiStrToLower(instance_id);
  return service_name.empty() ? id : absl::StrCat(id, ".", service_name);
}

ServedNamespaces ServedBy(const State& state, absl::string_view dns_name) {
  ServedNamespaces private_ones;
  ServedNamespaces public_ones;
  const registry::NamespaceIds* ids = state.FindDnsNamespacesByName(dns_name);
  if (ids == nullptr) {
    return {};
  }
  for (const std::string& id : *ids) {
    const NamespaceEntry* entry = state.FindNamespace(id);
    const bool is_private = entry->record->type() == v1::NAMESPACE_TYPE_DNS_PRIVATE;
    (is_private ? private_ones : public_ones).push_back(entry);
  }
  return private_ones.empty() ? public_ones : private_ones;
}

NodePtr CompileName(const State& state, const ServedNamespaces& namespaces,
                    const MixedCaseServices& mixed_case, const ZoneDefaults& defaults,
                    absl::string_view dns_name, absl::string_view relative) {
  const std::string text = FullName(relative, dns_name);
  const auto owner = WireName(text);
  if (!owner.has_value()) {
    return nullptr;
  }
  ContentBuilder builder;
  for (const NamespaceEntry* in : namespaces) {
    const ServiceEntry* service =
        state.FindServiceByName(*in, relative.empty() ? absl::string_view(".") : relative);
    if (service != nullptr) {
      builder.AddService(*service, text);
    }
    AddHosts(state, *in, mixed_case, relative, builder);
  }
  if (builder.empty()) {
    if (const auto server = NameServerAt(defaults, relative, *owner)) {
      builder.AddServer(*server, Zone::kNsTtl);
    }
  }
  return Node::Make(ViewOf(*owner), builder.TakeRRsets(relative.empty()), builder.alias());
}

uint32_t SoaTtl(const ServedNamespaces& namespaces, const ZoneDefaults& defaults) {
  const int64_t seconds = registry::SoaTtlOf(defaults.soa_ttls, *namespaces.front()->record);
  return static_cast<uint32_t>(std::clamp<int64_t>(seconds, 0, kMaxTtl));
}

ZonePtr CompileZone(const State& state, const ServedNamespaces& namespaces,
                    const MixedCaseServices& mixed_case, const ZoneDefaults& defaults,
                    absl::string_view dns_name, const SipKey& key) {
  const auto apex = WireName(dns_name);
  if (!apex.has_value()) {
    return nullptr;
  }
  const auto serial = static_cast<uint32_t>(state.revision());
  const ZonePtr empty = ZoneOfServers(*apex, NameServersOf(defaults, dns_name, *apex),
                                      SoaTtl(namespaces, defaults), serial, key);
  ZoneEditor editor(*empty, key);
  const auto put = [&](const std::string& relative) {
    const NodePtr node = CompileName(state, namespaces, mixed_case, defaults, dns_name, relative);
    if (node != nullptr) {
      editor.Put(node);
    }
  };
  for (const NamespaceEntry* in : namespaces) {
    in->services.ForEach([&](const std::string&, const std::string& service_id) {
      const ServiceEntry* service = state.FindService(service_id);
      put(RelativeServiceName(*service->record));
      if (HasHostNames(*service->record)) {
        service->instances.ForEach([&](absl::string_view id, const auto&) {
          put(RelativeHostName(*service->record, id));
        });
      }
    });
  }
  return editor.changed() ? editor.Finish(serial) : empty;
}

std::optional<NameServer> NameServerOf(const StaticName& name) {
  const auto wire = WireName(absl::AsciiStrToLower(name.name));
  if (!wire.has_value()) {
    return std::nullopt;
  }
  NameServer server{*wire, "", ""};
  for (const std::string& text : name.addresses) {
    const std::string ip = ParseIp(text);
    (ip.size() == 4 ? server.addresses_v4 : server.addresses_v6) += ip;
  }
  return server;
}

ZonePtr CompileStatic(const StaticName& name, const ZoneDefaults& defaults, const SipKey& key) {
  const std::optional<NameServer> host = NameServerOf(name);
  if (!host.has_value()) {
    return nullptr;
  }
  const std::string text = absl::AsciiStrToLower(name.name);
  const ZonePtr empty =
      ZoneOfServers(host->name, NameServersOf(defaults, text, host->name),
                    static_cast<uint32_t>(defaults.soa_ttls.private_seconds), kStaticSerial, key);
  ContentBuilder builder;
  builder.AddServer(*host, kStaticTtl);
  ZoneEditor editor(*empty, key);
  editor.Put(Node::Make(empty->apex(), builder.TakeRRsets(/*at_apex=*/true), {}));
  return editor.changed() ? editor.Finish(kStaticSerial) : empty;
}

}  // namespace cloudmap::dns
