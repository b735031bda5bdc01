// Calls one operation as fast as a server answers, over gRPC or AWS JSON:
//
//   api_load grpc|http ADDRESS OPERATION IN_FLIGHT SECONDS < REQUESTS
//
// REQUESTS are AWS JSON bodies, one a line, sent over and over. Prints one JSON line.
#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "nlohmann/json.hpp"
#include "server/json/proto_json.h"
#include "tests/bench/load.h"

namespace cloudmap {
namespace {

std::vector<std::string> ReadLines() {
  std::vector<std::string> lines;
  for (std::string line; std::getline(std::cin, line);) {
    lines.push_back(std::move(line));
  }
  return lines;
}

// From AWS JSON to the wire form; empty when a body does not fit the operation.
std::vector<std::string> Serialize(const std::string& operation,
                                   const std::vector<std::string>& bodies) {
  const auto* service =
      v1::GetOperationRequest::descriptor()->file()->FindServiceByName("ServiceDiscovery");
  const auto* method = service->FindMethodByName(operation);
  if (method == nullptr) {
    return {};
  }
  const google::protobuf::Message* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(method->input_type());
  std::vector<std::string> serialized;
  for (const std::string& body : bodies) {
    const std::unique_ptr<google::protobuf::Message> request(prototype->New());
    registry::Violations found;
    if (!json::Decode(body, *request, found).ok() || !found.empty()) {
      return {};
    }
    serialized.push_back(request->SerializeAsString());
  }
  return serialized;
}

int Run(const std::vector<std::string>& arguments) {
  int in_flight = 0;
  double seconds = 0;
  const bool valid = arguments.size() == 5 && (arguments[0] == "grpc" || arguments[0] == "http") &&
                     absl::SimpleAtoi(arguments[3], &in_flight) && in_flight > 0 &&
                     absl::SimpleAtod(arguments[4], &seconds) && seconds > 0;
  if (!valid) {
    std::fputs("usage: api_load grpc|http ADDRESS OPERATION IN_FLIGHT SECONDS < REQUESTS\n",
               stderr);
    return 2;
  }
  const bool grpc = arguments[0] == "grpc";
  std::vector<std::string> requests = ReadLines();
  if (grpc) {
    requests = Serialize(arguments[2], requests);
  }
  if (requests.empty()) {
    std::fputs("api_load: no requests, or one that does not fit the operation\n", stderr);
    return 2;
  }
  const Tally tally = (grpc ? RunGrpcLoad : RunHttpLoad)(
      arguments[1], arguments[2], std::move(requests), in_flight, absl::Seconds(seconds));
  const nlohmann::json line = {
      {"answers", tally.answers}, {"failures", tally.failures}, {"seconds", tally.seconds}};
  std::printf("%s\n", line.dump().c_str());
  return 0;
}

}  // namespace
}  // namespace cloudmap

int main(int argc, char** argv) {
  try {
    return cloudmap::Run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "api_load: %s\n", error.what());
    return 1;
  }
}
