// The OPT record of a response (RFC 6891), built from scratch: nothing of the query's is copied
// but what its options' own RFCs say.
#pragma once

#include <cstdint>
#include <optional>

#include "server/dns/answer/respond.h"
#include "server/dns/message/message_writer.h"
#include "server/dns/message/query.h"

namespace cloudmap::dns {

inline constexpr size_t kOptSize = 11;  // without options
inline constexpr size_t kOptionHeaderSize = 4;
inline constexpr size_t kExtendedErrorSize = kOptionHeaderSize + 2;
// RFC 8467 s4.1: the size of an encrypted response is a multiple of this.
inline constexpr size_t kPaddingBlock = 468;

// What WriteOpt will need for this query. Padding is not in it, and neither is an extended error,
// which only a response without records carries.
// REQUIRES: edns.present.
size_t OptSize(const EdnsQuery& edns, const RespondOptions& options, Transport transport);

// Appends the OPT record. REQUIRES: edns.present.
void WriteOpt(const EdnsQuery& edns, const RespondOptions& options, const Client& client,
              Rcode rcode, std::optional<ExtendedError> error, MessageWriter& writer);

}  // namespace cloudmap::dns
