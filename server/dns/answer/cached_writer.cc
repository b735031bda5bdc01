#include "server/dns/answer/cached_writer.h"

#include <cstring>

#include "server/dns/message/rrset.h"

namespace cloudmap::dns {
namespace {

// Copies records whose owners are written out. Returns where they end.
uint8_t* CopyWhole(std::span<const uint8_t> records, uint32_t ttl, uint8_t* at) {
  constexpr size_t kFixedSize = 10;  // type, class, TTL, RDLENGTH
  std::memcpy(at, records.data(), records.size());
  uint8_t* const end = at + records.size();
  while (at != end) {
    while (*at != 0) {
      at += *at + 1U;
    }
    ++at;
    Store32(at + 4, ttl);
    at += kFixedSize + Load16(at + 8);
  }
  return end;
}

// Copies records with owner pointers. `first` is the byte to begin with; the copy wraps around.
// Returns where the last record starts.
uint8_t* CopyOwned(std::span<const uint8_t> records, size_t first, uint16_t owner_pointer,
                   uint32_t ttl, uint8_t* at) {
  std::memcpy(at, records.data() + first, records.size() - first);
  std::memcpy(at + records.size() - first, records.data(), first);
  uint8_t* const end = at + records.size();
  uint8_t* last = at;
  while (at != end) {
    last = at;
    Store16(at, owner_pointer);
    Store32(at + 6, ttl);
    at += kRecordHeaderSize + Load16(at + kRecordHeaderSize - 2);
  }
  return last;
}

}  // namespace

bool WriteCached(const CachedAnswer& answer, size_t owner, uint32_t ttl, FastRandom& random,
                 MessageWriter& writer) {
  const auto records = answer.records();
  uint8_t* at = writer.Append(answer.front().size() + records.size() + answer.authority().size());
  if (at == nullptr || owner > kMaxPointer) {
    return false;
  }
  at = CopyWhole(answer.front(), ttl, at);
  if (!records.empty()) {
    // Only records of one size can change places without looking at each.
    const size_t stride = answer.stride();
    const size_t first =
        stride == 0 ? 0 : random.Below(static_cast<uint32_t>(records.size() / stride)) * stride;
    uint8_t* const last =
        CopyOwned(records, first, static_cast<uint16_t>(kPointerBits | owner), ttl, at);
    writer.CountAnswers(static_cast<uint16_t>(answer.front_count() + answer.record_count()), last);
    at += records.size();
  }
  CopyWhole(answer.authority(), ttl, at);
  writer.CountAuthorities(answer.authority_count());
  return true;
}

}  // namespace cloudmap::dns
