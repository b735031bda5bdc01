// Serves the DNS bench's content without a registry in front: dns_bench_server ADDR:PORT GROUPS
// [WORKERS] [INSTANCES]. Prints the address when ready; ends at end of input.
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "registry/base/random.h"
#include "server/dns/transport/dns_server.h"
#include "server/dns/zones/publisher.h"
#include "tests/bench/dns_content.h"

int main(int argc, char** argv) {
  using namespace cloudmap;
  if (argc < 3) {
    std::fprintf(stderr, "usage: dns_bench_server ADDR:PORT GROUPS [WORKERS] [INSTANCES]\n");
    return 2;
  }
  RealRandom random;
  dns::ZonePublisher publisher({random.Next(), random.Next()});
  publisher.OnLoad(registry::Apply(
      registry::State(),
      bench::MakeContent(std::atoi(argv[2]), argc > 4 ? std::atoi(argv[4]) : bench::kInstances),
      1));
  dns::DnsServerOptions options;
  options.listen = {argv[1]};
  options.workers = argc > 3 ? std::atoi(argv[3]) : 1;
  dns::DnsServer server(options, publisher.zones(), random);
  const absl::Status status = server.Start();
  if (!status.ok()) {
    std::cerr << status.message() << '\n';
    return 1;
  }
  std::cout << server.BoundAddresses()[0] << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {
  }
  server.Stop();
  return 0;
}
