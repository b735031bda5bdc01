// Every operation as a method of a gRPC service, by descriptor, on completion queues with a thread
// each. A thread takes the calls that have come together, answers those that read, and lets those
// that write go on as one batch, which it commits itself where the store does not wait; then those
// of its answers that go to one connection leave together.
//
//   GrpcService service(operations, listener);
//   service.AddQueues(builder, 2);
//   builder.RegisterService(&service);
//   server = builder.BuildAndStart();
//   service.Start();
//   ...
//   server->Shutdown(deadline);
//   service.Stop();
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/impl/service_type.h"
#include "server/api/operations.h"
#include "server/grpc/grpc_listener.h"

namespace cloudmap::api {

class GrpcService final : public grpc::Service {
 public:
  // Both must outlive it. Calls come over the connections of `listener`.
  GrpcService(Operations& operations, const GrpcListener& listener);
  // REQUIRES: stopped, or never started.
  ~GrpcService() override;

  // Before the server is built.
  void AddQueues(grpc::ServerBuilder& builder, int count);
  // After the server was built. Unavailable when a thread cannot be had.
  absl::Status Start();
  // Waits until every call that has come has been answered and its answer has been sent, at most
  // until `deadline`. From any thread.
  void AwaitSent(absl::Time deadline);
  // After the server was shut down: waits for calls that are still being answered, then joins.
  void Stop();

 private:
  class Call;
  using Queue = grpc::ServerCompletionQueue;

  void Run(Queue& queue);
  // Waits for the first event and takes what else is there. False once the queue has ended.
  bool TakeCalls(Queue& queue, std::vector<std::unique_ptr<Call>>& calls);
  // Admits a call and counts it as unanswered and unsent. False once Stop() has begun.
  bool Admit();

  Operations& operations_;
  const GrpcListener& listener_;
  std::deque<std::string> names_;  // gRPC keeps pointers to them
  std::vector<std::unique_ptr<Queue>> queues_;
  std::vector<std::thread> threads_;

  absl::Mutex mutex_;
  int unanswered_ ABSL_GUARDED_BY(mutex_) = 0;
  int unsent_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cloudmap::api
