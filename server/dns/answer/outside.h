// Answers for names in none of our zones: from what is kept or has just arrived, or by asking for
// it.
//
// Apart from Respond(), whose own state is small enough for registers as long as nobody else sees
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "server/dns/answer/respond.h"
#include "server/dns/message/message_writer.h"
#include "server/dns/message/query.h"

namespace cloudmap::dns {

// Who asks what of whom.
struct OutsideContext {
  const Query& query;
  const Tables& tables;
  const RespondOptions& options;
  const Client& client;
  Worker& worker;
};

// What became of one name of a chain.
struct OutsideAnswer {
  // Nothing of the chain is to be sent but `rcode` and `error`.
  bool failed = false;
  // Worker::outside is to be asked: before anything is sent, or to refresh what was found.
  bool ask = false;
  bool refresh = false;
  Rcode rcode = Rcode::kNoError;
  std::optional<ExtendedError> error;
  uint16_t flags = 0;  // to be set in the response
  // Rate-limiting key: name and type of a positive answer; 0 for denials, which are made up without
  // end.
  uint64_t subject = 0;
  // Where in the message the CNAME target stands that the chain goes on with; 0 at its end.
  size_t target = 0;
};

// True when this client may have names outside the zones resolved.
inline bool MayRecurse(const RespondOptions& options, const Client& client) {
  return options.outside != OutsideNames::kRefuse &&
         options.allow_recursion.Contains(client.address.ip());
}

// True when `name` has upstreams of its own that come before a zone of ours whose apex is the
// suffix at `apex_label`.
bool HasForwardRule(const RespondOptions& options, const LookupName& name, int apex_label);

// Adds what is known of `name`, whose owner stands at `owner`, to the response. `first` is true for
// the question itself and false for a CNAME's target. When nothing is known, `reply` says what is
// to be asked. REQUIRES: the name is hashed.
OutsideAnswer AnswerOutside(const OutsideContext& context, const LookupName& name, bool first,
                            size_t owner, MessageWriter& writer);

}  // namespace cloudmap::dns
