// ParseQuery: a packet to a question, its EDNS options, and what is wrong with it.
//
// The order of checks is cheapest first. Nothing is copied but the name; option contents are views
// into the packet.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "server/dns/message/name.h"
#include "server/dns/message/wire.h"

namespace cloudmap::dns {

enum class Parsed : uint8_t {
  kQuestion,  // a question of opcode QUERY, to be answered
  kIgnore,    // not even an error is sent: too short for a header, or a response (loops)
  kReject,    // answered with `reject`
};

// What the OPT record of a query asked for (RFC 6891).
struct EdnsQuery {
  bool present = false;
  // An option breaks its own rules; none of them is kept.
  bool malformed_option = false;
  uint8_t version = 0;
  bool dnssec_ok = false;
  uint16_t udp_payload = 0;
  bool nsid = false;
  bool keepalive = false;
  bool keepalive_has_value = false;
  bool padding = false;
  // Client cookie and, behind it, the server cookie if any (RFC 7873): empty or 8 to 40 bytes.
  std::span<const uint8_t> cookie;
  // The whole client-subnet option's data (RFC 7871), checked; empty when not given.
  std::span<const uint8_t> client_subnet;
};

// A request as far as it could be read. `name`, `qtype` and `qclass` mean something only where
// `has_question` says so.
struct Query {
  uint16_t flags = 0;
  bool has_question = false;
  uint16_t qtype = 0;
  uint16_t qclass = 0;
  // Bytes of the packet up to the end of the question; of the header alone without one.
  size_t question_size = kHeaderSize;
  // The serial of the SOA in the authority section: what an IXFR client has (RFC 1995 s3).
  std::optional<uint32_t> client_serial;
  // What the request is answered with when ParseQuery() gave kReject, else kNoError.
  Rcode reject = Rcode::kNoError;
  LookupName name;
  EdnsQuery edns;

  Opcode opcode() const { return static_cast<Opcode>((flags >> kOpcodeShift) & 15); }
};

// Fills `query` as far as the packet makes sense. REQUIRES: `query` is new.
Parsed ParseQuery(std::span<const uint8_t> packet, Query& query);

}  // namespace cloudmap::dns
