#include "registry/base/clock.h"

#include <chrono>

#include "absl/time/clock.h"

namespace cloudmap {

absl::Time RealClock::Now() const { return absl::Now(); }

MonotonicTime RealClock::Monotonic() const {
  return MonotonicTime(absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch()));
}

}  // namespace cloudmap
