// Two bytes of payload size, one of transport, then the OPT record's options of a fixed question.
#include "tests/fuzz/dns_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace cloudmap::dns;
  if (size < 3 || size > 60000) {
    return 0;
  }
  static Worker worker(1);
  static std::vector<uint8_t> out(kMaxMessageSize);
  RespondOptions options;
  options.cookies = {{1, 2}, {3, 4}};
  options.nsid = "node";
  const auto address = *cloudmap::SocketAddress::Parse("192.0.2.9:53");
  const auto transport = static_cast<Transport>(bytes[2] % 3);
  std::vector<uint8_t> packet = {1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1};
  for (const uint8_t byte : *WireName("_p._tcp.sd.local")) {
    packet.push_back(byte);
  }
  const size_t options_size = size - 3;
  packet.insert(packet.end(), {0, 33, 0, 1, 0, 0, 41, bytes[0], bytes[1], 0, 0, 0, 0,
                               static_cast<uint8_t>(options_size >> 8),
                               static_cast<uint8_t>(options_size)});
  packet.insert(packet.end(), bytes + 3, bytes + size);
  const size_t response = Respond(packet, FuzzZones(), options, {transport, address, 1700000000},
                                  worker, out);
  CLOUDMAP_CHECK(response != 0, "a question is answered");
  const size_t payload = std::max<size_t>(512, static_cast<size_t>(bytes[0]) << 8 | bytes[1]);
  CheckResponse(packet, {out.data(), response},
                transport == Transport::kUdp ? std::min<size_t>(payload, 1232) : kMaxMessageSize);
  return 0;
}
