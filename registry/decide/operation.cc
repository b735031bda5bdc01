#include "registry/decide/operation.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "registry/base/check.h"
#include "registry/base/wire_format.h"
#include "registry/decide/due.h"
#include "registry/decide/effects.h"
#include "registry/model/ids.h"

namespace cloudmap::registry {
namespace {

// A free id of `target` whose time is no earlier than that of any other operation, even when the
// clock was set back: the oldest operations are forgotten first, and a new one must not be among
// them.
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

}  // namespace

std::string Fingerprint(const google::protobuf::Message& request) {
  return SerializeDeterministically(request);
}

void FinishOperation(const CommandContext& context, const EffectResult& result,
                     OperationFields& fields) {
  fields.status = v1::OPERATION_STATUS_SUCCESS;
  if (!result.error_code.empty()) {
    fields.status = v1::OPERATION_STATUS_FAIL;
    fields.error_code = result.error_code;
    fields.error_message = result.error_message;
  }
  fields.update_ms = absl::ToUnixMillis(context.now);
  fields.due_ms = 0;
  fields.request = {};
  fields.lock = {};
}

std::string RecordOperation(const State& state, const CommandContext& context,
                            const OperationStart& start, Mutation& mutation) {
  const AsyncMethod& method = AsyncMethodNamed(start.method);
  const Targets& targets = start.targets;
  const std::string target =
      absl::StrCat(targets.namespace_id, "/", targets.service_id, "/", targets.instance_id);
  const int64_t now_ms = absl::ToUnixMillis(context.now);
  std::string id = NewOperationId(state, target, now_ms);
  OperationFields fields = {.type = method.type,
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
    fingerprint = Fingerprint(start.request);
    fields.method = method.name;
    fields.request_fingerprint = start.token.empty() ? absl::string_view() : fingerprint;
  }
  EffectResult result;
  if (delayed) {
    fields.status = v1::OPERATION_STATUS_PENDING;
    fields.update_ms = now_ms;
    fields.due_ms = absl::ToUnixMillis(context.now + context.options->operation_delay);
    fields.request = fingerprint;
    fields.lock = start.lock;
  } else {
    result = method.effect(state, context, fields, start.request, mutation);
    FinishOperation(context, result, fields);
  }
  mutation.Put(PackedOperation(fields));
  return id;
}

void ForEachPending(const State& state, absl::FunctionRef<void(const PackedOperation&)> visit) {
  state.operations_by_lock().ForEach(
      [&](const std::string&, const std::string& id) { visit(*state.FindOperation(id)); });
}

bool HasPendingOperation(const State& state, absl::string_view service_id) {
  bool found = false;
  ForEachPending(state, [&](const PackedOperation& operation) {
    found = found || operation.service_id() == service_id;
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
  const AsyncMethod& method = AsyncMethodNamed(fields.method);
  const std::unique_ptr<google::protobuf::Message> request(method.prototype().New());
  CLOUDMAP_CHECK(
      request->ParseFromArray(fields.request.data(), static_cast<int>(fields.request.size())),
      "stored by RecordOperation");
  const EffectResult result = method.effect(state, context, fields, *request, decision.mutation);
  FinishOperation(context, result, fields);
  decision.mutation.Put(PackedOperation(fields));
  return decision;
}

}  // namespace cloudmap::registry
