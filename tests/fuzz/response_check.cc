#include "tests/fuzz/response_check.h"

#include <ldns/ldns.h>
// Its C headers define these.
#undef true
#undef false

#include <algorithm>

#include "registry/base/check.h"

namespace cloudmap::fuzz {
namespace {

constexpr size_t kHeader = 12;
constexpr unsigned kOptType = 41;
constexpr uint8_t kQrBit = 0x80;       // of byte 2
constexpr uint8_t kOpcodeBits = 0x78;  // of byte 2
constexpr uint8_t kTcBit = 0x02;       // of byte 2
constexpr uint8_t kZBit = 0x40;        // of byte 3

// Reads a message front to back. After the first thing that is wrong, ok() is false for good.
class Walker {
 public:
  explicit Walker(std::span<const uint8_t> message) : message_(message) {}

  bool ok() const { return ok_; }
  size_t at() const { return at_; }
  bool at_end() const { return at_ == message_.size(); }

  void Skip(size_t size) {
    ok_ = ok_ && size <= message_.size() - at_;
    at_ += ok_ ? size : 0;
  }
  unsigned Word() {
    Skip(2);
    return ok_ ? static_cast<unsigned>(message_[at_ - 2]) << 8 | message_[at_ - 1] : 0;
  }
  // Pointers go back only, to what has been read already.
  void Name() {
    size_t position = at_;
    size_t before = at_;
    size_t size = 1;
    bool jumped = false;
    while (ok_) {
      ok_ = position < message_.size();
      const unsigned length = ok_ ? message_[position] : 0;
      if (length >= 0xc0) {
        ok_ = position + 1 < message_.size();
        const size_t target = ok_ ? ((length & 0x3f) << 8 | message_[position + 1]) : 0;
        at_ = jumped ? at_ : position + 2;
        jumped = true;
        ok_ = ok_ && target >= kHeader && target < before;
        before = position = target;
        continue;
      }
      ok_ = ok_ && length < 64;
      position += length + 1;
      size += length == 0 ? 0 : length + 1;
      ok_ = ok_ && size <= 255;
      if (length == 0) {
        at_ = jumped ? at_ : position;
        ok_ = ok_ && at_ <= message_.size();
        return;
      }
    }
  }

 private:
  const std::span<const uint8_t> message_;
  size_t at_ = 0;
  bool ok_ = true;
};

struct Record {
  bool root_owner = false;
  unsigned type = 0;
  unsigned rclass = 0;
  unsigned ttl_high = 0;
  std::span<const uint8_t> rdata;
};

Record ReadRecord(std::span<const uint8_t> message, Walker& walker) {
  Record record;
  record.root_owner = !walker.at_end() && message[walker.at()] == 0;
  walker.Name();
  record.type = walker.Word();
  record.rclass = walker.Word();
  record.ttl_high = walker.Word();
  walker.Skip(2);
  const unsigned size = walker.Word();
  const size_t start = walker.at();
  walker.Skip(size);
  if (walker.ok()) {
    record.rdata = message.subspan(start, size);
  }
  return record;
}

void CheckWithLdns(std::span<const uint8_t> response) {
  ldns_pkt* packet = nullptr;
  const ldns_status status = ldns_wire2pkt(&packet, response.data(), response.size());
  CLOUDMAP_CHECK(status == LDNS_STATUS_OK, "ldns reads the response");
  ldns_pkt_free(packet);
}

}  // namespace

Seen CheckResponse(std::span<const uint8_t> query, std::span<const uint8_t> response,
                   const Allowed& allowed) {
  CLOUDMAP_CHECK(response.size() >= kHeader, "a response has a header");
  CLOUDMAP_CHECK(response.size() <= allowed.size_max, "a response keeps to its limit");
  CLOUDMAP_CHECK(std::equal(query.begin(), query.begin() + 2, response.begin()),
                 "the id is echoed");
  CLOUDMAP_CHECK((query[2] & kQrBit) == 0, "a response is never answered");
  CLOUDMAP_CHECK((response[2] & kQrBit) != 0, "a response has QR set");
  CLOUDMAP_CHECK((response[2] & kOpcodeBits) == (query[2] & kOpcodeBits), "the opcode is echoed");
  CLOUDMAP_CHECK((response[3] & kZBit) == 0, "the reserved bit is clear");
  CLOUDMAP_CHECK(allowed.may_truncate || (response[2] & kTcBit) == 0, "no TC over TCP");

  Walker walker(response);
  walker.Skip(4);
  const unsigned questions = walker.Word();
  const unsigned counts[] = {walker.Word(), walker.Word(), walker.Word()};
  CLOUDMAP_CHECK(questions <= 1, "one question at most is echoed");
  if (questions == 1) {
    walker.Name();
    walker.Skip(4);
    CLOUDMAP_CHECK(walker.ok() && walker.at() <= query.size() &&
                       std::equal(response.begin() + kHeader,
                                  response.begin() + static_cast<std::ptrdiff_t>(walker.at()),
                                  query.begin() + kHeader),
                   "the question is echoed byte for byte");
  }
  Seen seen;
  seen.rcode = response[3] & 15U;
  for (int section = 0; section < 3; ++section) {
    for (unsigned i = 0; i < counts[section] && walker.ok(); ++i) {
      const Record record = ReadRecord(response, walker);
      if (record.type == kOptType) {
        CLOUDMAP_CHECK(section == 2 && record.root_owner && (record.ttl_high & 0xff) == 0,
                       "OPT is of the root, in the additional section, of version 0");
        ++seen.opt_count;
        seen.opt_rdata = record.rdata;
        seen.rcode |= record.ttl_high >> 8 << 4;
      }
    }
  }
  CLOUDMAP_CHECK(walker.ok() && walker.at_end(), "a response ends with its last record");
  CLOUDMAP_CHECK(seen.opt_count <= 1, "one OPT record at most");
  CheckWithLdns(response);
  return seen;
}

size_t UdpLimit(std::span<const uint8_t> query, size_t server_max) {
  constexpr size_t kWithoutEdns = 512;
  Walker walker(query);
  walker.Skip(4);
  unsigned questions = walker.Word();
  unsigned records = walker.Word();
  records += walker.Word();
  records += walker.Word();
  for (; questions > 0 && walker.ok(); --questions) {
    walker.Name();
    walker.Skip(4);
  }
  for (; records > 0 && walker.ok(); --records) {
    const Record record = ReadRecord(query, walker);
    if (walker.ok() && record.type == kOptType) {
      return std::min(std::max<size_t>(record.rclass, kWithoutEdns), server_max);
    }
  }
  return kWithoutEdns;
}

}  // namespace cloudmap::fuzz
