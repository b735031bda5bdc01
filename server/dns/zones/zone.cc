#include "server/dns/zones/zone.h"

#include <algorithm>
#include <array>

#include "registry/base/check.h"

namespace cloudmap::dns {
namespace {

constexpr uint32_t kSoaRefresh = 7200;
constexpr uint32_t kSoaRetry = 900;
constexpr uint32_t kSoaExpire = 1209600;
constexpr char kMailbox[] = "\12hostmaster";

// MNAME is this server: hosts that register themselves (nsupdate, Windows) send their updates
// there.
std::string SoaRdata(const std::string& primary, NameView apex, uint32_t serial) {
  std::string rdata = primary;
  // A mailbox that does not fit a name is left to the apex itself.
  if (apex.size + sizeof(kMailbox) - 1 <= kMaxNameSize) {
    rdata += kMailbox;
  }
  rdata.append(reinterpret_cast<const char*>(apex.bytes), apex.size);
  for (const uint32_t number : {serial, kSoaRefresh, kSoaRetry, kSoaExpire, Zone::kSoaMinimum}) {
    std::array<uint8_t, 4> bytes{};
    Store32(bytes.data(), number);
    rdata.append(bytes.begin(), bytes.end());
  }
  return rdata;
}

RRsetContent NsContent(const NameServers& servers) {
  RRsetContent ns(type::kNs, Zone::kNsTtl);
  for (const NameServer& server : servers) {
    ns.records.push_back({server.name, server.addresses_v4, server.addresses_v6});
  }
  return ns;
}

LookupName Lookup(NameView name, const SipKey& key) {
  LookupName lookup;
  CLOUDMAP_CHECK(lookup.Parse({name.bytes, name.size}, 0) == name.size, "a wire name");
  lookup.Hash(key);
  return lookup;
}

}  // namespace

std::shared_ptr<const Zone> Zone::Make(NameView apex, const SipKey& key,
                                       std::shared_ptr<const NameServers> servers, uint32_t soa_ttl,
                                       uint32_t serial) {
  CLOUDMAP_CHECK(!servers->empty(), "a zone has a name server");
  const LookupName lookup = Lookup(apex, key);
  auto zone = std::shared_ptr<Zone>(new Zone);
  zone->apex_.assign(reinterpret_cast<const char*>(apex.bytes), apex.size);
  zone->apex_hash_ = lookup.suffix_hash(0);
  zone->apex_labels_ = lookup.label_count();
  zone->servers_ = std::move(servers);
  zone->soa_ttl_ = soa_ttl;
  zone->serial_ = serial;
  NodePtr node = Node::Make(apex, {}, {});
  const NameView name = node->name();
  zone->nodes_.PutHashed(zone->apex_hash_, name, {std::move(node), 0});
  zone->BuildAuthority();
  return zone;
}

void Zone::BuildAuthority() {
  RRsetContent soa(type::kSoa, soa_ttl_);
  soa.records.push_back({SoaRdata(servers_->front().name, apex(), serial_), "", ""});
  authority_ = Node::Make(apex(), {soa, NsContent(*servers_)}, {});

  soa.ttl = std::min(soa_ttl_, kSoaMinimum);
  negative_ = Node::Make(apex(), {soa}, {});
  negative_soa_ = negative_->rrsets()[0].record(0);
}

void ZoneEditor::Set(const LookupName& name, int label, NodeEntry entry) {
  const NameView key = entry.node->name();
  zone_.nodes_.PutHashed(name.suffix_hash(label), key, std::move(entry));
}

void ZoneEditor::Put(const NodePtr& node) {
  const LookupName name = Lookup(node->name(), key_);
  CLOUDMAP_CHECK(depth(name, 0) >= 0, "a node of this zone");
  const NodeEntry* old = zone_.Find(name.suffix_hash(0), name.view());
  if (old == nullptr ? !node->has_content() : *old->node == *node) {
    return;
  }
  changed_ = true;
  const uint32_t children = old == nullptr ? 0 : old->children;
  if (old == nullptr) {
    Set(name, 0, {node, 0});
    AddChild(name, 1);
  } else if (node->has_content() || children != 0 || depth(name, 0) == 0) {
    Set(name, 0, {node, children});
  } else {
    zone_.nodes_.RemoveHashed(name.suffix_hash(0),
                              [&name](const NameView& key) { return key == name.view(); });
    RemoveChild(name, 1);
  }
}

// The name at `label` has one more child; it comes to exist if it did not.
void ZoneEditor::AddChild(const LookupName& name, int label) {
  for (; depth(name, label) > 0; ++label) {
    const NodeEntry* entry = zone_.Find(name.suffix_hash(label), name.suffix(label));
    if (entry != nullptr) {
      Set(name, label, {entry->node, entry->children + 1});
      return;
    }
    Set(name, label, {Node::Make(name.suffix(label), {}, {}), 1});
  }
}

// The name at `label` has one child less; without any and without content it is no more.
void ZoneEditor::RemoveChild(const LookupName& name, int label) {
  for (; depth(name, label) > 0; ++label) {
    const NodeEntry* entry = zone_.Find(name.suffix_hash(label), name.suffix(label));
    CLOUDMAP_CHECK(entry != nullptr && entry->children > 0, "a parent knows its children");
    if (entry->children > 1 || entry->node->has_content()) {
      Set(name, label, {entry->node, entry->children - 1});
      return;
    }
    const NameView suffix = name.suffix(label);
    zone_.nodes_.RemoveHashed(name.suffix_hash(label),
                              [suffix](const NameView& key) { return key == suffix; });
  }
}

void ZoneEditor::AddCut(NameView cut) {
  const LookupName name = Lookup(cut, key_);
  changed_ = true;
  AddChild(name, 0);
}

void ZoneEditor::RemoveCut(NameView cut) {
  const LookupName name = Lookup(cut, key_);
  changed_ = true;
  RemoveChild(name, 0);
}

void ZoneEditor::SetSoaTtl(uint32_t ttl) {
  changed_ = changed_ || ttl != zone_.soa_ttl_;
  zone_.soa_ttl_ = ttl;
}

std::shared_ptr<const Zone> ZoneEditor::Finish(uint32_t serial) {
  zone_.serial_ = serial;
  zone_.BuildAuthority();
  return std::make_shared<const Zone>(zone_);
}

}  // namespace cloudmap::dns
