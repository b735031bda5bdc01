#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "registry/decide/due.h"
#include "registry/limits.h"
#include "registry/model/ids.h"

namespace cloudmap::registry {

size_t CountFinished(const State& state) {
  return state.operations().size() -
         std::min(state.operations().size(), state.operations_by_lock().size());
}

absl::StatusOr<Decision> PruneOperations(const State& state, const CommandContext& context) {
  const int64_t now_ms = absl::ToUnixMillis(context.now);
  const int64_t expired_ms = absl::ToUnixMillis(context.now - kOperationRetention);
  const size_t finished = CountFinished(state);
  const size_t too_many = finished - std::min(finished, kOperationsMax);
  size_t found = 0;
  Decision decision;
  PackedOperations oldest;
  oldest.reserve(kPruneBatchMax);
  std::optional<uint64_t> first_kept;  // the hash of the oldest operation that is not forgotten
  state.operations().ScanFrom(0, [&](uint64_t hash, absl::string_view id, const auto& operation) {
    const bool is_forgotten = !operation.is_pending() && found < kPruneBatchMax &&
                              (found < too_many || operation.update_ms() <= expired_ms);
    if (!is_forgotten) {
      first_kept = first_kept.value_or(hash);
      // Neither a pending operation nor one that finished while the clock was ahead ends the
      // search: there may be older ones behind it.
      return operation.is_pending() || operation.update_ms() > now_ms;
    }
    ++found;
    if (first_kept.has_value()) {
      decision.mutation.Delete({RecordKind::kOperation, std::string(id), ""});
    } else {
      oldest.push_back(operation);
    }
    return true;
  });
  // Forget takes all up to a hash: an operation that shares the hash of one that is kept has to
  // wait.
  while (!oldest.empty() && OperationIdHash()(oldest.back().id()) == first_kept) {
    oldest.pop_back();
  }
  if (!oldest.empty()) {
    decision.mutation.Forget(std::move(oldest));
  }
  return decision;
}

}  // namespace cloudmap::registry
