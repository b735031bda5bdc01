#include "registry/base/clock.h"

#include "absl/time/clock.h"

namespace cloudmap {

absl::Time RealClock::Now() const { return absl::Now(); }

}  // namespace cloudmap
