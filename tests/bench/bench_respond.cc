// Respond() without sockets. As a benchmark; or `--calls N KIND INSTANCES` makes N calls, so that
//   valgrind --tool=callgrind --toggle-collect='cloudmap::dns::Respond(*' bench_respond --calls ...
// counts their instructions.
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "server/dns/answer/respond.h"
#include "server/dns/zones/publisher.h"
#include "tests/bench/dns_content.h"

namespace cloudmap::bench {
namespace {

using dns::Client;
using dns::ZonePublisher;

std::vector<uint8_t> Packet(const std::string& name, uint16_t qtype) {
  std::vector<uint8_t> packet = {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  const std::string wire = *dns::WireName(name);
  packet.insert(packet.end(), wire.begin(), wire.end());
  for (const int byte : {qtype >> 8, qtype & 255, 0, 1}) {
    packet.push_back(static_cast<uint8_t>(byte));
  }
  return packet;
}

class Bench {
 public:
  Bench(int groups, int instances)
      : publisher_({11, 22}),
        zones_((publisher_.OnLoad(
                    registry::Apply(registry::State(), MakeContent(groups, instances), 1)),
                publisher_.zones().Get())) {}

  size_t Ask(const std::vector<uint8_t>& packet) {
    const Client client{dns::Transport::kUdp, address_, 1700000000};
    return dns::Respond(packet, tables_, options_, client, worker_, out_).size;
  }

 private:
  ZonePublisher publisher_;
  const std::shared_ptr<const dns::ZoneTable> zones_;
  const dns::CacheTable cache_{{11, 22}};
  // Servers take them once a batch, too.
  const dns::Tables tables_{*zones_, cache_};
  dns::RespondOptions options_;
  dns::Worker worker_{1};
  SocketAddress address_ = *SocketAddress::Parse("127.0.0.1:53");
  std::vector<uint8_t> out_ = std::vector<uint8_t>(65535);
};

// Queries over the whole content, so that the caches see it as a server's would.
std::vector<std::vector<uint8_t>> Queries(const std::string& kind, int groups) {
  std::vector<std::vector<uint8_t>> packets;
  FastRandom random(9);
  for (int i = 0; i < 4096; ++i) {
    const uint32_t group = random.Below(static_cast<uint32_t>(groups));
    if (kind == "a") {
      packets.push_back(Packet(absl::StrCat("app", group, ".", kZoneName), dns::type::kA));
    } else if (kind == "srv") {
      packets.push_back(Packet(absl::StrCat("_p", group, "._tcp.", kZoneName), dns::type::kSrv));
    } else if (kind == "host") {
      packets.push_back(Packet(absl::StrCat("i3._p", group, "._tcp.", kZoneName), dns::type::kA));
    } else if (kind == "nxdomain") {
      packets.push_back(Packet(absl::StrCat("no", group, ".", kZoneName), dns::type::kA));
    } else {
      packets.push_back(Packet(absl::StrCat("app", group, ".", kZoneName), dns::type::kAaaa));
    }
  }
  return packets;
}

void BM_Respond(benchmark::State& state, const std::string& kind, int groups, int instances) {
  Bench bench(groups, instances);
  const auto packets = Queries(kind, groups);
  size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(bench.Ask(packets[next++ % packets.size()]));
  }
}

BENCHMARK_CAPTURE(BM_Respond, a_8_of_8, "a", 1000, 8);
BENCHMARK_CAPTURE(BM_Respond, a_8_of_1000, "a", 10, 1000);
BENCHMARK_CAPTURE(BM_Respond, srv_8_of_8, "srv", 1000, 8);
BENCHMARK_CAPTURE(BM_Respond, host, "host", 1000, 8);
BENCHMARK_CAPTURE(BM_Respond, nxdomain, "nxdomain", 1000, 8);
BENCHMARK_CAPTURE(BM_Respond, nodata, "nodata", 1000, 8);
BENCHMARK_CAPTURE(BM_Respond, a_8_of_8_in_1M_names, "a", 100000, 8);

void CallOnly(const std::string& kind, int instances, int calls) {
  const int groups = instances > 100 ? 10 : 1000;
  Bench bench(groups, instances);
  const auto packets = Queries(kind, groups);
  for (int i = 0; i < calls; ++i) {
    bench.Ask(packets[static_cast<size_t>(i) % packets.size()]);
  }
}

}  // namespace
}  // namespace cloudmap::bench

int main(int argc, char** argv) {
  if (argc == 5 && std::string(argv[1]) == "--calls") {
    cloudmap::bench::CallOnly(argv[3], std::atoi(argv[4]), std::atoi(argv[2]));
    return 0;
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
