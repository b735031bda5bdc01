// A command on its way through the commit loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "registry/model/mutation.h"
#include "registry/model/state.h"
#include "registry/options.h"

namespace cloudmap::registry {

// All that a decision may know besides the state and the request (I4).
struct CommandContext {
  absl::Time now;
  // Of the batch that this command will be committed in.
  int64_t revision = 0;
  // Fresh and unpredictable; ids are made from it.
  uint64_t entropy[2] = {0, 0};
  const RegistryOptions* options = nullptr;
};

struct Decision {
  Mutation mutation;
  // What the caller is answered once the mutation is durable and visible.
  std::unique_ptr<google::protobuf::Message> response;
  // What whoever operates the server should know of this change, in one sentence; empty mostly. It
  // is logged once the change is durable: a decision itself logs nothing, since it may come to
  // nothing.
  std::string warning{};
};

// Pure: the same state and context give the same decision (I4). May be called again after a
// failed commit.
using Decider = absl::AnyInvocable<absl::StatusOr<Decision>(const State&, const CommandContext&)>;

using Done = absl::AnyInvocable<void(absl::StatusOr<std::unique_ptr<google::protobuf::Message>>)>;

}  // namespace cloudmap::registry
