#include "registry/rules/operation.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "registry/base/check.h"
#include "registry/base/wire_format.h"
#include "registry/errors.h"
#include "registry/limits.h"
#include "registry/model/ids.h"
#include "registry/rules/effects.h"

namespace cloudmap::registry {
namespace {

void Finish(const CommandContext& context, const Outcome& outcome, OperationRecord& record) {
  record.set_status(v1::OPERATION_STATUS_SUCCESS);
  if (!outcome.error_code.empty()) {
    record.set_status(v1::OPERATION_STATUS_FAIL);
    record.set_error_code(outcome.error_code);
    record.set_error_message(outcome.error_message);
  }
  record.set_update_ms(absl::ToUnixMillis(context.now));
  record.clear_due_ms();
  record.clear_request();
  record.clear_lock();
}

}  // namespace

std::string Fingerprint(const google::protobuf::Message& request) {
  return SerializeDeterministically(request);
}

absl::Status CheckLock(const State& state, absl::string_view lock) {
  if (const std::optional<OperationRecord> holder = state.FindOperationByLock(lock)) {
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
  OperationRecord record;
  // Two operations on one target in one millisecond still need two ids.
  for (int64_t ms = now_ms; record.id().empty() || state.HasOperation(record.id()); ++ms) {
    record.set_id(OperationId(target, ms));
  }
  record.set_type(start.type);
  record.set_create_ms(now_ms);
  record.set_namespace_id(targets.namespace_id);
  record.set_service_id(targets.service_id);
  if (!targets.instance_id.empty()) {
    record.set_instance_id(targets.instance_id);
  }
  const bool delayed = context.options->operation_delay > absl::ZeroDuration();
  if (!start.token.empty()) {
    record.set_request_token(start.token);
    record.set_request_fingerprint(Fingerprint(*start.request));
  }
  // A hundred thousand operations are kept: what nobody will ask for takes no room.
  if (delayed || !start.token.empty()) {
    record.set_method(std::string(start.method));
  }
  if (delayed) {
    record.set_status(v1::OPERATION_STATUS_PENDING);
    record.set_update_ms(now_ms);
    record.set_due_ms(absl::ToUnixMillis(context.now + context.options->operation_delay));
    record.set_request(Fingerprint(*start.request));
    record.set_lock(start.lock);
  } else {
    Finish(context, start.effect(state, context, record, *start.request, mutation), record);
  }
  std::string id = record.id();
  mutation.Put(std::move(record));
  return id;
}

void ForEachPending(const State& state, absl::FunctionRef<void(const OperationRecord&)> visit) {
  state.operations_by_lock().ForEach(
      [&](const std::string&, const std::string& id) { visit(*state.FindOperation(id)); });
}

bool HasPendingOperation(const State& state, absl::string_view namespace_id,
                         absl::string_view service_id) {
  bool found = false;
  ForEachPending(state, [&](const OperationRecord& operation) {
    found = found || (!service_id.empty() ? operation.service_id() == service_id
                                          : operation.namespace_id() == namespace_id);
  });
  return found;
}

absl::StatusOr<Decision> CompleteOperation(const State& state, const CommandContext& context,
                                           absl::string_view operation_id) {
  Decision decision;
  const std::optional<OperationRecord> pending = state.FindOperation(operation_id);
  if (!pending.has_value() || pending->status() != v1::OPERATION_STATUS_PENDING) {
    return decision;
  }
  OperationRecord record = *pending;
  const EffectBinding binding = FindEffect(record.method());
  CLOUDMAP_CHECK(binding.effect != nullptr, "every asynchronous method has an effect");
  const std::unique_ptr<google::protobuf::Message> request(binding.prototype->New());
  CLOUDMAP_CHECK(request->ParseFromString(record.request()), "stored by StartOperation");
  Finish(context, binding.effect(state, context, *pending, *request, decision.mutation), record);
  decision.mutation.Put(std::move(record));
  return decision;
}

size_t CountFinished(const State& state) {
  return state.operations().size() - std::min(state.operations().size(),
                                              state.operations_by_lock().size());
}

absl::StatusOr<Decision> PruneOperations(const State& state, const CommandContext& context) {
  const int64_t expired_ms = absl::ToUnixMillis(context.now - kOperationRetention);
  const size_t finished = CountFinished(state);
  const size_t too_many = finished - std::min(finished, kOperationsMax);
  Decision decision;
  size_t seen = 0;
  size_t pruned = 0;
  state.operations().ScanFrom(0, [&](uint64_t, absl::string_view id, const auto& operation) {
    if (!operation.is_pending()) {
      if (pruned >= too_many && operation.update_ms() > expired_ms) {
        return false;
      }
      decision.mutation.Delete({RecordKind::kOperation, std::string(id), ""});
      ++pruned;
    }
    return ++seen < kPruneBatchMax;
  });
  return decision;
}

}  // namespace cloudmap::registry
