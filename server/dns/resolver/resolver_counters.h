// What the resolver counts. Only its thread writes; metrics read from any thread at any time.
#pragma once

#include "registry/base/counter.h"

namespace cloudmap::dns {

struct ResolverCounters {
  Counter questions;      // look-ups that were begun
  Counter coalesced;      // waiters that joined one
  Counter attempts;       // packets sent upstream
  Counter tcp_attempts;   // of them, over TCP
  Counter hedged;         // second upstreams asked because the first was slow
  Counter timeouts;       // attempts that came to nothing in time
  Counter strays;         // packets that were not an answer to the question
  Counter answers;        // look-ups that ended with an answer
  Counter failures;       // look-ups that ended without
  Counter stale_answers;  // waiters who were given an expired answer
  Counter refused_full;   // waiters sent away because too much was under way
  Counter refreshes;      // look-ups begun to renew an answer before it expires
};

}  // namespace cloudmap::dns
