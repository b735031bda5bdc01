#include "registry/liveness/operation_pruner.h"

#include <algorithm>
#include <cstdint>

#include "registry/decide/due.h"
#include "registry/limits.h"

namespace cloudmap::registry {
namespace {

bool HasTooMany(const State& state) {
  return CountFinished(state) > kOperationsMax + kOperationsSlack;
}

// When the oldest finished operation has been kept for long enough; never when there is none.
absl::Time OldestIsOfAge(const State& state, absl::Time now) {
  // The first is the oldest unless it has been pending for long, or the clock was ahead then.
  const int64_t now_ms = absl::ToUnixMillis(now);
  size_t seen = 0;
  absl::Time oldest = absl::InfiniteFuture();
  state.operations().ScanFrom(0, [&](uint64_t, absl::string_view, const auto& operation) {
    const int64_t finished_ms = std::max(operation.update_ms(), operation.due_ms());
    oldest = std::min(oldest, absl::FromUnixMillis(finished_ms));
    return (operation.is_pending() || finished_ms > now_ms) && ++seen < kPruneBatchMax;
  });
  return oldest + kOperationRetention + kExpirySlack;
}

}  // namespace

void OperationPruner::OnLoad(const State& state, absl::Time now) {
  due_ = HasTooMany(state) ? absl::InfinitePast() : OldestIsOfAge(state, now);
}

void OperationPruner::OnCommit(const State& after, bool forgot, absl::Time now) {
  if (forgot) {
    on_its_way_ = false;
    due_ = absl::InfiniteFuture();
  }
  if (on_its_way_) {
    return;
  }
  if (HasTooMany(after)) {
    due_ = absl::InfinitePast();
  } else if (due_ == absl::InfiniteFuture()) {
    due_ = OldestIsOfAge(after, now);
  }
}

void OperationPruner::OnAnswered(bool made, absl::Time now) {
  if (!on_its_way_) {
    return;  // OnCommit has seen what it did, and has looked for what comes next.
  }
  on_its_way_ = false;
  due_ = made ? now + kEmptyPruneDelay : now;
}

}  // namespace cloudmap::registry
