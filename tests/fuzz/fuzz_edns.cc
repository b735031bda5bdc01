// Options of an otherwise good query: OPT's fields and contents, cookies among them.
#include <vector>

#include "registry/base/check.h"
#include "server/dns/answer/respond.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/response_check.h"

namespace cloudmap::dns {
namespace {

constexpr uint32_t kNow = 1'700'000'000;

void Append16(std::vector<uint8_t>& out, size_t value) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}

// "a. A" with an OPT record whose fields and options are the input's.
std::vector<uint8_t> MakeQuery(fuzz::FuzzInput& input, bool question) {
  std::vector<uint8_t> packet = {0x12, 0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  if (question) {
    packet[5] = 1;
    packet.insert(packet.end(), {1, 'a', 0, 0, 1, 0, 1});
  }
  packet.insert(packet.end(), {0, 0, type::kOpt});
  Append16(packet, input.Word());  // payload
  packet.push_back(0);             // extended rcode
  const bool known_version = input.Byte() < 224;
  packet.push_back(known_version ? 0 : 1);
  Append16(packet, input.Word());  // flags
  const std::vector<uint8_t> rdata = input.Rest();
  Append16(packet, rdata.size());
  packet.insert(packet.end(), rdata.begin(), rdata.end());
  return packet;
}

// The value of the COOKIE option of a response, empty without one.
std::span<const uint8_t> CookieOf(std::span<const uint8_t> rdata) {
  std::span<const uint8_t> found;
  while (rdata.size() >= 4) {
    const size_t size = Load16(rdata.data() + 2);
    CLOUDMAP_CHECK(size <= rdata.size() - 4, "options fill the OPT record");
    if (Load16(rdata.data()) == option::kCookie) {
      CLOUDMAP_CHECK(found.empty(), "one cookie at most");
      found = rdata.subspan(4, size);
    }
    rdata = rdata.subspan(4 + size);
  }
  CLOUDMAP_CHECK(rdata.empty(), "options fill the OPT record");
  return found;
}

void Run(const uint8_t* data, size_t size) {
  static const ZoneTable zones({1, 2});
  static const RespondOptions options = [] {
    RespondOptions made;
    made.nsid = "a-server";
    made.cookies = {{3, 4}, {5, 6}};
    return made;
  }();
  if (size > 60'000) {
    return;
  }
  fuzz::FuzzInput input(data, size);
  const auto transport = static_cast<Transport>(input.Below(3));
  const std::vector<uint8_t> packet = MakeQuery(input, input.Byte() % 4 != 0);
  const SocketAddress address = *SocketAddress::Parse("192.0.2.1:5353");
  Worker worker(1);
  const bool udp = transport == Transport::kUdp;
  std::vector<uint8_t> out(udp ? options.udp_payload : kMaxMessageSize);
  const size_t written = Respond(packet, {zones, CacheTable(zones.hash_key())}, options,
                                 {transport, address, kNow}, worker, out)
                             .size;
  const fuzz::Seen seen = fuzz::CheckResponse(
      packet, std::span(out).first(written),
      {udp ? fuzz::UdpLimit(packet, options.udp_payload) : kMaxMessageSize, udp});
  CLOUDMAP_CHECK(seen.opt_count == 1, "RFC 6891 s7: OPT is answered by OPT, also when malformed");
  const auto cookie = CookieOf(seen.opt_rdata);
  if (!cookie.empty()) {
    CLOUDMAP_CHECK(cookie.size() == kCookieSize, "RFC 9018 s4: a server cookie has 16 bytes");
    CLOUDMAP_CHECK(CheckCookie(options.cookies, cookie, address.ip(), kNow) == CookieState::kFresh,
                   "a cookie that was given out is accepted");
  }
}

}  // namespace
}  // namespace cloudmap::dns

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cloudmap::dns::Run(data, size);
  return 0;
}
