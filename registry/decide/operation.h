// Asynchronous operations: how one is recorded, and the split between what is checked when it is
// asked for and what it does when it takes effect. Without --operation-delay both happen in one
// command; with it, the second is a command of its own (I6), CompleteOperation.
#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "registry/model/command.h"

namespace cloudmap::registry {

// What an operation came to. An empty code is success; a code is one of AWS's operation error
// codes, and nothing was changed.
struct Outcome {
  std::string error_code;
  std::string error_message;
};

// Carries out `request`, whose targets are in `operation`, by adding to `mutation`. The state may
// have moved since the request was checked.
using Effect = Outcome (*)(const State& state, const CommandContext& context,
                           const OperationFields& operation,
                           const google::protobuf::Message& request, Mutation& mutation);

// What an operation is about. Empty members do not apply.
struct Targets {
  absl::string_view namespace_id;
  absl::string_view service_id;
  absl::string_view instance_id;
};

// The texts are the caller's.
struct OperationRequest {
  v1::OperationType type = v1::OPERATION_TYPE_UNSPECIFIED;
  // The API method, e.g. "RegisterInstance".
  absl::string_view method;
  Targets targets;
  // Creator or updater request id, by which a retry finds the operation; empty when the API has
  // none or what the operation makes is found another way.
  absl::string_view token;
  // Only one pending operation may hold it.
  absl::string_view lock;
  const google::protobuf::Message* request = nullptr;
  Effect effect = nullptr;
};

// What tells a retry from another request with the same token: all that it says.
std::string Fingerprint(const google::protobuf::Message& request);

// DuplicateRequest if an operation holds `lock`.
absl::Status CheckLock(const State& state, absl::string_view lock);

// Records the operation, PENDING or with its effect. Returns its id.
std::string StartOperation(const State& state, const CommandContext& context,
                           const OperationRequest& start, Mutation& mutation);

// Calls `visit` for each pending operation.
void ForEachPending(const State& state, absl::FunctionRef<void(const PackedOperation&)> visit);

// Whether any pending operation concerns the service or namespace.
bool HasPendingOperation(const State& state, absl::string_view namespace_id,
                         absl::string_view service_id);

// The command for a PENDING operation that is due. An operation that is no longer pending is left
// alone.
absl::StatusOr<Decision> CompleteOperation(const State& state, const CommandContext& context,
                                           absl::string_view operation_id);

// Operations that are no longer pending.
size_t CountFinished(const State& state);

// The command that forgets the oldest operations, as many as kPruneBatchMax: those that are more
// than kOperationsMax, and those that finished kOperationRetention ago. Pending ones stay.
absl::StatusOr<Decision> PruneOperations(const State& state, const CommandContext& context);

}  // namespace cloudmap::registry
