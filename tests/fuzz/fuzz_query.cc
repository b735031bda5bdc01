// ParseQuery over any bytes.
#include <functional>
#include <vector>

#include "registry/base/check.h"
#include "server/dns/message/query.h"

namespace {

using cloudmap::dns::Parsed;
using cloudmap::dns::Query;

bool IsWithin(std::span<const uint8_t> part, const std::vector<uint8_t>& packet) {
  const std::less_equal<const uint8_t*> before;
  return part.empty() || (before(packet.data(), part.data()) &&
                          before(part.data() + part.size(), packet.data() + packet.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<uint8_t> packet(data, data + size);
  Query query;
  const Parsed parsed = cloudmap::dns::ParseQuery(packet, query);
  const bool ignorable = size < cloudmap::dns::kHeaderSize || (packet[2] & 0x80) != 0;
  CLOUDMAP_CHECK((parsed == Parsed::kIgnore) == ignorable, "short packets and responses only");
  if (parsed == Parsed::kIgnore) {
    return 0;
  }
  CLOUDMAP_CHECK(query.question_size <= size, "the question is within the packet");
  CLOUDMAP_CHECK(IsWithin(query.edns.cookie, packet), "a cookie is a view into the packet");
  CLOUDMAP_CHECK(IsWithin(query.edns.client_subnet, packet), "a subnet is a view into the packet");
  const size_t cookie = query.edns.cookie.size();
  CLOUDMAP_CHECK(cookie == 0 || cookie == 8 || (cookie >= 16 && cookie <= 40), "RFC 7873 s5.2.2");
  if (query.has_question) {
    const auto name = query.name.view();
    CLOUDMAP_CHECK(name.size + cloudmap::dns::kHeaderSize + 4 == query.question_size,
                   "the question is a name, a type and a class");
    query.name.Hash({1, 2});
    cloudmap::dns::LookupName again;
    CLOUDMAP_CHECK(again.Parse({name.bytes, name.size}, 0) == name.size, "a lower-case name");
    again.Hash({1, 2});
    CLOUDMAP_CHECK(again.view() == name && again.suffix_hash(0) == query.name.suffix_hash(0),
                   "lower case is its own lower case");
  }
  CLOUDMAP_CHECK(parsed == Parsed::kReject || query.has_question || cookie != 0,
                 "without a question only a cookie makes sense");
  return 0;
}
