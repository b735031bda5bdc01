// Writes an answer of another name server's, from the cache or just arrived, into a response.
#pragma once

#include <cstdint>

#include "registry/base/random.h"
#include "server/dns/cache/cached_answer.h"
#include "server/dns/message/message_writer.h"

namespace cloudmap::dns {

// Appends all records of `answer`, with `ttl`, or nothing and returns false when they do not fit.
// `owner` is where the name of the answer stands in the message. Addresses are rotated by chance,
// so that clients that take the first one spread.
bool WriteCached(const CachedAnswer& answer, size_t owner, uint32_t ttl, FastRandom& random,
                 MessageWriter& writer);

}  // namespace cloudmap::dns
