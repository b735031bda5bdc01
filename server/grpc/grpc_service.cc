#include "server/grpc/grpc_service.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/any.pb.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/support/async_unary_call.h"
#include "registry/base/status_macros.h"
#include "registry/base/thread.h"
#include "registry/errors.h"
#include "spdlog/spdlog.h"

namespace cloudmap::api {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr char kErrorTypeKey[] = "cloudmap-error-type";
// Calls that a queue waits for per method: of that many that come at once none waits for another.
constexpr int kAwaitedCalls = 8;
// However many more calls come, the first waits for no more than this.
constexpr int kEventsAtOnce = 32;

grpc::Status FailureStatus(const MethodDescriptor& method, const absl::Status& failure,
                           grpc::ServerContext& context) {
  const v1::ErrorDetail detail = DetailOf(failure);
  if (detail.code() == v1::ERROR_CODE_INTERNAL_FAILURE) {
    spdlog::error("{} failed: {}", method.name(), failure.ToString());
  }
  v1::StatusDetails details;
  details.set_code(ShapeOf(detail.code()).grpc_code());
  details.set_message(detail.message());
  details.add_details()->PackFrom(detail);
  context.AddTrailingMetadata(kErrorTypeKey, detail.type());
  return grpc::Status(static_cast<grpc::StatusCode>(details.code()), detail.message(),
                      details.SerializeAsString());
}

// Takes the bytes over instead of copying them.
grpc::ByteBuffer BufferOf(std::string bytes) {
  auto held = std::make_unique<std::string>(std::move(bytes));
  const auto free = [](void* string) { delete static_cast<std::string*>(string); };
  const grpc::Slice slice(held->data(), held->size(), free, held.get());
  (void)held.release();  // The slice's now.
  return {&slice, 1};
}

std::unique_ptr<Message> ParseRequest(const MethodDescriptor& method, grpc::ByteBuffer& bytes) {
  std::unique_ptr<Message> request = Operations::NewRequest(method);
  grpc::ProtoBufferReader reader(&bytes);
  return reader.status().ok() && request->ParseFromZeroCopyStream(&reader) ? std::move(request)
                                                                           : nullptr;
}

}  // namespace

// One call, from waiting for it until its answer has been sent. gRPC owns it while it is a tag in a
// queue, the registry while it is being answered.
class GrpcService::Call {
 public:
  Call(GrpcService& service, int index, Queue& queue)
      : service_(service), index_(index), queue_(queue), responder_(&context_) {}

