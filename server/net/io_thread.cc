#include "server/net/io_thread.h"

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/asio/steady_timer.hpp"
#include "server/net/thread.h"
#include "spdlog/spdlog.h"

namespace cloudmap {

absl::StatusOr<std::unique_ptr<boost::asio::io_context>> MakeIoContext() {
  try {
    auto io = std::make_unique<boost::asio::io_context>(1);
    // The first timer makes the reactor with its descriptors, which stays.
    const boost::asio::steady_timer first(*io);
    return io;
  } catch (const std::exception& error) {
    return absl::UnavailableError(absl::StrCat("an event loop cannot be made: ", error.what()));
  }
}

std::thread StartIoThread(boost::asio::io_context& io, std::string name,
                          absl::AnyInvocable<void()> at_end) {
  return std::thread([&io, name = std::move(name), at_end = std::move(at_end)]() mutable {
    SetThreadName(name);
    for (bool ended = false; !ended;) {
      try {
        io.run();
        ended = true;
      } catch (const std::exception& error) {
        spdlog::error("{}: a connection failed in an unexpected way: {}", name, error.what());
      }
    }
    if (at_end != nullptr) {
      at_end();
    }
  });
}

}  // namespace cloudmap
