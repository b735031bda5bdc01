// Acceptor: takes the connections of one listening socket, on an event loop.
//
//   ASSIGN_OR_RETURN(UniqueFd listening, ListenTcp("--http-listen", "127.0.0.1:8055"));
//   Acceptor acceptor(io, std::move(listening), [](UniqueFd connection, const SocketAddress& peer)
//   {
//     ...
//   });
//   RETURN_IF_ERROR(acceptor.Start());
//
// When there are no file descriptors or no memory left it waits 100 ms and tries again, so that
// connections wait in the kernel's queue instead of being lost; the log says when that begins and
// when it has ended.
//
// Everything is called on the loop's thread, or while the loop does not run.
#pragma once

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "boost/asio/io_context.hpp"
#include "server/net/address.h"
#include "server/net/unique_fd.h"

namespace cloudmap {

class Acceptor {
 public:
  // Takes the connection over, on the loop's thread. It does not block, and closes on exec. `peer`
  // is its other end.
  using Handler = std::function<void(UniqueFd connection, const SocketAddress& peer)>;

  // `listening` is as ListenTcp makes it. `io` must outlive the acceptor.
  Acceptor(boost::asio::io_context& io, UniqueFd listening, Handler handler);
  // Stops.
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Unavailable when the loop cannot watch the socket.
  absl::Status Start();
  // Closes the listening socket: whoever waits in the kernel's queue is refused. Idempotent.
  void Stop();

 private:
  class State;  // shared with the operations under way, which may end after the acceptor
  const std::shared_ptr<State> state_;
};

}  // namespace cloudmap
