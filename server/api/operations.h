// The one table of operations: method name -> typed handler. Transports turn bytes into a request
// message and hand it in; nothing else differs between them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "registry/registry.h"
#include "registry/schema/violations.h"
#include "server/api/throttle.h"

namespace cloudmap::api {

class Operations {
 public:
  // The response message as SerializeDeterministically makes it: gRPC sends it as it is, JSON is
  // written from it.
  using Done = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;

  // Both must outlive it; without `throttle` any rate is served. CHECKs that every method of the
  // ServiceDiscovery service has a handler.
  explicit Operations(registry::Registry& registry, Throttle* throttle = nullptr);
  ~Operations();

  // All methods, in the order of the proto.
  const std::vector<const google::protobuf::MethodDescriptor*>& methods() const { return methods_; }
  // nullptr for a name that is no operation. Names are exact ("RegisterInstance").
  const google::protobuf::MethodDescriptor* FindMethod(absl::string_view name) const;

  // An empty request message of the method.
  static std::unique_ptr<google::protobuf::Message> NewRequest(
      const google::protobuf::MethodDescriptor& method);

  // Validates, runs and answers. `found` are violations that the transport saw while decoding
  // (JSON knows an absent list from an empty one, and names enum values that do not exist).
  // `done` is called exactly once and must not block: before Call returns for reads and invalid
  // requests, on the thread that commits for writes, which wait for a Flush. Returns whether a
  // Flush is needed. Thread-safe.
  bool Call(const google::protobuf::MethodDescriptor& method,
            std::unique_ptr<google::protobuf::Message> request, registry::Violations found,
            Done done);

  // For a transport whose thread has called what had come together: lets the writes go on as one
  // batch. Cheap when there are none. Thread-safe.
  void Flush() { registry_.Flush(); }

  class Handler;

 private:
  registry::Registry& registry_;
  Throttle* const throttle_;
  std::vector<const google::protobuf::MethodDescriptor*> methods_;
  absl::flat_hash_map<std::string, const google::protobuf::MethodDescriptor*> by_name_;
  absl::flat_hash_map<const google::protobuf::MethodDescriptor*, std::unique_ptr<Handler>>
      handlers_;
};

}  // namespace cloudmap::api
