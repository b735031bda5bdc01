// A thread that runs an event loop, made so that running out of descriptors cannot end the process.
//
//   ASSIGN_OR_RETURN(std::unique_ptr<boost::asio::io_context> io, MakeIoContext());
//   std::thread thread = StartIoThread(*io, "http", [] { ... on the thread, once the loop has ended
//   ... });
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "boost/asio/io_context.hpp"

namespace cloudmap {

// An event loop for one thread that has every descriptor it will ever need for itself: Asio makes
// them at the first socket or timer, which may be a connection that took the last one. Unavailable
// when there are none now.
absl::StatusOr<std::unique_ptr<boost::asio::io_context>> MakeIoContext();

// Runs `io` on a thread of that name until it is stopped or has nothing to do. An exception that a
// handler lets out is logged, and the loop goes on: no connection is worth the process.
// `at_end` may be nullptr. `io` must outlive the thread.
std::thread StartIoThread(boost::asio::io_context& io, std::string name,
                          absl::AnyInvocable<void()> at_end);

}  // namespace cloudmap
