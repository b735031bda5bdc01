// UpstreamTransport: how queries reach upstreams. The resolver's logic stands on this interface, so
// that its tests need neither sockets nor time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/strings/string_view.h"
#include "server/net/address.h"

namespace cloudmap::dns {

// How an attempt ended, as far as the network knows.
enum class Delivery : uint8_t {
  kReply,        // a packet came whose id and question fit
  kUnreachable,  // nobody listens there, or there is no route
  kLost,         // no answer in the time that sockets keep waiting, which is longer than callers do
};

class UpstreamTransport {
 public:
  // Takes the outcome of each Send, once, never during the Send itself.
  class Receiver {
   public:
    virtual ~Receiver() = default;
    // `reply` is valid during the call, and empty unless `delivery` is kReply.
    virtual void OnDelivery(uint64_t attempt, Delivery delivery,
                            std::span<const uint8_t> reply) = 0;
  };

  virtual ~UpstreamTransport() = default;

  // Sends a whole query, whose first two bytes are the id. `attempt` is told back to the receiver.
  virtual void Send(const SocketAddress& upstream, absl::string_view query, bool tcp,
                    uint64_t attempt) = 0;
};

}  // namespace cloudmap::dns
