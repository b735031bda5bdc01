// ZoneTransfer: a whole zone as a sequence of messages (AXFR, RFC 5936). IXFR is answered the same
// way, which RFC 1995 s4 allows.
//
//   ZoneTransfer transfer(zone, head, opt);
//   do {
//     size = transfer.Next(out);
//   } while (!transfer.done());
//
// The zone it started with is what it sends, whatever changes meanwhile. All records of an RRset
// are sent: routing policies and health do not exist in a zone file, so a secondary answers with
// the whole set. Of several CNAMEs only one is sent, as a name may have no more (RFC 2181 s10.1).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "server/dns/zones/zone_table.h"

namespace cloudmap::dns {

class ZoneTransfer {
 public:
  // `head` is the header and the question of every response, `opt` the OPT record of the first one,
  // empty when the query had none (RFC 5936 s2.2.5). Both are copied.
  ZoneTransfer(ZonePtr zone, std::span<const uint8_t> head, std::span<const uint8_t> opt);

  // The next message. REQUIRES: !done(); `out` holds 65,535 bytes.
  size_t Next(std::span<uint8_t> out);
  bool done() const { return stage_ == Stage::kDone; }

 private:
  enum class Stage : uint8_t { kFirstSoa, kApex, kNodes, kLastSoa, kDone };

  // Appends records to the message under construction as long as they fit.
  class Message;
  void FillNodes(Message& message);

  const ZonePtr zone_;
  std::vector<uint8_t> head_;
  std::vector<uint8_t> opt_;
  bool first_message_ = true;
  Stage stage_ = Stage::kFirstSoa;
  // Where to go on: nodes in order of hash, and the record within the node.
  uint64_t next_hash_ = 0;
  uint32_t next_record_ = 0;
};

}  // namespace cloudmap::dns
