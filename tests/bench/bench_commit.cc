// What a registration costs the server without transports: RegisterInstance decided, committed to
// the memory store and published in DNS, in batches of 1, 8 and 32.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "benchmark/benchmark.h"
#include "registry/base/check.h"
#include "registry/base/clock.h"
#include "registry/base/random.h"
#include "registry/base/timer_thread.h"
#include "registry/decide/decide.h"
#include "registry/registry.h"
#include "registry/store/volatile_store.h"
#include "server/dns/zones/publisher.h"

namespace cloudmap::bench {
namespace {

using registry::CommandContext;
using registry::State;

constexpr int kServices = 100;
constexpr int kInstances = 10;

class Bench {
 public:
  Bench() {
    registry_.AddListener(&publisher_);
    CLOUDMAP_CHECK(registry_.Start().ok(), "the memory store starts");
    v1::CreatePrivateDnsNamespaceRequest in;
    in.set_name("bench.test");
    in.set_vpc("vpc-1");
    Call(registry::CreatePrivateDnsNamespace, in);
    registry_.Current()->namespaces().ForEach([&](const std::string& id, const auto&) {
      for (int i = 0; i < kServices; ++i) {
        v1::CreateServiceRequest service;
        service.set_name(absl::StrCat("s", i));
        service.set_namespace_id(id);
        v1::DnsRecord* record = service.mutable_dns_config()->add_dns_records();
        record->set_type(v1::RECORD_TYPE_A);
        record->set_ttl(10);
        Call(registry::CreateService, service);
      }
    });
    registry_.Current()->services().ForEach([&](const std::string& id, const auto&) {
      for (int i = 0; i < kInstances; ++i) {
        v1::RegisterInstanceRequest request;
        request.set_service_id(id);
        request.set_instance_id(absl::StrCat("i-", i));
        (*request.mutable_attributes())["stage"] = "beta";
        requests_.push_back(std::move(request));
      }
    });
  }

  // The address and the token are new each time: every call is a change.
  void Register(int batch) {
    absl::BlockingCounter left(batch);
    for (int i = 0; i < batch; ++i) {
      v1::RegisterInstanceRequest& request = requests_[calls_ % requests_.size()];
      request.set_creator_request_id(absl::StrCat("0b1c2d3e-4f50-6172-8394-", calls_));
      (*request.mutable_attributes())["AWS_INSTANCE_IPV4"] =
          absl::StrCat("10.", (calls_ >> 16) & 255, ".", (calls_ >> 8) & 255, ".", calls_ & 255);
      ++calls_;
      registry_.Submit(
          [request = std::make_shared<const v1::RegisterInstanceRequest>(request)](
              const State& state, const CommandContext& context) {
            return registry::RegisterInstance(state, context, *request);
          },
          [&left](const auto& answer) {
            CLOUDMAP_CHECK(answer.ok(), "a valid registration");
            left.DecrementCount();
          });
    }
    registry_.Flush();
    left.Wait();
  }

 private:
  template <typename Function, typename Request>
  void Call(Function function, const Request& request) {
    absl::BlockingCounter left(1);
    registry_.Submit(
        [&](const State& state, const CommandContext& context) {
          return function(state, context, request);
        },
        [&left](const auto& answer) {
          CLOUDMAP_CHECK(answer.ok(), "a valid request");
          left.DecrementCount();
        });
    registry_.Flush();
    left.Wait();
  }

  RealClock clock_;
  TimerThread timers_{clock_};  // not started: nothing here falls due
  RealRandom random_;
  dns::ZonePublisher publisher_{{11, 22}};
  registry::Registry registry_{{}, std::make_unique<registry::VolatileStore>(), timers_, random_};
  std::vector<v1::RegisterInstanceRequest> requests_;
  size_t calls_ = 0;
};

void BM_Register(benchmark::State& state) {
  Bench bench;
  const auto batch = static_cast<int>(state.range(0));
  for (auto _ : state) {
    bench.Register(batch);
  }
  state.SetItemsProcessed(state.iterations() * batch);
  state.counters["us"] =
      benchmark::Counter(static_cast<double>(state.iterations() * batch) / 1e6,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_Register)->Arg(1)->Arg(8)->Arg(32)->MeasureProcessCPUTime();

}  // namespace
}  // namespace cloudmap::bench

BENCHMARK_MAIN();
