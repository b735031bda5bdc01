// Brings what a batch of queries will read near, all of it together: in a table of a million names
// every query waits for memory several times, and the waits of a batch can overlap. Small tables
// are near anyway, and left alone.
//
//   WarmUp warm_up(zones);
//   for each packet of the batch: warm_up.Add(packet);
//   warm_up.Run();
//   for each packet of the batch: Respond(packet, ...);
//
// A hint: no answer depends on it. Like answering (I5) it does not allocate, block or fail.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "registry/base/persistent_map_probe.h"
#include "server/dns/zones/zone_table.h"

namespace cloudmap::dns {

class WarmUp {
 public:
  // `zones` must outlive it.
  explicit WarmUp(const ZoneTable& zones) : zones_(zones) {}

  // Whether it is worth it.
  static bool IsFor(const ZoneTable& zones) { return zones.name_count() > kNamesMin; }

  // Starts on the question of a packet, which may be anything. What is more than a batch is left.
  void Add(std::span<const uint8_t> packet);
  void Run();

 private:
  static constexpr size_t kBatch = 32;
  // At some 400 bytes each more than a processor keeps near.
  static constexpr size_t kNamesMin = 20'000;

  const ZoneTable& zones_;
  std::array<NodeMap::Probe, kBatch> probes_;
  size_t count_ = 0;
};

}  // namespace cloudmap::dns
