#include "server/dns/message/query.h"

namespace cloudmap::dns {
namespace {

// Where the options of a message's records go wrong, the whole message is malformed.
bool ReadClientSubnet(std::span<const uint8_t> value) {
  // RFC 7871 s6, s7.1.1: family, source and scope prefix length, only the needed address bytes.
  if (value.size() < 4) {
    return false;
  }
  const uint16_t family = Load16(value.data());
  const unsigned source = value[2];
  // Family 0 comes from clients that only opt out of being told of: no address, /0.
  if (family > 2) {
    return false;
  }
  const unsigned max_bits = family == 1 ? 32 : family == 2 ? 128 : 0;
  const size_t address_size = (source + 7) / 8;
  if (source > max_bits || value[3] != 0 || value.size() != 4 + address_size) {
    return false;
  }
  const unsigned spare_bits = static_cast<unsigned>(address_size) * 8 - source;
  return address_size == 0 || (value.back() & ((1U << spare_bits) - 1)) == 0;
}

bool ReadOption(uint16_t code, std::span<const uint8_t> value, EdnsQuery& edns) {
  switch (code) {
    case option::kCookie:
      // RFC 7873 s5.2.2: 8 bytes, or 8 and a server cookie of 8 to 32. Only the first counts.
      if (value.size() != 8 && (value.size() < 16 || value.size() > 40)) {
        return false;
      }
      if (edns.cookie.empty()) {
        edns.cookie = value;
      }
      return true;
    case option::kNsid:
      edns.nsid = true;
      return true;
    case option::kTcpKeepalive:
      edns.keepalive = true;
      edns.keepalive_has_value = !value.empty();
      return true;
    case option::kPadding:
      edns.padding = true;
      return true;
    case option::kClientSubnet:
      edns.client_subnet = value;
      return ReadClientSubnet(value);
    default:
      return true;  // RFC 6891 s6.1.2: unknown options are ignored
  }
}

// `rdata` of the OPT record whose fixed part starts at `fixed`.
bool ReadOpt(const uint8_t* fixed, std::span<const uint8_t> rdata, EdnsQuery& edns) {
  edns.present = true;
  edns.udp_payload = Load16(fixed + 2);
  edns.version = fixed[5];
  edns.dnssec_ok = (fixed[6] & 0x80) != 0;
  if (edns.version != 0) {
    return true;  // options of an unknown version mean nothing
  }
  while (!rdata.empty()) {
    if (rdata.size() < 4) {
      return false;
    }
    const size_t size = Load16(rdata.data() + 2);
    if (size > rdata.size() - 4) {
      return false;
    }
    if (!ReadOption(Load16(rdata.data()), rdata.subspan(4, size), edns)) {
      return false;
    }
    rdata = rdata.subspan(4 + size);
  }
  return true;
}

// The same, but when an option is malformed the OPT record still counts (RFC 6891 s7).
bool ReadOptRecord(const uint8_t* fixed, std::span<const uint8_t> rdata, EdnsQuery& edns) {
  if (ReadOpt(fixed, rdata, edns)) {
    return true;
  }
  edns = EdnsQuery{.present = true,
                   .malformed_option = true,
                   .version = edns.version,
                   .dnssec_ok = edns.dnssec_ok,
                   .udp_payload = edns.udp_payload,
                   .cookie = {},
                   .client_subnet = {}};
  return false;
}

// The size of the name at `at` as it stands in the packet, or 0 when it is malformed. Pointers must
// point backwards, each further than the last, which rules out loops.
size_t SkipName(std::span<const uint8_t> packet, size_t at) {
  const size_t start = at;
  size_t size_in_packet = 0;
  size_t name_size = 0;
  size_t pointers_before = at;
  while (at < packet.size()) {
    const size_t length = packet[at];
    if (length == 0) {
      return size_in_packet != 0 ? size_in_packet : at + 1 - start;
    }
    if (length <= kMaxLabelSize) {
      at += length + 1;
      name_size += length + 1;
      if (name_size >= kMaxNameSize) {
        return 0;
      }
      continue;
    }
    if ((length & 0xc0) != 0xc0 || at + 1 >= packet.size()) {
      return 0;
    }
    if (size_in_packet == 0) {
      size_in_packet = at + 2 - start;
    }
    const size_t target = Load16(packet.data() + at) & kMaxPointer;
    if (target < kHeaderSize || target >= pointers_before) {
      return 0;
    }
    pointers_before = target;
    at = target;
  }
  return 0;
}

// The records behind the question, of which only OPT and TSIG mean anything.
class RecordReader {
 public:
  RecordReader(std::span<const uint8_t> packet, Query& query)
      : packet_(packet), query_(query), at_(query.question_size) {}

