// The packet parser alone.
#include <vector>

#include "registry/base/check.h"
#include "server/dns/query.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace cloudmap::dns;
  const std::vector<uint8_t> packet(bytes, bytes + size);  // exactly as long, for ASan
  Query query;
  const Parsed parsed = ParseQuery(packet, query);
  if (parsed == Parsed::kIgnore) {
    return 0;
  }
  CLOUDMAP_CHECK(query.question_size <= size, "the question is within the packet");
  if (query.has_question) {
    const NameView name = query.name.view();
    CLOUDMAP_CHECK(kHeaderSize + name.size + 4 == query.question_size, "name, type and class");
    CLOUDMAP_CHECK(name.size <= kMaxNameSize && name.bytes[name.size - 1] == 0, "a wire name");
    // What was read is read the same again, and hashing stays within it.
    LookupName again;
    CLOUDMAP_CHECK(again.Parse({name.bytes, name.size}, 0) == name.size, "lower case is a name");
    again.Hash({1, 2});
    query.name.Hash({1, 2});
    CLOUDMAP_CHECK(again.suffix_hash(0) == query.name.suffix_hash(0), "one hash");
  }
  const auto cookie = query.edns.cookie;
  CLOUDMAP_CHECK(cookie.empty() || (cookie.data() >= packet.data() &&
                                    cookie.data() + cookie.size() <= packet.data() + size),
                 "options are views into the packet");
  return 0;
}
