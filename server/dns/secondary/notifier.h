// Notifier: tells secondaries over UDP that a zone has changed (NOTIFY, RFC 1996).
//
//   Notifier notifier({peer}, dns_addresses, publisher.zones(), random.Next());
//   RETURN_IF_ERROR(notifier.Start());
//   notifier.Stop();
//
// Looks at the published zones once per interval, so a zone that changes a thousand times a second
// is announced once per interval. Asks again, ever more slowly, until a peer confirms; a later
// change starts over.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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

  // Unavailable when no socket can be had.
  absl::Status Start();
  void Stop();

 private:
  struct Pending {
    uint32_t serial = 0;
    uint16_t id = 0;
    bool sent = false;
    int intervals_to_wait = 0;
    int next_wait = 1;
    bool confirmed = false;
  };

  void Run();
  void Announce();
  void ReadConfirmations();
  void Send(const Zone& zone, size_t peer, uint16_t id);

  const std::vector<SocketAddress> peers_;
  const std::vector<SocketAddress> sources_;
  Published<ZoneTable>::Reader zones_;
  FastRandom random_;
  const absl::Duration interval_;
  std::vector<UniqueFd> sockets_;  // One for each peer.
  // By apex and index of the peer.
  std::map<std::pair<std::string, size_t>, Pending> pending_;
  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace cloudmap::dns
