// The wall clock, as a seam: rules never read time, they are given it.
#pragma once

#include "absl/time/time.h"

namespace cloudmap {

class Clock {
 public:
  virtual ~Clock() = default;
  // Thread-safe.
  virtual absl::Time Now() const = 0;
};

class RealClock final : public Clock {
 public:
  absl::Time Now() const override;
};

}  // namespace cloudmap
