// What each asynchronous operation does when it takes effect, by API method.
#pragma once

#include "absl/strings/string_view.h"
#include "registry/decide/operation.h"

namespace cloudmap::registry {

Outcome CreateNamespaceEffect(const State& state, const CommandContext& context,
                              const OperationFields& operation,
                              const google::protobuf::Message& request, Mutation& mutation);
Outcome UpdateNamespaceEffect(const State& state, const CommandContext& context,
                              const OperationFields& operation,
                              const google::protobuf::Message& request, Mutation& mutation);
Outcome DeleteNamespaceEffect(const State& state, const CommandContext& context,
                              const OperationFields& operation,
                              const google::protobuf::Message& request, Mutation& mutation);
Outcome UpdateServiceEffect(const State& state, const CommandContext& context,
                            const OperationFields& operation,
                            const google::protobuf::Message& request, Mutation& mutation);
Outcome RegisterInstanceEffect(const State& state, const CommandContext& context,
                               const OperationFields& operation,
                               const google::protobuf::Message& request, Mutation& mutation);
Outcome DeregisterInstanceEffect(const State& state, const CommandContext& context,
                                 const OperationFields& operation,
                                 const google::protobuf::Message& request, Mutation& mutation);

struct EffectBinding {
  Effect effect = nullptr;
  // The default instance of the method's request.
  const google::protobuf::Message* prototype = nullptr;
};

// `effect` is nullptr for a method that is not asynchronous.
EffectBinding FindEffect(absl::string_view method);

}  // namespace cloudmap::registry
