// AresTransport: queries to upstreams through c-ares, from the thread that calls Wait().
//
// c-ares keeps one UDP port per channel and upstream, so each upstream has a pool of channels, one
// of which is drawn for every query, and a channel is replaced after kQueriesPerChannel queries or
// kChannelAge. A forger has to guess the port of the question's channel (one of about 28,000), the
// 16-bit id and, unless the upstream loses it, the case of every letter (RFC 5452 s9).
// TCP has a channel of its own, whose connection stays open for the next query (RFC 7766 s6.2.1).
//
// Retries, time-outs and the choice of upstream are the resolver's: c-ares tries once.
//
//   AresTransport transport(receiver, random);
//   RETURN_IF_ERROR(transport.Start());
//   transport.Send(...);
//   transport.Wait(timeout_ms, wake_fd);       // calls the receiver
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "registry/base/random.h"
#include "server/dns/resolver/upstream_transport.h"
#include "server/net/unique_fd.h"

namespace cloudmap::dns {

class AresTransport final : public UpstreamTransport {
 public:
  // UDP channels of one upstream.
  static constexpr size_t kChannels = 8;
  static constexpr int kQueriesPerChannel = 4096;
  static constexpr int64_t kChannelAgeMs = 60'000;

  // Both must outlive it. `random` is unpredictable: it draws the channel.
  AresTransport(Receiver& receiver, Random& random);
  ~AresTransport() override;

  // Unavailable when the system gives no descriptors.
  absl::Status Start();

  // REQUIRES: called on the thread that calls Wait().
  void Send(const SocketAddress& upstream, absl::string_view query, bool tcp,
            uint64_t attempt) override;

  // Waits until something arrives, `wake_fd` is readable, or `timeout_ms` have passed, and tells
  // the receiver. Returns whether `wake_fd` is readable. `wake_fd` is the same at every call.
  bool Wait(int timeout_ms, int wake_fd);

  // Ends every query that is under way, as kLost.
  void CancelAll();

 private:
  class Channel;
  struct Pool {
    std::vector<std::unique_ptr<Channel>> udp;
    std::unique_ptr<Channel> tcp;
  };

  struct Outcome {
    uint64_t attempt;
    Delivery delivery;
  };

  // A channel for one more query; nullptr when none can be made.
  Channel* Draw(const SocketAddress& upstream, bool tcp);
  // Calls back from c-ares: a query has ended; a socket is to be watched, or no longer.
  void OnEnd(Channel& channel, uint64_t attempt, Delivery delivery, std::span<const uint8_t> reply);
  void OnSocket(Channel& channel, int fd, bool read, bool write);
  void ProcessTimeouts();
  void TellDeferred();
  void DropRetired();

  Receiver& receiver_;
  Random& random_;
  UniqueFd epoll_;
  bool watches_wake_fd_ = false;
  int64_t next_timeouts_ms_ = 0;
  absl::flat_hash_map<std::string, Pool> pools_;  // by address and port
  // Channels that take no more queries and wait for the answers to their last.
  std::vector<std::unique_ptr<Channel>> retired_;
  // Which channel a descriptor belongs to.
  absl::flat_hash_map<int, Channel*> watched_;
  // c-ares may end a query while it is being sent; the receiver is told at the next Wait().
  bool sending_ = false;
  std::vector<Outcome> deferred_;
};

}  // namespace cloudmap::dns
