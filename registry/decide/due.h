// The commands that nobody asks for but time: what is due is carried out by a command like any
// other (I6), which whoever keeps the deadlines submits.
//
// A deadline may come late, twice, or for something that has changed meanwhile. Each of these
// commands looks at the state again and decides nothing when there is nothing to do. None of them
// answers: Decision::response is nullptr.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "registry/model/command.h"

namespace cloudmap::registry {

// Carries out a PENDING operation and finishes it, as SUCCESS or FAIL. operation.cc
absl::StatusOr<Decision> CompleteOperation(const State& state, const CommandContext& context,
                                           absl::string_view operation_id);

// Makes the custom health status that was set for an instance its effective one, once its delay
// (RegistryOptions::custom_health_delay) is over. health.cc
absl::StatusOr<Decision> ApplyPendingHealth(const State& state, const CommandContext& context,
                                            absl::string_view service_id,
                                            absl::string_view instance_id);

// Forgets the oldest finished operations, kPruneBatchMax at most: those that are more than
// kOperationsMax, and those that finished kOperationRetention ago. Pending ones stay. prune.cc
absl::StatusOr<Decision> PruneOperations(const State& state, const CommandContext& context);

// How many operations of `state` are no longer pending. prune.cc
size_t CountFinished(const State& state);

}  // namespace cloudmap::registry
