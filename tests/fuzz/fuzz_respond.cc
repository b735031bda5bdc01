// One byte of choices, then a packet: the whole answer path.
#include "tests/fuzz/dns_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace cloudmap::dns;
  if (size == 0) {
    return 0;
  }
  static Worker worker(1);
  static std::vector<uint8_t> out(kMaxMessageSize);
  RespondOptions options;
  options.cookies = {{1, 2}, {3, 4}};
  options.nsid = (bytes[0] & 4) != 0 ? "node" : "";
  options.recursion = (bytes[0] & 8) != 0;
  const auto address =
      *cloudmap::SocketAddress::Parse((bytes[0] & 16) != 0 ? "[2001:db8::9]:53" : "192.0.2.9:53");
  const auto transport = static_cast<Transport>(bytes[0] % 3);
  const std::vector<uint8_t> packet(bytes + 1, bytes + size);  // exactly as long, for ASan
  const size_t response = Respond(packet, FuzzZones(), options, {transport, address, 1700000000},
                                  worker, out);
  const size_t limit = transport == Transport::kUdp ? options.udp_payload : kMaxMessageSize;
  CheckResponse(packet, {out.data(), response}, limit);
  return 0;
}
