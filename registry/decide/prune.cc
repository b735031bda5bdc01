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
  std::optional<uint64_t> stays;  // the place of the first that does
  state.operations().ScanFrom(0, [&](uint64_t hash, absl::string_view id, const auto& operation) {
    const bool goes = !operation.is_pending() && found < kPruneBatchMax &&
                      (found < too_many || operation.update_ms() <= expired_ms);
    if (!goes) {
      stays = stays.value_or(hash);
      // What finished while the clock was ahead holds up the others as little.
      return operation.is_pending() || operation.update_ms() > now_ms;
    }
    ++found;
    if (stays.has_value()) {
      decision.mutation.Delete({RecordKind::kOperation, std::string(id), ""});
    } else {
      oldest.push_back(operation);
    }
    return true;
  });
  // What shares its place with one that stays cannot be cut off.
  while (!oldest.empty() && OperationIdHash()(oldest.back().id()) == stays) {
    oldest.pop_back();
  }
  if (!oldest.empty()) {
    decision.mutation.Forget(std::move(oldest));
  }
  return decision;
}

}  // namespace cloudmap::registry
