// MessageReader: the records of a message from somebody else, one after the other, with their names
// written out. It believes nothing: every name, count and length is checked (RFC 9267).
//
//   MessageReader reader(message);
//   RETURN_IF_FALSE(reader.ReadQuestion(question));        // where the header counts one
//   MessageRecord record;
//   while (reader.Next(record)) { ... }
//   if (!reader.ok()) ...                                  // the message is malformed
//
// Not for the answer path: names are strings.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "server/dns/message/wire.h"

namespace cloudmap::dns {

struct MessageQuestion {
  std::string name;  // wire form, in the case it came
  uint16_t type = 0;
  uint16_t rr_class = 0;
};

enum class Section : uint8_t { kAnswer, kAuthority, kAdditional };

struct MessageRecord {
  Section section = Section::kAnswer;
  // Wire form, in the case it came; but what a pointer takes from the question is in lower case,
  // since we may have asked in random case.
  std::string owner;
  uint16_t type = 0;
  uint16_t rr_class = 0;
  uint32_t ttl = 0;
  // Names in it are written out where the type allows them to be compressed (RFC 3597 s4, and SRV,
  // NAPTR and others that some servers compress all the same); other types are as they came.
  std::string rdata;
};

class MessageReader {
 public:
  // REQUIRES: `message` has at least a header and outlives the reader.
  explicit MessageReader(std::span<const uint8_t> message);

  // Reads the question. False when the header counts none or several, or it is malformed.
  bool ReadQuestion(MessageQuestion& question);

  // Reads the next record; false behind the last one and at the first malformed one.
  // REQUIRES: the question, if there is one, has been read.
  bool Next(MessageRecord& record);

  // False once something malformed was met.
  bool ok() const { return ok_; }

 private:
  bool Fail() {
    ok_ = false;
    return false;
  }
  // Appends the name at `at`, following pointers. Returns the bytes it takes where it stands, or 0.
  size_t ReadName(size_t at, std::string& name) const;
  bool ReadRdata(uint16_t type, size_t size, std::string& rdata);

  const std::span<const uint8_t> message_;
  size_t at_ = kHeaderSize;
  size_t question_end_ = 0;
  unsigned read_ = 0;
  bool ok_ = true;
};

// A wire name in lower case (RFC 4343: ASCII letters only).
std::string LowerName(const std::string& name);

}  // namespace cloudmap::dns
