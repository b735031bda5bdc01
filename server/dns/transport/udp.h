// UdpWorker: one thread's loop of recvmmsg, Respond, sendmmsg on a socket of its own.
//
// The published zones are taken after packets have arrived and once per batch, so a query that was
// sent after a change was acknowledged sees it, and let go before the thread blocks.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "registry/base/published.h"
#include "server/dns/answer/respond.h"
#include "server/dns/resolver/resolver.h"
#include "server/dns/transport/late_answerer.h"
#include "server/dns/zones/zone_table.h"
#include "server/net/unique_fd.h"

namespace cloudmap::dns {

class UdpWorker {
 public:
  // `socket` as BindUdp makes them; `zones`, what `forwarding` names and `options` must outlive the
  // worker, which itself must outlive the resolver's thread. `limiter` may be nullptr.
  UdpWorker(UniqueFd socket, const Published<ZoneTable>& zones, const Forwarding& forwarding,
            const RespondOptions& options, std::unique_ptr<RateLimiter> limiter, uint64_t seed);
  ~UdpWorker();

  // Serves until Stop(). May be called again after an exception.
  void Run();
  // From any thread; what has been received is still answered.
  void Stop();

  const Counters& counters() const { return worker_.counters; }

 private:
  struct Batch;

  // How many packets were received; 0 when stopped or nothing is there.
  int Receive(int flags);
  void Answer(int count);
  void Send(unsigned count);
  // Notes that the packet at `index` of the batch waits for the resolver, or only refreshes a name.
  void Queue(size_t index, const Reply& reply);
  // Hands over what was noted; who finds no place is answered at once.
  void Forward();

  const UniqueFd socket_;
  const bool with_destination_;
  const RespondOptions& options_;
  const Forwarding forwarding_;
  Published<ZoneTable>::Reader zones_;
  Published<CacheTable>::Reader cache_;
  std::vector<ResolverRequest> requests_;
  Worker worker_;
  const std::unique_ptr<Batch> batch_;
  std::atomic<bool> stopping_{false};
};

}  // namespace cloudmap::dns
