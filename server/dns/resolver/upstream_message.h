// The messages between us and an upstream resolver: what we ask, and what of an answer we believe.
//
//   std::string query = WriteUpstreamQuery(question, id);
//   UpstreamAnswer answer = ReadUpstreamMessage(bytes, question, now_seconds);
//   if (answer.verdict == UpstreamVerdict::kAnswer) for (part : answer.parts) cache.Put(...)
//
// Of a client's query only the question and the DO and CD bits travel upstream: EDNS options are
// hop by hop (RFC 6891 s6.1.1), so neither client subnets nor cookies do.
//
// Believed are only the records that belong to the question: its name, the CNAMEs from there on,
// and the denial of the last one; never the additional section (RFC 2181 s5.4.1, RFC 5452 s6).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "server/dns/cache/cached_answer.h"

namespace cloudmap::dns {

// Advertised upstream; larger answers come over TCP (dnsflagday.net/2020).
inline constexpr uint16_t kUpstreamUdpPayload = 1232;

struct UpstreamQuestion {
  // Wire form in lower case, and as it is spelled to the upstream: with random case it must come
  // back the same (draft-vixie-dnsext-dns0x20).
  std::string name;
  std::string spelled;
  uint16_t type = 0;
  bool dnssec_ok = false;
  bool checking_disabled = false;
  // False for an upstream that has shown that it does not know EDNS.
  bool edns = true;

  AnswerKey key() const {
    return {{reinterpret_cast<const uint8_t*>(name.data()), name.size()},
            type,
            dnssec_ok,
            checking_disabled};
  }
};

// A whole query, its header included. It asks for recursion and carries an OPT record without
// options where the upstream knows EDNS.
std::string WriteUpstreamQuery(const UpstreamQuestion& question, uint16_t id);

enum class UpstreamVerdict : uint8_t {
  kAnswer,     // `parts` answer the question, as far as the upstream knew
  kTruncated,  // to be asked again over TCP; what did fit is not believed
  kWrongCase,  // the question came back in another spelling: perhaps forged
  kNoEdns,     // FORMERR, NOTIMP or BADVERS to a query with EDNS
  kFailed,     // `rcode` says why: SERVFAIL, REFUSED, NOTIMP, FORMERR and the like
  kForeign,    // not an answer to this question at all
  kMalformed,  // an answer that cannot be read
};

struct UpstreamAnswer {
  UpstreamVerdict verdict = UpstreamVerdict::kMalformed;
  Rcode rcode = Rcode::kNoError;
  // One for each CNAME of the chain, and its end: an RRset, a denial, or nothing when the upstream
  // did not follow the chain to its end. In order.
  std::vector<CachedAnswerPtr> parts;
  // False for parts that may be answered but not kept: without an SOA a denial has no TTL
  // (RFC 2308 s5), and a chain without an end is not whole.
  bool may_keep = true;
};

// `now` is in seconds of the monotonic clock.
UpstreamAnswer ReadUpstreamMessage(std::span<const uint8_t> message,
                                   const UpstreamQuestion& question, uint32_t now);

// RFC 2181 s8 lets a TTL be cut; RFC 2308 s5 asks it for denials.
inline constexpr uint32_t kTtlMax = 86400;
inline constexpr uint32_t kNegativeTtlMax = 10800;
// A failure is kept so long that a crowd does not ask for it again and again (RFC 9520 s3.2).
inline constexpr uint32_t kFailureTtl = 5;

// What is answered when no upstream gave an answer.
CachedAnswerPtr MakeFailure(const AnswerKey& key, Rcode rcode, ExtendedError error, uint32_t now);

}  // namespace cloudmap::dns
