#include "server/dns/answer/respond.h"

#include <algorithm>
#include <array>
#include <optional>

#include "server/dns/answer/edns.h"
#include "server/dns/answer/outside.h"
#include "server/dns/message/message_writer.h"
#include "server/dns/message/query.h"
#include "server/dns/message/select.h"
#include "server/dns/zones/resolve.h"

namespace cloudmap::dns {
namespace {

// CNAMEs followed for one question; a longer chain, or a loop, is answered as far as it was walked.
constexpr int kMaxChain = 8;

size_t SizeLimit(const Query& query, const RespondOptions& options, Transport transport) {
  if (transport != Transport::kUdp) {
    return kMaxMessageSize;
  }
  if (!query.edns.present) {
    return kMinUdpPayload;
  }
  // RFC 6891 s6.2.3: a value below 512 counts as 512.
  return std::min<size_t>(std::max<size_t>(query.edns.udp_payload, kMinUdpPayload),
                          options.udp_payload);
}

// One query on its way to a response.
class Answerer {
 public:
  Answerer(const Query& query, const Tables& tables, const RespondOptions& options,
           const Client& client, Worker& worker, MessageWriter& writer)
      : query_(query),
        tables_(tables),
        zones_(tables.zones),
        options_(options),
        client_(client),
        worker_(worker),
        writer_(writer) {}

  void AnswerQuestion(LookupName& name);
  // NOTIFY and UPDATE: never done here.
  void RefuseChange(LookupName& name);

  uint16_t flags() const { return flags_; }
  Rcode rcode() const { return rcode_; }
  std::optional<ExtendedError> error() const { return error_; }
  // What is to happen, without the size.
  const Reply& reply() const { return reply_; }
  // For rate limiting: leaves the answer out if need be. False: nothing is to be sent.
  bool Limit(RateLimiter& limiter);

 private:
  void AnswerChaos(const LookupName& name);
  void AnswerTransfer(LookupName& name);
  void FollowChain(LookupName& name);
  // False when the chain goes on with a CNAME, whose target's place is then in `owner`.
  bool AnswerIn(const ZoneMatch& match, const LookupName& name, size_t& owner);
  bool AddAnswer(const RRset& rrset, size_t owner);
  // Whether the chain has come by this CNAME before; notes it if not.
  bool IsLoop(const RRset* cname);
  void AnswerDelegationSigner(const ZoneMatch& child, const LookupName& name, size_t owner);
  void AddNegative(Rcode rcode, const ZoneMatch& match, const LookupName& name, size_t owner);
  void Fail(Rcode rcode, std::optional<ExtendedError> error) {
    writer_.DropRecords();
    flags_ = 0;
    rcode_ = rcode;
    error_ = error;
  }

