#include "server/dns/answer/warm_up.h"

#include "server/dns/message/name.h"
#include "server/dns/message/wire.h"

namespace cloudmap::dns {
namespace {

constexpr size_t kLineBytes = 64;
// A name with eight addresses.
constexpr size_t kNodeLines = 4;

}  // namespace

void WarmUp::Add(std::span<const uint8_t> packet) {
  LookupName name;
  if (count_ == kBatch || packet.size() <= kHeaderSize || name.Parse(packet, kHeaderSize) == 0) {
    return;
  }
  name.Hash(zones_.hash_key());
  const ZoneMatch match = zones_.Find(name);
  if (match.zone != nullptr) {
    probes_[count_++] = NodeMap::Probe(match.zone->nodes(), name.suffix_hash(0));
  }
}

void WarmUp::Run() {
  const std::span<NodeMap::Probe> probes(probes_.data(), count_);
  for (bool more = true; more;) {
    more = false;
    for (NodeMap::Probe& probe : probes) {
      more = probe.Step() || more;
    }
  }
  for (const NodeMap::Probe& probe : probes) {
    if (const NodeEntry* entry = probe.value()) {
      const auto* block = reinterpret_cast<const uint8_t*>(entry->node.get());
      for (size_t line = 0; line < kNodeLines; ++line) {
        __builtin_prefetch(block + line * kLineBytes);
      }
    }
  }
}

}  // namespace cloudmap::dns
