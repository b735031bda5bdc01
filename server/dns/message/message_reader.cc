#include "server/dns/message/message_reader.h"

#include <optional>

#include "server/dns/message/name.h"

namespace cloudmap::dns {
namespace {

// Where names stand in the RDATA of a type: this many bytes before the first, then so many names;
// whatever follows is copied.
struct RdataShape {
  size_t bytes_before = 0;
  int names = 0;
};

namespace rr {  // IANA types whose RDATA may hold compressed names
constexpr uint16_t kMd = 3, kMf = 4, kMb = 7, kMg = 8, kMr = 9, kPtr = 12, kMinfo = 14, kMx = 15,
                   kRp = 17, kAfsdb = 18, kRt = 21, kPx = 26, kNaptr = 35, kKx = 36, kDname = 39;
}  // namespace rr

std::optional<RdataShape> ShapeOf(uint16_t type) {
  switch (type) {
    case type::kNs:
    case type::kCname:
    case rr::kMd:
    case rr::kMf:
    case rr::kMb:
    case rr::kMg:
    case rr::kMr:
    case rr::kPtr:
    case rr::kDname:
      return RdataShape{0, 1};
    case type::kSoa:
    case rr::kMinfo:
    case rr::kRp:
      return RdataShape{0, 2};
    case rr::kMx:
    case rr::kAfsdb:
    case rr::kRt:
    case rr::kKx:
      return RdataShape{2, 1};
    case rr::kPx:
      return RdataShape{2, 2};
    case type::kSrv:
      return RdataShape{6, 1};
    default:
      return std::nullopt;
  }
}

// NAPTR (RFC 3403 s4): two numbers and three character strings stand before its name. 0 when they
// do not fit.
size_t NaptrBytesBefore(std::span<const uint8_t> rdata) {
  size_t at = 4;
  for (int i = 0; i < 3; ++i) {
    if (at >= rdata.size()) {
      return 0;
    }
    at += rdata[at] + 1U;
  }
  return at < rdata.size() ? at : 0;
}

// ASCII letters from `from` on (RFC 4343). Length bytes are below them.
void Lower(std::string& name, size_t from) {
  for (size_t i = from; i < name.size(); ++i) {
    if (name[i] >= 'A' && name[i] <= 'Z') {
      name[i] = static_cast<char>(name[i] + ('a' - 'A'));
    }
  }
}

}  // namespace

MessageReader::MessageReader(std::span<const uint8_t> message) : message_(message) {}

size_t MessageReader::ReadName(size_t at, std::string& name) const {
  const size_t start = at;
  const size_t name_start = name.size();
  size_t size_in_message = 0;
  // Pointers must lead backwards, each further than the last, which rules out loops.
  size_t pointers_before = at;
  while (at < message_.size()) {
    const size_t length = message_[at];
    if (length == 0) {
      name.push_back('\0');
      return size_in_message != 0 ? size_in_message : at + 1 - start;
    }
    if (length <= kMaxLabelSize) {
      if (at + length + 1 > message_.size() ||
          name.size() - name_start + length + 1 >= kMaxNameSize) {
        return 0;
      }
      const size_t label = name.size();
      name.append(reinterpret_cast<const char*>(message_.data()) + at, length + 1);
      if (at < question_end_) {
        Lower(name, label);
      }
      at += length + 1;
      continue;
    }
    if ((length & 0xc0) != 0xc0 || at + 1 >= message_.size()) {
      return 0;
    }
    if (size_in_message == 0) {
      size_in_message = at + 2 - start;
    }
    const size_t target = Load16(message_.data() + at) & kMaxPointer;
    if (target < kHeaderSize || target >= pointers_before) {
      return 0;
    }
    pointers_before = target;
    at = target;
  }
  return 0;
}

bool MessageReader::ReadQuestion(MessageQuestion& question) {
  if (Load16(message_.data() + 4) != 1) {
    return Fail();
  }
  question.name.clear();
  const size_t size = ReadName(at_, question.name);
  if (size == 0 || message_.size() - at_ - size < 4) {
    return Fail();
  }
  at_ += size;
  question.type = Load16(message_.data() + at_);
  question.rr_class = Load16(message_.data() + at_ + 2);
  at_ += 4;
  question_end_ = at_;
  return true;
}

bool MessageReader::Next(MessageRecord& record) {
  constexpr size_t kFixedSize = 10;  // type, class, TTL, RDLENGTH
  const uint8_t* header = message_.data();
  const unsigned answers = Load16(header + 6);
  const unsigned authorities = answers + Load16(header + 8);
  if (!ok_ || read_ == authorities + Load16(header + 10)) {
    return false;
  }
  record.section = read_ < answers       ? Section::kAnswer
                   : read_ < authorities ? Section::kAuthority
                                         : Section::kAdditional;
  record.owner.clear();
  const size_t name_size = ReadName(at_, record.owner);
  if (name_size == 0 || message_.size() - at_ - name_size < kFixedSize) {
    return Fail();
  }
  const uint8_t* fixed = header + at_ + name_size;
  record.type = Load16(fixed);
  record.rr_class = Load16(fixed + 2);
  record.ttl = Load32(fixed + 4);
  const size_t rdata_size = Load16(fixed + 8);
  at_ += name_size + kFixedSize;
  if (rdata_size > message_.size() - at_ || !ReadRdata(record.type, rdata_size, record.rdata)) {
    return Fail();
  }
  at_ += rdata_size;
  ++read_;
  return true;
}

bool MessageReader::ReadRdata(uint16_t type, size_t size, std::string& rdata) {
  const auto bytes = message_.subspan(at_, size);
  const auto append = [&rdata, bytes](size_t from, size_t count) {
    rdata.append(reinterpret_cast<const char*>(bytes.data()) + from, count);
  };
  rdata.clear();
  std::optional<RdataShape> shape = ShapeOf(type);
  if (type == rr::kNaptr) {
    shape = RdataShape{NaptrBytesBefore(bytes), 1};
    if (shape->bytes_before == 0) {
      return false;
    }
  }
  if (!shape.has_value()) {
    append(0, size);
    return true;
  }
  size_t at = shape->bytes_before;
  if (at >= size) {
    return false;
  }
  append(0, at);
  for (int i = 0; i < shape->names; ++i) {
    const size_t name_size = at < size ? ReadName(at_ + at, rdata) : 0;
    if (name_size == 0 || name_size > size - at) {
      return false;
    }
    at += name_size;
  }
  append(at, size - at);
  return rdata.size() <= kMaxMessageSize;
}

std::string LowerName(const std::string& name) {
  std::string lower = name;
  Lower(lower, 0);
  return lower;
}

}  // namespace cloudmap::dns
