// Effects: one function for each asynchronous API method, which does what was asked for.
//
// A method has two parts: a decision (decide.h) checks the request when it is asked for, and an
// effect carries it out, at once or after --operation-delay. In between the state may have moved: a
// service may be gone, a name may be taken. An effect finds that out for itself and says so as AWS
// does, by an operation that FAILs.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "registry/model/command.h"

namespace cloudmap::registry {

// How an operation ended: SUCCESS when `error_code` is empty, else FAIL with one of AWS's operation
// error codes (https://docs.aws.amazon.com/cloud-map/latest/api/API_Operation.html), and then
// nothing was changed.
struct EffectResult {
  std::string error_code;
  std::string error_message;
};

// The type of an effect, a function: carries out `request`, whose targets are in `operation`, by
// adding to `mutation`. `request` is the message of the operation's method. Pure (I4).
using Effect = EffectResult(const State& state, const CommandContext& context,
                            const OperationFields& operation,
                            const google::protobuf::Message& request, Mutation& mutation);

// namespace.cc
Effect CreateNamespaceEffect;
Effect UpdateNamespaceEffect;
Effect DeleteNamespaceEffect;
// service.cc
Effect UpdateServiceEffect;
// instance.cc
Effect RegisterInstanceEffect;
Effect DeregisterInstanceEffect;

// One asynchronous API method.
struct AsyncMethod {
  absl::string_view name;  // "RegisterInstance"
  v1::OperationType type = v1::OPERATION_TYPE_UNSPECIFIED;
  Effect* effect = nullptr;
  // An empty message of the method's request, to parse stored ones with.
  const google::protobuf::Message& (*prototype)() = nullptr;
};

// The method of this name, which must be an asynchronous one.
const AsyncMethod& AsyncMethodNamed(absl::string_view name);

}  // namespace cloudmap::registry
