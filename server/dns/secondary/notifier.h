// Notifier: tells secondaries over UDP that a zone has changed (NOTIFY, RFC 1996).
//
//   Notifier notifier({peer}, dns_addresses, publisher.zones(), random.Next());
//   RETURN_IF_ERROR(notifier.Start());
//   notifier.Stop();
//
// Looks at the published zones once per interval, so a zone that changes a thousand times a second
// is announced once per interval. Asks again, ever more slowly, until a peer confirms; a later
// change starts over. A zone that has not changed costs one look-up per interval.
//
// Thread safety: Start and Stop are called by one thread; the work is done on a thread of its own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "registry/base/published.h"
#include "registry/base/random.h"
#include "server/dns/zones/zone_table.h"
#include "server/net/address.h"
#include "server/net/unique_fd.h"

namespace cloudmap::dns {

class Notifier {
 public:
  // `sources` are the addresses that DNS is served on: secondaries take a NOTIFY only from the
  // address of their primary (RFC 1996 s3.10). `zones` must outlive the notifier.
  Notifier(std::vector<SocketAddress> peers, std::vector<SocketAddress> sources,
           const Published<ZoneTable>& zones, uint64_t seed,
           absl::Duration interval = absl::Seconds(1));
  // Stops.
  ~Notifier();

  // Unavailable when a socket or the thread cannot be had.
  absl::Status Start();
  void Stop();

 private:
  // What one peer knows of one version of a zone.
  struct Pending {
    uint16_t id = 0;  // of every NOTIFY about this version
    bool sent = false;
    bool confirmed = false;
    // In intervals: until the next NOTIFY, and from that one to the one after it.
    int wait = 0;
    int next_wait = 1;
  };
  struct Announced {
    uint32_t serial = 0;
    // The last round of Announce() that saw the zone.
    uint64_t round = 0;
    std::vector<Pending> peers;  // as peers_
  };

  void Run();
  void Announce();
  void AnnounceTo(size_t peer, const Zone& zone, Pending& pending);
  void ReadConfirmations();
  void Confirm(size_t peer, std::span<const uint8_t> response);
  void Send(const Zone& zone, size_t peer, uint16_t id);

  const std::vector<SocketAddress> peers_;
  const std::vector<SocketAddress> sources_;
  const absl::Duration interval_;
  std::vector<UniqueFd> sockets_;  // as peers_
  // The members below belong to the notifier's thread.
  Published<ZoneTable>::Reader zones_;
  FastRandom random_;
  absl::flat_hash_map<std::string, Announced> announced_;  // by apex, a wire name
  uint64_t round_ = 0;
  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace cloudmap::dns
