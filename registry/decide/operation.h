// Asynchronous operations: how a decision records one.
//
//   RETURN_IF_ERROR(CheckLock(state, lock));
//   return StartOperation<v1::DeregisterInstanceResponse>(
//       state, context,
//       {.method = "DeregisterInstance",
//        .targets = {namespace_id, service_id, instance_id},
//        .lock = lock,
//        .request = request});
//
// Without --operation-delay the operation's effect (effects.h) is part of the same decision, and
// the operation is finished when the call answers. With it, the operation is stored PENDING
// together with its request; CompleteOperation (due.h) is the command that carries it out later
// (I6).
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "registry/decide/effects.h"
#include "registry/model/command.h"

namespace cloudmap::registry {

// What an operation is about. Members that do not apply are empty.
struct Targets {
  absl::string_view namespace_id = {};
  absl::string_view service_id = {};
  absl::string_view instance_id = {};
};

// What is recorded of a new operation. The texts and the request are the caller's.
struct OperationStart {
  // The API method, "RegisterInstance", which names the operation's type and effect.
  absl::string_view method;
  Targets targets;
  // Held while the operation is pending; see locks.h. REQUIRES: no operation holds it.
  absl::string_view lock;
  // The creator or updater request id by which a retry finds the operation. Empty when the API has
  // none, and for RegisterInstance, whose instance keeps it.
  absl::string_view token = {};
  const google::protobuf::Message& request;
};

// Everything that a request says, as bytes: two requests with one token are the same request when
// these are equal.
std::string Fingerprint(const google::protobuf::Message& request);

// Adds the operation to `mutation`, PENDING or together with its effect. Returns its id.
std::string RecordOperation(const State& state, const CommandContext& context,
                            const OperationStart& start, Mutation& mutation);

// Sets the members of `fields` that say how the operation ended. `result` must outlive `fields`.
void FinishOperation(const CommandContext& context, const EffectResult& result,
                     OperationFields& fields);

// A decision whose answer is an operation's id. `Response` is a message with an operation_id.
template <typename Response>
Decision AnswerWithOperation(absl::string_view operation_id, Mutation mutation = {}) {
  auto response = std::make_unique<Response>();
  response->set_operation_id(std::string(operation_id));
  return {std::move(mutation), std::move(response)};
}

// The decision of an asynchronous method whose request is in order: the operation is recorded, and
// its id is the answer.
template <typename Response>
Decision StartOperation(const State& state, const CommandContext& context,
                        const OperationStart& start) {
  Mutation mutation;
  const std::string id = RecordOperation(state, context, start, mutation);
  return AnswerWithOperation<Response>(id, std::move(mutation));
}

// Calls `visit` for each pending operation, in no particular order. Costs their number.
void ForEachPending(const State& state, absl::FunctionRef<void(const PackedOperation&)> visit);

// True when a pending operation concerns the service. Costs the number of pending operations.
bool HasPendingOperation(const State& state, absl::string_view service_id);

}  // namespace cloudmap::registry
