// A TCP stream in pieces: each piece is a length byte and as many bytes.
#include "server/dns/tcp_session.h"
#include "tests/fuzz/dns_fuzz.h"

namespace {

// FrameBuffer wants published zones.
const cloudmap::Published<cloudmap::dns::ZoneTable>& Zones() {
  static const auto* published = new cloudmap::Published<cloudmap::dns::ZoneTable>(
      std::make_shared<const cloudmap::dns::ZoneTable>(cloudmap::dns::FuzzZones()));
  return *published;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace cloudmap::dns;
  static TcpThread thread(Zones(), 1);
  static RespondOptions options;
  options.allow_transfer = {*cloudmap::IpPrefix::Parse("192.0.2.0/24")};
  const auto address = *cloudmap::SocketAddress::Parse("192.0.2.9:53");
  FrameBuffer frames;
  std::vector<uint8_t> out;
  size_t at = 0;
  bool open = true;
  while (open && at < size) {
    size_t piece = std::min<size_t>(bytes[at], size - at - 1);
    ++at;
    while (piece != 0) {
      const auto [space, room] = frames.Space();
      CLOUDMAP_CHECK(room != 0, "there is always room to read");
      const size_t taken = std::min(room, piece);
      std::copy_n(bytes + at, taken, space);
      frames.Received(taken);
      at += taken;
      piece -= taken;
    }
    do {
      out.clear();
      open = frames.AnswerFrames(options, {Transport::kTcp, address, 1}, thread, out);
      size_t frame = 0;
      while (frame < out.size()) {
        CLOUDMAP_CHECK(out.size() - frame >= 2, "whole frames");
        frame += 2 + size_t{Load16(out.data() + frame)};
      }
      CLOUDMAP_CHECK(frame == out.size(), "whole frames");
    } while (open && frames.has_work());
  }
  return 0;
}
