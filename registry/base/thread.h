// Threads of the server: each has a name, and no exception leaves it.
//
//   ASSIGN_OR_RETURN(thread_, StartThread("dns-udp-0", [worker] { worker->Run(); }));
//   ...
//   worker->Stop();
//   thread_.join();
#pragma once

#include <string>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

namespace cloudmap {

// Runs `main` on a new thread that is called `name` in ps, in gdb (the kernel keeps 15 characters)
// and in the log. The caller joins it.
//
// An exception that leaves `main` is a bug, or memory that could not be had. One event is not worth
// the process: the exception is logged, and 100 ms later `main` is called again, on the same
// thread. REQUIRES: `main` may be called again after it threw, as an event loop may.
//
// Unavailable when the system refuses the thread.
absl::StatusOr<std::thread> StartThread(std::string name, absl::AnyInvocable<void()> main);

}  // namespace cloudmap
