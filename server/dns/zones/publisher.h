// ZonePublisher: where the registry's changes become what DNS serves. Recompiles only the names
// that a batch touched and publishes the next ZoneTable before the batch's callers are answered
// (I1, I2).
//
//   ZonePublisher publisher(key);
//   registry.AddListener(&publisher);
//   Published<ZoneTable>::Reader reader(publisher.zones());    // in each DNS thread
//
// Zones follow namespaces by name: private namespaces hide public ones of the same name, and
// several private ones make one zone, since one flat network sees them all.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "registry/base/published.h"
#include "registry/pipeline/changes.h"
#include "server/dns/zones/apex_tree.h"
#include "server/dns/zones/compile.h"
#include "server/dns/zones/zone_table.h"

namespace cloudmap::dns {

struct PublisherOptions {
  // Names of this server that are zones of their own; a namespace of the same name is served
  // instead.
  std::vector<StaticName> static_names;
  // The NS of every zone, at most eight; none: a name inside each zone with the addresses below.
  std::vector<StaticName> name_servers;
  // Where DNS is served, in text.
  std::vector<std::string> name_server_addresses;
  // Of namespaces that set none.
  registry::SoaTtls soa_ttls;
};

class ZonePublisher final : public registry::ChangeListener {
 public:
  // `key` is random per process.
  explicit ZonePublisher(const SipKey& key, const PublisherOptions& options = {});

  void OnLoad(const registry::State& state) override;
  void OnCommit(const registry::State& before, const registry::State& after,
                const std::vector<registry::Change>& changes) override;

  // Thread-safe.
  const Published<ZoneTable>& zones() const { return published_; }

 private:
  // What a batch touched of one zone.
  struct Touched {
    bool whole = false;           // which namespaces it consists of
    bool soa = false;             // a namespace's properties
    std::set<std::string> names;  // relative
  };
  using InstanceIds = std::vector<absl::string_view>;
  using TouchedZones = std::map<std::string, Touched>;  // by canonical name

  static void TouchNamespace(const registry::State& before, const registry::State& after,
                             absl::string_view id, TouchedZones& touched);
  static void TouchService(const registry::State& before, const registry::State& after,
                           absl::string_view id, TouchedZones& touched);
  void TouchInstances(const registry::State& before, const registry::State& after,
                      absl::string_view service_id, const InstanceIds& ids, TouchedZones& touched);

  void Update(const registry::State& after, const std::string& dns_name, const Touched& touched);
  // The zones whose closest zone above is the one at `apex`.
  std::vector<ZonePtr> ChildrenOf(NameView apex) const;
  void Put(const ZonePtr& zone, uint32_t serial);
  void Remove(const ZonePtr& zone, uint32_t serial);
  void NoteMixedCase(const registry::State& state);
  void Publish(const registry::State& state);

  const ZoneDefaults defaults_;
  ZoneTable table_;
  ApexTree apexes_;                              // of table_
  std::map<std::string, ZonePtr> static_zones_;  // by canonical name
  MixedCaseServices mixed_case_;
  Published<ZoneTable> published_;
};

}  // namespace cloudmap::dns
