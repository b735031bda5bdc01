// What one worker counts. Only its owner writes; metrics read from any thread at any time.
#pragma once

#include <array>

#include "registry/base/counter.h"
#include "server/dns/message/wire.h"

namespace cloudmap::dns {

// A cache line of its own, so that workers do not slow each other.
struct alignas(64) Counters {
  Counter queries;    // packets or frames that were looked at
  Counter ignored;    // shorter than a header, or responses
  Counter truncated;  // answered with TC
  Counter dropped;    // not answered for rate limiting
  Counter slipped;    // answered with TC for rate limiting
  Counter send_errors;
  Counter forwarded;               // left to a resolver first
  Counter overloaded;              // sent away because too many wait for the resolver
  std::array<Counter, 24> rcodes;  // answers by rcode, BADVERS and BADCOOKIE included
};

}  // namespace cloudmap::dns
