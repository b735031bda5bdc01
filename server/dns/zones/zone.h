// Zone: what DNS serves for one namespace name, as an immutable value.
//
// The apex always exists and answers SOA and NS. A node without content is an empty non-terminal
// (RFC 4592 s2.2.2): it exists only for the names below it, and comes and goes with them.
//
// Thread safety: a Zone never changes; ZoneEditor makes the next version on one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "registry/base/persistent_map.h"
#include "server/dns/message/name.h"
#include "server/dns/message/rrset.h"

namespace cloudmap::dns {

// A name server of a zone: its name in wire form, and the addresses that are sent along.
struct NameServer {
  std::string name;
  std::string addresses_v4;  // 4 bytes each
  std::string addresses_v6;  // 16 bytes each
};
using NameServers = std::vector<NameServer>;

struct NodeEntry {
  NodePtr node;
  // Existing names exactly one label below; not kept for the apex.
  uint32_t children = 0;
};

// Nodes are found by hash (LookupName); the map never hashes a key itself. A key points into its
// entry's node.
struct NoHash {};
using NodeMap = PersistentMap<NameView, NodeEntry, NoHash>;

class Zone {
 public:
  // Seconds. Short, because an address of a name server may be a container's.
  static constexpr uint32_t kNsTtl = 300;
  // The MINIMUM field, which bounds how long a negative answer is kept (RFC 2308 s4).
  static constexpr uint32_t kSoaMinimum = 86400;

  // An empty zone. `apex` in lower case. The first of `servers`, of which there is at least one, is
  // the primary that the SOA names; all are sent as NS, with their addresses as glue.
  static std::shared_ptr<const Zone> Make(NameView apex, const SipKey& key,
                                          std::shared_ptr<const NameServers> servers,
                                          uint32_t soa_ttl, uint32_t serial);

  NameView apex() const { return {reinterpret_cast<const uint8_t*>(apex_.data()), apex_.size()}; }
  int apex_labels() const { return apex_labels_; }
  uint64_t apex_hash() const { return apex_hash_; }
  uint32_t serial() const { return serial_; }
  uint32_t soa_ttl() const { return soa_ttl_; }
  // SOA and NS of the apex.
  const Node& authority() const { return *authority_; }
  // The SOA record for negative answers, owner pointer first: TTL min(SOA TTL, MINIMUM).
  RecordView negative_soa() const { return negative_soa_; }
  const NodeMap& nodes() const { return nodes_; }

  const NodeEntry* Find(uint64_t hash, NameView name) const {
    return nodes_.FindHashed(hash, [name](const NameView& key) { return key == name; });
  }

 private:
  friend class ZoneEditor;
  Zone() = default;
  void BuildAuthority();

  NodeMap nodes_;
  NodePtr authority_;
  uint64_t apex_hash_ = 0;
  int apex_labels_ = 0;
  uint32_t serial_ = 0;
  uint32_t soa_ttl_ = 0;
  NodePtr negative_;  // holds what negative_soa_ shows
  RecordView
      negative_soa_;  // beside the zone's other members, which a negative answer reads anyway
  std::shared_ptr<const NameServers> servers_;
  std::string apex_;
};

// Makes the next version of a zone.
//
//   ZoneEditor editor(*zone, key);
//   editor.Put(node);                  // a node without content removes its name
//   if (editor.changed()) next = editor.Finish(serial);
class ZoneEditor {
 public:
  ZoneEditor(const Zone& zone, const SipKey& key) : zone_(zone), key_(key) {}

  // Sets what the node's name holds; a node without content is removed, or stays as an empty
  // non-terminal. REQUIRES: the name is at or below the apex.
  void Put(const NodePtr& node);
  void SetSoaTtl(uint32_t ttl);
  // Marks the apex of a child zone as existing, so that the names above it are NODATA instead of
  // NXDOMAIN. Once per child zone; RemoveCut takes it back.
  void AddCut(NameView name);
  void RemoveCut(NameView name);

  bool changed() const { return changed_; }
  std::shared_ptr<const Zone> Finish(uint32_t serial);

 private:
  void AddChild(const LookupName& name, int label);
  void RemoveChild(const LookupName& name, int label);
  int depth(const LookupName& name, int label) const {
    return name.label_count() - label - zone_.apex_labels();
  }
  void Set(const LookupName& name, int label, NodeEntry entry);

  Zone zone_;
  const SipKey key_;
  bool changed_ = false;
};

}  // namespace cloudmap::dns
