#include "server/net/io_context.h"

#include <exception>

#include "absl/strings/str_cat.h"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/steady_timer.hpp"

namespace cloudmap {

absl::StatusOr<std::unique_ptr<boost::asio::io_context>> MakeIoContext() {
  try {
    auto io = std::make_unique<boost::asio::io_context>(1);
    // The first of each kind makes the loop's services and the reactor, which stay.
    const boost::asio::steady_timer timer(*io);
    const boost::asio::ip::tcp::socket socket(*io);
    return io;
  } catch (const std::exception& error) {
    return absl::UnavailableError(absl::StrCat("an event loop cannot be made: ", error.what()));
  }
}

}  // namespace cloudmap