  const Query& query_;
  const Tables& tables_;
  const ZoneTable& zones_;
  const RespondOptions& options_;
  const Client& client_;
  Worker& worker_;
  MessageWriter& writer_;
  Reply reply_{nullptr, 0, Reply::Kind::kSend, false};
  uint16_t flags_ = 0;
  Rcode rcode_ = Rcode::kNoError;
  std::array<const RRset*, kMaxChain + 1> chain_;
  size_t chain_size_ = 0;
  // What a positive answer is of, or the zone of a negative one.
  uint64_t subject_ = 0;
  std::optional<ExtendedError> error_;
};

void Answerer::AnswerQuestion(LookupName& name) {
  if (!query_.has_question) {
    return;  // a cookie refresh (RFC 7873 s5.4)
  }
  if (query_.edns.keepalive_has_value) [[unlikely]] {
    return Fail(Rcode::kFormErr, std::nullopt);  // RFC 7828 s3.2.1; set for TCP only
  }
  if (query_.qclass != kClassIn) [[unlikely]] {
    return AnswerChaos(name);
  }
  if (query_.qtype == type::kAxfr || query_.qtype == type::kIxfr) [[unlikely]] {
    return AnswerTransfer(name);
  }
  FollowChain(name);
}

void Answerer::RefuseChange(LookupName& name) {
  Rcode rcode = Rcode::kNotAuth;
  if (query_.has_question) {
    name.Hash(zones_.hash_key());
    rcode = zones_.FindApex(name) != nullptr ? Rcode::kRefused : Rcode::kNotAuth;
  }
  Fail(rcode, std::nullopt);
}

// RFC 4892: the server's identity, only when it is to be told. All other classes are refused.
void Answerer::AnswerChaos(const LookupName& name) {
  static constexpr char kIdServer[] = "\2id\6server";
  static constexpr char kHostnameBind[] = "\10hostname\4bind";
  const auto is = [&name](const auto& wire) {
    return name.view() == NameView{reinterpret_cast<const uint8_t*>(wire), sizeof(wire)};
  };
  const bool identity = query_.qclass == kClassCh && (is(kIdServer) || is(kHostnameBind)) &&
                        (query_.qtype == type::kTxt || query_.qtype == type::kAny);
  if (!identity || options_.nsid.empty()) {
    return Fail(Rcode::kRefused, ExtendedError::kNotSupported);
  }
  writer_.AddText(kClassCh, options_.nsid);
  flags_ = kFlagAa;
}

// A transfer is several messages over TCP, which is not what one response is: the transport goes on
// with the zone, behind a response that has no records yet.
void Answerer::AnswerTransfer(LookupName& name) {
  const bool datagram = client_.transport == Transport::kUdp;
  if (datagram && query_.qtype == type::kAxfr) {
    return Fail(Rcode::kFormErr, std::nullopt);  // RFC 5936 s4.2
  }
  const auto allowed = [this](const IpPrefix& prefix) {
    return prefix.Contains(client_.address.ip());
  };
  if (std::none_of(options_.allow_transfer.begin(), options_.allow_transfer.end(), allowed)) {
    return Fail(Rcode::kRefused, ExtendedError::kProhibited);
  }
  name.Hash(zones_.hash_key());
  const ZonePtr* zone = zones_.FindApex(name);
  if (zone == nullptr) {
    return Fail(Rcode::kNotAuth, ExtendedError::kNotAuthoritative);
  }
  flags_ |= kFlagAa;
  // RFC 1995 s2: the current SOA alone tells a client that it is up to date, or, over UDP, that it
  // is to ask again over TCP.
  const bool up_to_date = query_.qtype == type::kIxfr && query_.client_serial.has_value() &&
                          !SerialIsNewer((*zone)->serial(), *query_.client_serial);
  if (datagram || up_to_date) {
    AddAnswer(*(*zone)->authority().Find(type::kSoa), kHeaderSize);
    return;
  }
  reply_.kind = Reply::Kind::kTransfer;
  reply_.zone = zone;
}

void Answerer::FollowChain(LookupName& question) {
  LookupName target;
  LookupName* name = &question;
  size_t owner = kHeaderSize;
  uint16_t authoritative = kFlagAa;
  for (int hop = 0; hop <= kMaxChain; ++hop) {
    name->Hash(zones_.hash_key());
    const ZoneMatch match = zones_.Find(*name);
    if (match.zone == nullptr || (options_.outside != OutsideNames::kRefuse &&
                                  HasForwardRule(options_, *name, match.apex_label))) [[unlikely]] {
      const OutsideAnswer outside = AnswerOutside({query_, tables_, options_, client_, worker_},
                                                  *name, hop == 0, owner, writer_);
      if (outside.failed) {
        return Fail(outside.rcode, outside.error);
      }
      reply_.kind = outside.ask ? Reply::Kind::kForward : Reply::Kind::kSend;
      reply_.refresh = reply_.refresh || outside.refresh;
      flags_ |= outside.flags;
      rcode_ = outside.rcode;
      error_ = outside.error;
      subject_ = outside.subject;
      if (outside.target == 0) {
        return;
      }
      owner = outside.target;
      // RFC 1035 s4.1.1: AA speaks of the first owner name.
      authoritative = flags_ & kFlagAa;
    } else {
      subject_ = name->suffix_hash(0) + query_.qtype;
      flags_ |= authoritative;
      if (AnswerIn(match, *name, owner)) {
        return;
      }
    }
    target.Parse(writer_.written(), owner);
    name = &target;
  }
}

bool Answerer::AnswerIn(const ZoneMatch& match, const LookupName& name, size_t& owner) {
  if (query_.qtype == type::kDs && match.apex_label == 0) [[unlikely]] {
    AnswerDelegationSigner(match, name, owner);
    return true;
  }
  const Resolution resolution = Resolve(match, name, query_.qtype);
  switch (resolution.kind) {
    case Resolution::Kind::kHit:
      AddAnswer(*resolution.rrset, owner);
      return true;
    case Resolution::Kind::kCname:
      if (IsLoop(resolution.rrset) || !AddAnswer(*resolution.rrset, owner)) {
        return true;
      }
      owner = writer_.last_answer() + kRecordHeaderSize;
      return false;
    case Resolution::Kind::kNodata:
      AddNegative(Rcode::kNoError, match, name, owner);
      return true;
    case Resolution::Kind::kNxdomain:
      AddNegative(Rcode::kNxDomain, match, name, owner);
      return true;
    case Resolution::Kind::kAlias:
      Fail(Rcode::kServFail, ExtendedError::kNoReachableAuthority);
      return true;
  }
  return true;
}

bool Answerer::AddAnswer(const RRset& rrset, size_t owner) {
  const Selection selection = Select(rrset, worker_.random);
  if (!writer_.AddAnswer(rrset, selection, owner)) {
    flags_ |= kFlagTc;
    return false;
  }
  if (rrset.type() == type::kSrv || rrset.type() == type::kNs) {
    writer_.AddGlue(rrset, selection);
  }
  return true;
}

bool Answerer::IsLoop(const RRset* cname) {
  const auto end = chain_.begin() + static_cast<std::ptrdiff_t>(chain_size_);
  if (std::find(chain_.begin(), end, cname) != end) {
    return true;
  }
  chain_[chain_size_++] = cname;
  return false;
}

// DS belongs to the parent side of a zone cut (RFC 4035 s3.1.4.1); no zone here is signed, so it is
// NODATA with the SOA of the parent if that is ours, else with the zone's own.
void Answerer::AnswerDelegationSigner(const ZoneMatch& child, const LookupName& name,
                                      size_t owner) {
  const ZoneMatch parent = name.label_count() == 0 ? ZoneMatch() : zones_.Find(name, 1);
  AddNegative(Rcode::kNoError, parent.zone != nullptr ? parent : child, name, owner);
}

void Answerer::AddNegative(Rcode rcode, const ZoneMatch& match, const LookupName& name,
                           size_t owner) {
  // The rcode is that of the chain's last name (RFC 6604 s3).
  rcode_ = rcode;
  subject_ = match.zone->apex_hash();
  const size_t apex = owner + name.suffix_offset(match.apex_label);
  const RecordView soa = match.zone->negative_soa();
  if (!writer_.AddAuthority(soa.bytes, soa.size, apex)) {
    flags_ |= kFlagTc;
  }
}

bool Answerer::Limit(RateLimiter& limiter) {
  const auto ip = client_.address.ip();
  const bool known_client =
      !query_.edns.cookie.empty() &&
      CheckCookie(options_.cookies, query_.edns.cookie, ip, client_.now) != CookieState::kNone;
  if (known_client || limiter.IsExempt(client_.address)) {
    return true;
  }
  switch (limiter.Count(client_.address, subject_ ^ static_cast<uint64_t>(rcode_), client_.now)) {
    case RateVerdict::kSend:
      return true;
    case RateVerdict::kSlip:
      writer_.DropRecords();
      flags_ = static_cast<uint16_t>((flags_ & kFlagAa) | kFlagTc);
      worker_.counters.slipped.Add();
      return true;
    case RateVerdict::kDrop:
      worker_.counters.dropped.Add();
      return false;
  }
  return true;
}

}  // namespace

// Flattened: the calls between these small functions would cost a tenth of an answer.
[[gnu::flatten]] Reply Respond(std::span<const uint8_t> packet, const Tables& tables,
                               const RespondOptions& options, const Client& client, Worker& worker,
                               std::span<uint8_t> out) {
  worker.counters.queries.Add();
  Query query;
  const Parsed parsed = ParseQuery(packet, query);
  if (parsed == Parsed::kIgnore) {
    worker.counters.ignored.Add();
    return {};
  }
  if (client.transport == Transport::kUdp) {
    query.edns.keepalive_has_value = false;
  }
  MessageWriter writer(out, SizeLimit(query, options, client.transport),
                       query.edns.present ? OptSize(query.edns, options, client.transport) +
                                                (options.outside == OutsideNames::kForward
                                                     ? kExtendedErrorSize  // beside a stale answer
                                                     : 0)
                                          : 0);
  writer.Begin(packet.first(query.has_question ? query.question_size : kHeaderSize));
  Answerer answerer(query, tables, options, client, worker, writer);
  Rcode rcode = query.reject;
  if (parsed == Parsed::kQuestion && query.opcode() == Opcode::kQuery) [[likely]] {
    answerer.AnswerQuestion(query.name);
    if (answerer.reply().kind == Reply::Kind::kForward) [[unlikely]] {
      worker.counters.forwarded.Add();
      return answerer.reply();
    }
    rcode = answerer.rcode();
  } else if (parsed == Parsed::kQuestion) {
    answerer.RefuseChange(query.name);
    rcode = answerer.rcode();
  }
  if (worker.rate_limiter != nullptr && client.transport == Transport::kUdp &&
      !answerer.Limit(*worker.rate_limiter)) {
    return {};
  }
  if (query.edns.present) {
    WriteOpt(query.edns, options, client, rcode, answerer.error(), writer);
  }
  // RFC 8906 s3.1.4: of an unknown opcode no flag is understood, so none is copied.
  uint16_t kept = static_cast<uint16_t>(0xf << kOpcodeShift);
  if (rcode != Rcode::kNotImp) {
    kept |= kFlagRd | kFlagCd;
  }
  const uint16_t recursion = MayRecurse(options, client) && rcode != Rcode::kNotImp ? kFlagRa : 0;
  const auto flags = static_cast<uint16_t>(kFlagQr | (query.flags & kept) | recursion |
                                           answerer.flags() | (static_cast<uint16_t>(rcode) & 15));
  worker.counters.rcodes[static_cast<size_t>(rcode)].Add();
  if ((flags & kFlagTc) != 0) {
    worker.counters.truncated.Add();
  }
  Reply reply = answerer.reply();
  reply.size = static_cast<uint32_t>(writer.Finish(flags, query.has_question));
  return reply;
}

}  // namespace cloudmap::dns
