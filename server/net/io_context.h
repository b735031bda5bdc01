// Event loops that have everything they need before they start.
//
//   ASSIGN_OR_RETURN(std::unique_ptr<boost::asio::io_context> io, MakeIoContext());
//   ASSIGN_OR_RETURN(thread_, StartThread("http", [&io] { io->run(); }));
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "boost/asio/io_context.hpp"

namespace cloudmap {

// An event loop for one thread, with every file descriptor that it will ever need for itself
// (epoll, timer and wake-up). Asio makes them for the first socket or timer of a loop and throws
// when there are none; that would be the connection that took the last descriptor, hours after the
// start. Unavailable when they cannot be had now.
absl::StatusOr<std::unique_ptr<boost::asio::io_context>> MakeIoContext();

}  // namespace cloudmap
