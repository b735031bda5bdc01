// TCP framing: however a stream is cut into reads, the same frames get the same answers.
#include <algorithm>
#include <vector>

#include "registry/base/check.h"
#include "server/dns/transport/tcp_session.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/response_check.h"

namespace cloudmap::dns {
namespace {

constexpr size_t kByteByByteMax = 512;

// What the client gets when `stream` arrives in the pieces whose sizes `pieces` cycles through.
std::vector<uint8_t> Exchange(const std::vector<uint8_t>& stream,
                              const std::vector<uint8_t>& pieces) {
  static const Published<ZoneTable> published(std::make_shared<const ZoneTable>(SipKey{1, 2}));
  static const RespondOptions options;
  static const Published<CacheTable> cache(
      std::make_shared<const CacheTable>(published.Get()->hash_key()));
  static TcpThread thread(published, {cache}, 1);
  const SocketAddress address = *SocketAddress::Parse("192.0.2.1:5353");
  const Client client{Transport::kTcp, address, 1'700'000'000};
  FrameBuffer frames;
  std::vector<uint8_t> received;
  std::vector<uint8_t> out;
  size_t at = 0;
  for (size_t i = 0; at < stream.size(); ++i) {
    const auto [space, room] = frames.Space();
    CLOUDMAP_CHECK(room > 0, "there is always room to read to");
    const size_t piece = pieces.empty() ? stream.size() : pieces[i % pieces.size()] + size_t{1};
    const size_t size = std::min({piece, room, stream.size() - at});
    std::copy_n(stream.begin() + static_cast<std::ptrdiff_t>(at), size, space);
    at += size;
    frames.Received(size);
    do {
      out.clear();
      const bool sane = frames.AnswerFrames(
          options, client, thread,
          [](std::span<const uint8_t>) -> std::unique_ptr<WaitingQuestion> { return nullptr; },
          out);
      received.insert(received.end(), out.begin(), out.end());
      if (!sane) {
        return received;
      }
    } while (frames.has_frame());
  }
  return received;
}

void Run(const uint8_t* data, size_t size) {
  fuzz::FuzzInput input(data, size);
  const std::vector<uint8_t> pieces = input.Take(input.Below(8));
  const std::vector<uint8_t> stream = input.Rest();
  const std::vector<uint8_t> received = Exchange(stream, {});
  CLOUDMAP_CHECK(received == Exchange(stream, pieces), "framing does not depend on reads");
  // Long streams are slow to try that way, and say no more than short ones.
  if (stream.size() <= kByteByByteMax) {
    CLOUDMAP_CHECK(received == Exchange(stream, {0}), "nor does it byte by byte");
  }

  // Each answer belongs to the frame at its place.
  std::span<const uint8_t> queries(stream);
  std::span<const uint8_t> answers(received);
  while (!answers.empty()) {
    CLOUDMAP_CHECK(queries.size() >= 2 && answers.size() >= 2, "an answer for a frame");
    const size_t query_size = Load16(queries.data());
    const size_t answer_size = Load16(answers.data());
    CLOUDMAP_CHECK(query_size + 2 <= queries.size() && answer_size + 2 <= answers.size(),
                   "whole frames");
    fuzz::CheckResponse(queries.subspan(2, query_size), answers.subspan(2, answer_size),
                        {kMaxMessageSize, false});
    queries = queries.subspan(2 + query_size);
    answers = answers.subspan(2 + answer_size);
  }
}

}  // namespace
}  // namespace cloudmap::dns

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cloudmap::dns::Run(data, size);
  return 0;
}