  ~Call() {
    if (answered_) {
      const absl::MutexLock lock(&service_.mutex_);
      --service_.unsent_;
    }
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  static void Await(std::unique_ptr<Call> call) {
    Call& awaited = *call.release();  // The queue's now.
    awaited.service_.RequestAsyncUnary(awaited.index_, &awaited.context_, &awaited.bytes_,
                                       &awaited.responder_, &awaited.queue_, &awaited.queue_,
                                       &awaited);
  }

  // Whether it came; if not, it has been answered.
  bool is_new() const { return !answered_; }
  int index() const { return index_; }
  const MethodDescriptor& method() const {
    return *service_.operations_.methods()[static_cast<size_t>(index_)];
  }
  std::string peer() const { return context_.peer(); }

  // Whether it may wait for a Flush.
  static bool Serve(std::unique_ptr<Call> call) {
    Operations& operations = call->service_.operations_;
    const MethodDescriptor& method = call->method();
    std::unique_ptr<Message> request = ParseRequest(method, call->bytes_);
    if (request == nullptr) {
      Answer(std::move(call), MakeError(v1::ERROR_CODE_SERIALIZATION,
                                        absl::StrCat("The request is not a ",
                                                     method.input_type()->full_name(), ".")));
      return false;
    }
    return operations.Call(method, std::move(request), {},
                           [call = std::move(call)](absl::StatusOr<std::string> answer) mutable {
                             Answer(std::move(call), std::move(answer));
                           });
  }

 private:
  static void Answer(std::unique_ptr<Call> call, absl::StatusOr<std::string> answer) {
    Call& answered = *call.release();  // The queue's now.
    GrpcService& service = answered.service_;
    answered.answered_ = true;
    if (answer.ok()) {
      answered.responder_.Finish(BufferOf(*std::move(answer)), grpc::Status::OK, &answered);
    } else {
      answered.responder_.FinishWithError(
          FailureStatus(answered.method(), answer.status(), answered.context_), &answered);
    }
    const absl::MutexLock lock(&service.mutex_);
    --service.unanswered_;
  }

  GrpcService& service_;
  const int index_;
  Queue& queue_;
  grpc::ServerContext context_;
  grpc::ByteBuffer bytes_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> responder_;
  bool answered_ = false;
};

GrpcService::GrpcService(Operations& operations, const GrpcListener& listener)
    : operations_(operations), listener_(listener) {
  for (const MethodDescriptor* method : operations.methods()) {
    names_.push_back(absl::StrCat("/", method->service()->full_name(), "/", method->name()));
    // grpc::Service owns it.
    AddMethod(new grpc::internal::RpcServiceMethod(names_.back().c_str(),
                                                   grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
    MarkMethodRaw(static_cast<int>(names_.size()) - 1);
  }
}

GrpcService::~GrpcService() = default;

void GrpcService::AddQueues(grpc::ServerBuilder& builder, int count) {
  for (int i = 0; i < count; ++i) {
    queues_.push_back(builder.AddCompletionQueue());
  }
}

absl::Status GrpcService::Start() {
  for (const std::unique_ptr<Queue>& queue : queues_) {
    for (int i = 0; i < static_cast<int>(names_.size()) * kAwaitedCalls; ++i) {
      Call::Await(std::make_unique<Call>(*this, i / kAwaitedCalls, *queue));
    }
    ASSIGN_OR_RETURN(std::thread thread, StartThread("grpc", [this, &queue] { Run(*queue); }));
    threads_.push_back(std::move(thread));
  }
  return absl::OkStatus();
}

void GrpcService::Run(Queue& queue) {
  std::vector<std::unique_ptr<Call>> calls;
  std::vector<std::string> writers;  // the peers of those that wait for a Flush
  while (TakeCalls(queue, calls)) {
    for (std::unique_ptr<Call>& call : calls) {
      std::string peer = calls.size() > 1 ? call->peer() : "";
      if (Call::Serve(std::move(call))) {
        writers.push_back(std::move(peer));
      }
    }
    calls.clear();
    if (!writers.empty()) {
      const GrpcListener::Hold hold(listener_, writers);
      operations_.Flush();
      writers.clear();
    }
  }
}

bool GrpcService::TakeCalls(Queue& queue, std::vector<std::unique_ptr<Call>>& calls) {
  void* tag = nullptr;
  bool came = false;
  if (!queue.Next(&tag, &came)) {
    return false;
  }
  int events = 0;
  do {
    std::unique_ptr<Call> call(static_cast<Call*>(tag));
    // What did not come waited for a call when the server was shut down.
    if (came && call->is_new() && Admit()) {
      Call::Await(std::make_unique<Call>(*this, call->index(), queue));
      calls.push_back(std::move(call));
    }
  } while (++events < kEventsAtOnce &&
           queue.AsyncNext(&tag, &came, gpr_inf_past(GPR_CLOCK_MONOTONIC)) ==
               grpc::CompletionQueue::GOT_EVENT);
  return true;
}

bool GrpcService::Admit() {
  const absl::MutexLock lock(&mutex_);
  unanswered_ += stopping_ ? 0 : 1;
  unsent_ += stopping_ ? 0 : 1;
  return !stopping_;
}

void GrpcService::AwaitSent(absl::Time deadline) {
  const absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithDeadline(absl::Condition(
                               +[](int* unsent) { return *unsent == 0; }, &unsent_),
                           deadline);
}

void GrpcService::Stop() {
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
    mutex_.Await(absl::Condition(
        +[](int* unanswered) { return *unanswered == 0; }, &unanswered_));
  }
  for (const std::unique_ptr<Queue>& queue : queues_) {
    queue->Shutdown();
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
}

}  // namespace cloudmap::api
