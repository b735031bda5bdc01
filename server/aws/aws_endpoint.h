// The AWS JSON 1.1 front of the API: POST / with X-Amz-Target names an operation, the body is its
// request. Host and User-Agent do not matter, so that SDKs which put "data-" before the host of
// DiscoverInstances are served as well.
//
//   AwsEndpoint endpoint({.call = ..., .random = random});
//   router.Add("POST", "/", [&](const http::Request& request, http::Respond respond) {
//     endpoint.Handle(request, std::move(respond));
//   });
//
// Protocol: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "registry/base/random.h"
#include "registry/schema/violations.h"
#include "server/aws/sigv4.h"
#include "server/http/message.h"

namespace cloudmap::aws {

class AwsEndpoint {
 public:
  // With the response message as api::Operations::Done has it.
  using Done = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;
  // Runs an operation, as api::Operations::Call does: `found` are violations that decoding saw,
  // and `done` is called once, on any thread.
  using Call = std::function<void(const google::protobuf::MethodDescriptor& method,
                                  std::unique_ptr<google::protobuf::Message> request,
                                  registry::Violations found, Done done)>;

  struct Options {
    Call call;
    // Seeds the request ids. Outlives the endpoint.
    Random& random;
    // Whoever is not refused by it may call; null lets everyone. Outlives the endpoint.
    const SigV4Verifier* verifier = nullptr;
  };

  explicit AwsEndpoint(Options options);

  // Answers every request, malformed ones with the error that AWS gives. A failure of the server
  // is logged with its text and the request id, and told to the client without the text.
  void Handle(const http::Request& request, http::Respond respond) const;

 private:
  struct Admitted {
    const google::protobuf::MethodDescriptor* method;
    std::unique_ptr<google::protobuf::Message> message;
    registry::Violations found;
  };

  // Request ids tell requests apart, no more: they need not be unpredictable, and the kernel's
  // generator would cost each of them two system calls.
  class IdRandom final : public Random {
   public:
    explicit IdRandom(uint64_t seed) : random_(seed) {}
    uint64_t Next() override {
      const absl::MutexLock lock(&mutex_);
      return random_.Next();
    }

   private:
    absl::Mutex mutex_;
    FastRandom random_ ABSL_GUARDED_BY(mutex_);
  };

  absl::StatusOr<const google::protobuf::MethodDescriptor*> FindMethod(
      absl::string_view target) const;
  // Everything that is checked before the operation runs.
  absl::StatusOr<Admitted> Admit(const http::Request& request) const;

  const Options options_;
  absl::flat_hash_map<std::string, const google::protobuf::MethodDescriptor*> methods_;
  mutable IdRandom id_random_;
};

}  // namespace cloudmap::aws
