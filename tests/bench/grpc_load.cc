#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "tests/bench/load.h"

namespace cloudmap {
namespace {

// One HTTP/2 connection would make its own writer the bottleneck.
constexpr int kChannels = 4;

using Stub = grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer>;

// One request on the way at a time; the next goes out when its answer has come.
class Caller {
 public:
  Caller(Stub& stub, Load& load, std::string path, absl::BlockingCounter& running)
      : stub_(stub), load_(load), path_(std::move(path)), running_(running) {}

  void Call() {
    const grpc::Slice slice(load_.Next());
    request_ = grpc::ByteBuffer(&slice, 1);
    response_.Clear();
    context_.emplace();
    stub_.UnaryCall(&*context_, path_, {}, &request_, &response_,
                    [this](const grpc::Status& status) {
                      load_.Count(status.ok());
                      if (load_.stopped()) {
                        running_.DecrementCount();
                      } else {
                        Call();
                      }
                    });
  }

 private:
  Stub& stub_;
  Load& load_;
  const std::string path_;
  absl::BlockingCounter& running_;
  std::optional<grpc::ClientContext> context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

}  // namespace

Tally RunGrpcLoad(const std::string& address, const std::string& operation,
                  std::vector<std::string> requests, int in_flight, absl::Duration duration) {
  Load load(std::move(requests));
  std::deque<Stub> stubs;
  for (int i = 0; i < kChannels; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stubs.emplace_back(
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  }
  absl::BlockingCounter running(in_flight);
  std::deque<Caller> callers;
  for (int i = 0; i < in_flight; ++i) {
    callers.emplace_back(stubs[static_cast<size_t>(i % kChannels)], load,
                         absl::StrCat("/cloudmap.v1.ServiceDiscovery/", operation), running);
    callers.back().Call();
  }
  const Tally tally = load.Measure(duration);
  running.Wait();
  return tally;
}

}  // namespace cloudmap