  // What the message is rejected with, or kNoError.
  Rcode Read() {
    const uint8_t* header = packet_.data();
    const unsigned not_additional = unsigned{Load16(header + 6)} + Load16(header + 8);
    const unsigned total = not_additional + Load16(header + 10);
    for (unsigned i = 0; i < total; ++i) {
      if (!ReadRecord(/*additional=*/i >= not_additional, /*last=*/i + 1 == total)) {
        return Rcode::kFormErr;
      }
    }
    // Bytes behind the last record belong to nothing.
    if (at_ != packet_.size()) {
      return Rcode::kFormErr;
    }
    // No TSIG key is ever configured (RFC 8945 s5.2.1).
    return signed_ ? Rcode::kNotAuth : Rcode::kNoError;
  }

 private:
  static constexpr size_t kFixedSize = 10;       // type, class, TTL, RDLENGTH
  static constexpr size_t kSoaNumbersSize = 20;  // from the serial to the end

  bool ReadRecord(bool additional, bool last) {
    const bool root_owner = at_ < packet_.size() && packet_[at_] == 0;
    const size_t name_size = SkipName(packet_, at_);
    if (name_size == 0 || packet_.size() - at_ - name_size < kFixedSize) {
      return false;
    }
    const uint8_t* fixed = packet_.data() + at_ + name_size;
    at_ += name_size + kFixedSize;
    const size_t rdata_size = Load16(fixed + 8);
    if (rdata_size > packet_.size() - at_) {
      return false;
    }
    const auto rdata = packet_.subspan(at_, rdata_size);
    at_ += rdata_size;
    const uint16_t rr_type = Load16(fixed);
    if (rr_type == type::kOpt) {
      return additional && root_owner && !query_.edns.present &&
             ReadOptRecord(fixed, rdata, query_.edns);
    }
    if (rr_type == type::kTsig) {
      signed_ = true;
      return additional && last && Load16(fixed + 2) == kClassAny;  // RFC 8945 s5.1
    }
    // In an UPDATE, classes and meta types have meanings of their own (RFC 2136 s2.4).
    if (query_.opcode() != Opcode::kQuery) {
      return true;
    }
    if (rr_type == type::kSoa && !additional && rdata_size >= kSoaNumbersSize) {
      query_.client_serial = Load32(rdata.data() + rdata_size - kSoaNumbersSize);
    }
    const bool question_type = rr_type >= type::kTkey && rr_type <= type::kAny;
    return !question_type && (additional || Load16(fixed + 2) == query_.qclass);
  }

  const std::span<const uint8_t> packet_;
  Query& query_;
  size_t at_;
  bool signed_ = false;
};

// What a well-formed question is rejected with for its type or class alone.
Rcode CheckQuestion(const Query& query) {
  switch (query.qtype) {
    case type::kOpt:
    case type::kTsig:
    case type::kTkey:
      return Rcode::kFormErr;
    case type::kMaila:
    case type::kMailb:
      return Rcode::kNotImp;
    default:
      return Rcode::kNoError;
  }
}

bool ReadQuestion(std::span<const uint8_t> packet, Query& query) {
  const size_t name_size = query.name.Parse(packet, kHeaderSize);
  if (name_size == 0 || packet.size() < kHeaderSize + name_size + 4) {
    return false;
  }
  const uint8_t* at = packet.data() + kHeaderSize + name_size;
  query.qtype = Load16(at);
  query.qclass = Load16(at + 2);
  query.question_size = kHeaderSize + name_size + 4;
  query.has_question = true;
  return true;
}

Parsed Reject(Query& query, Rcode rcode) {
  query.reject = rcode;
  return Parsed::kReject;
}

}  // namespace

[[gnu::flatten]] Parsed ParseQuery(std::span<const uint8_t> packet, Query& query) {
  if (packet.size() < kHeaderSize) {
    return Parsed::kIgnore;
  }
  const uint8_t* header = packet.data();
  query.flags = Load16(header + 2);
  if ((query.flags & kFlagQr) != 0) {
    return Parsed::kIgnore;
  }
  const Opcode opcode = query.opcode();
  if (opcode != Opcode::kQuery && opcode != Opcode::kNotify && opcode != Opcode::kUpdate) {
    return Reject(query, Rcode::kNotImp);
  }
  const uint16_t questions = Load16(header + 4);
  if (questions == 1 ? !ReadQuestion(packet, query) : questions != 0) {
    return Reject(query, Rcode::kFormErr);
  }
  // Most queries end here or with a lone OPT record.
  const bool has_records =
      packet.size() != query.question_size || Load16(header + 6) != 0 || Load32(header + 8) != 0;
  if (has_records) {
    const Rcode rcode = RecordReader(packet, query).Read();
    if (rcode != Rcode::kNoError) {
      if (rcode == Rcode::kFormErr && !query.edns.malformed_option) {
        // Of a malformed message nothing is believed.
        query.edns = EdnsQuery();
        query.has_question = false;
      }
      return Reject(query, rcode);
    }
  }
  if (questions == 0 && query.edns.cookie.empty()) {
    return Reject(query, Rcode::kFormErr);
  }
  if (query.edns.version != 0) {
    return Reject(query, Rcode::kBadVers);
  }
  const Rcode rcode = CheckQuestion(query);
  return rcode == Rcode::kNoError ? Parsed::kQuestion : Reject(query, rcode);
}

}  // namespace cloudmap::dns
