#include "registry/base/thread.h"

#include <pthread.h>

#include <exception>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "spdlog/spdlog.h"

namespace cloudmap {
namespace {

constexpr size_t kKernelNameChars = 15;
// An exception that comes back at once must not fill the log.
constexpr absl::Duration kPauseAfterException = absl::Milliseconds(100);

// False when an exception left `main`.
bool Completes(const std::string& name, absl::AnyInvocable<void()>& main) {
  try {
    main();
    return true;
  } catch (const std::exception& error) {
    spdlog::error("thread {}: unexpected exception, going on: {}", name, error.what());
  } catch (...) {
    spdlog::error("thread {}: unexpected exception of unknown kind, going on", name);
  }
  return false;
}

}  // namespace

absl::StatusOr<std::thread> StartThread(std::string name, absl::AnyInvocable<void()> main) {
  const std::string of_error = name;
  try {
    return std::thread([name = std::move(name), main = std::move(main)]() mutable {
      pthread_setname_np(pthread_self(), name.substr(0, kKernelNameChars).c_str());
      while (!Completes(name, main)) {
        absl::SleepFor(kPauseAfterException);
      }
    });
  } catch (const std::system_error& error) {
    return absl::UnavailableError(
        absl::StrCat("the thread ", of_error, " cannot be started: ", error.what()));
  }
}

}  // namespace cloudmap
