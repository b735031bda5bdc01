// CheckResponse: ends the process when a response breaks a rule that holds for every query. Reads
// messages on its own, without the code under test, and has ldns read them too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace cloudmap::fuzz {

// What the query allowed.
struct Allowed {
  size_t size_max = 65535;
  bool may_truncate = true;
};

// What was seen of a response.
struct Seen {
  unsigned rcode = 0;
  int opt_count = 0;
  std::span<const uint8_t> opt_rdata;
};

// REQUIRES: `query` has a whole header.
Seen CheckResponse(std::span<const uint8_t> query, std::span<const uint8_t> response,
                   const Allowed& allowed);

// What a client with this query may be sent over UDP by a server whose own limit is `server_max`:
// 512 bytes, or what its OPT record says where one can be found (RFC 6891 s6.2.5).
size_t UdpLimit(std::span<const uint8_t> query, size_t server_max);

}  // namespace cloudmap::fuzz
