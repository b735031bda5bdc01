#include "registry/decide/operation.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "registry/base/check.h"
#include "registry/base/wire_format.h"
#include "registry/decide/effects.h"
#include "registry/errors.h"
#include "registry/limits.h"
#include "registry/model/ids.h"

namespace cloudmap::registry {
namespace {

// Not older than any other, and the newest when the clock was set back: the oldest are forgotten
// first.
std::string NewOperationId(const State& state, absl::string_view target, int64_t now_ms) {
  int64_t ms = now_ms;
  if (!state.operations().empty()) {
    const int64_t last_ms = OperationIdHash::TimeOf(state.operations().LastHash());
    ms = last_ms > now_ms ? last_ms + 1 : now_ms;
  }
  std::string id = OperationId(target, ms);
  // Two operations on one target in one millisecond still need two ids.
  while (state.FindOperation(id) != nullptr) {
    id = OperationId(target, ++ms);
  }
  return id;
}

// Sets what `outcome`, which must outlive the fields, says.
void Finish(const CommandContext& context, const Outcome& outcome, OperationFields& fields) {
  fields.status = v1::OPERATION_STATUS_SUCCESS;
  if (!outcome.error_code.empty()) {
    fields.status = v1::OPERATION_STATUS_FAIL;
    fields.error_code = outcome.error_code;
    fields.error_message = outcome.error_message;
  }
  fields.update_ms = absl::ToUnixMillis(context.now);
  fields.due_ms = 0;
  fields.request = {};
  fields.lock = {};
}

}  // namespace

std::string Fingerprint(const google::protobuf::Message& request) {
  return SerializeDeterministically(request);
}

absl::Status CheckLock(const State& state, absl::string_view lock) {
  if (const PackedOperation* holder = state.FindOperationByLock(lock)) {
    return DuplicateRequest(holder->method(), holder->id());
  }
  return absl::OkStatus();
}

std::string StartOperation(const State& state, const CommandContext& context,
                           const OperationRequest& start, Mutation& mutation) {
  const Targets& targets = start.targets;
  const std::string target =
      absl::StrCat(targets.namespace_id, "/", targets.service_id, "/", targets.instance_id);
  const int64_t now_ms = absl::ToUnixMillis(context.now);
  const std::string id = NewOperationId(state, target, now_ms);
  OperationFields fields = {.type = start.type,
                            .create_ms = now_ms,
                            .id = id,
                            .namespace_id = targets.namespace_id,
                            .service_id = targets.service_id,
                            .instance_id = targets.instance_id,
                            .request_token = start.token};
  const bool delayed = context.options->operation_delay > absl::ZeroDuration();
  // A hundred thousand operations are kept: what nobody will ask for takes no room.
  std::string fingerprint;
  if (delayed || !start.token.empty()) {
    fingerprint = Fingerprint(*start.request);
    fields.method = start.method;
    fields.request_fingerprint = start.token.empty() ? absl::string_view() : fingerprint;
  }
  Outcome outcome;
  if (delayed) {
    fields.status = v1::OPERATION_STATUS_PENDING;
    fields.update_ms = now_ms;
    fields.due_ms = absl::ToUnixMillis(context.now + context.options->operation_delay);
    fields.request = fingerprint;
    fields.lock = start.lock;
  } else {
    outcome = start.effect(state, context, fields, *start.request, mutation);
    Finish(context, outcome, fields);
  }
  mutation.Put(PackedOperation(fields));
  return id;
}

void ForEachPending(const State& state, absl::FunctionRef<void(const PackedOperation&)> visit) {
  state.operations_by_lock().ForEach(
      [&](const std::string&, const std::string& id) { visit(*state.FindOperation(id)); });
}

bool HasPendingOperation(const State& state, absl::string_view namespace_id,
                         absl::string_view service_id) {
  bool found = false;
  ForEachPending(state, [&](const PackedOperation& operation) {
    found = found || (!service_id.empty() ? operation.service_id() == service_id
                                          : operation.namespace_id() == namespace_id);
  });
  return found;
}

absl::StatusOr<Decision> CompleteOperation(const State& state, const CommandContext& context,
                                           absl::string_view operation_id) {
  Decision decision;
  const PackedOperation* pending = state.FindOperation(operation_id);
  if (pending == nullptr || !pending->is_pending()) {
    return decision;
  }
  OperationFields fields = pending->fields();
  const EffectBinding binding = FindEffect(fields.method);
  CLOUDMAP_CHECK(binding.effect != nullptr, "every asynchronous method has an effect");
  const std::unique_ptr<google::protobuf::Message> request(binding.prototype->New());
  CLOUDMAP_CHECK(
      request->ParseFromArray(fields.request.data(), static_cast<int>(fields.request.size())),
      "stored by StartOperation");
  const Outcome outcome = binding.effect(state, context, fields, *request, decision.mutation);
  Finish(context, outcome, fields);
  decision.mutation.Put(PackedOperation(fields));
  return decision;
}

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
