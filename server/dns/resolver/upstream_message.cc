#include "server/dns/resolver/upstream_message.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "server/dns/message/message_reader.h"

namespace cloudmap::dns {
namespace {

// CNAMEs of one response that are believed to be a chain.
constexpr int kChainMax = 16;

constexpr uint16_t kTypeDname = 39;
constexpr uint16_t kTypeRrsig = 46;
constexpr uint16_t kTypeNsec = 47;
constexpr uint16_t kTypeNsec3 = 50;

NameView ViewOf(const std::string& name) {
  return {reinterpret_cast<const uint8_t*>(name.data()), name.size()};
}

// A record with the lower-case form of its owner, by which it is found.
struct Record {
  MessageRecord record;
  std::string owner;
};

uint16_t CoveredBy(const MessageRecord& rrsig) {
  return rrsig.rdata.size() < 2 ? 0 : Load16(reinterpret_cast<const uint8_t*>(rrsig.rdata.data()));
}

bool IsAtOrBelow(const std::string& name, const std::string& ancestor) {
  for (size_t at = 0; at < name.size() && name.size() - at >= ancestor.size();
       at += static_cast<uint8_t>(name[at]) + 1U) {
    if (name.compare(at, std::string::npos, ancestor) == 0) {
      return true;
    }
  }
  return false;
}

// RFC 2181 s8: a TTL with the top bit set counts as 0.
uint32_t TtlOf(const MessageRecord& record) {
  return (record.ttl & 0x80000000) != 0 ? 0 : std::min(record.ttl, kTtlMax);
}

void AppendWhole(const MessageRecord& record, std::string& section, uint16_t& count) {
  std::array<uint8_t, 10> fixed{};
  Store16(fixed.data(), record.type);
  Store16(fixed.data() + 2, record.rr_class);
  Store32(fixed.data() + 4, TtlOf(record));
  Store16(fixed.data() + 8, static_cast<uint16_t>(record.rdata.size()));
  section += record.owner;
  section.append(fixed.begin(), fixed.end());
  section += record.rdata;
  ++count;
}

// One response on its way into parts.
class Splitter {
 public:
  Splitter(const UpstreamQuestion& question, Rcode rcode, uint32_t now)
      : question_(question), rcode_(rcode), now_(now) {}

  void Add(MessageRecord record) {
    std::string owner = LowerName(record.owner);
    if (record.rr_class != kClassIn || record.section == Section::kAdditional) {
      return;
    }
    auto& section = record.section == Section::kAnswer ? answers_ : authorities_;
    section.push_back({std::move(record), std::move(owner)});
  }

  // False when a section outgrows a message once its names are written out.
  bool Split(UpstreamAnswer& answer);

 private:
  bool AddLink(const std::string& name, std::string& target, UpstreamAnswer& answer);
  bool AddEnd(const std::string& name, UpstreamAnswer& answer);
  bool AddDenial(const std::string& name, UpstreamAnswer& answer);
  // Adds the records of `name` that `wanted` accepts, with the lowest of their TTLs.
  template <typename Wanted>
  AnswerContent Collect(const std::string& name, const Wanted& wanted) const;
  bool Keep(const AnswerKey& key, const AnswerContent& content, UpstreamAnswer& answer) const;
  AnswerKey KeyOf(const std::string& name, uint16_t type) const {
    return {ViewOf(name), type, question_.dnssec_ok, question_.checking_disabled};
  }
  void AddProofs(AnswerContent& content) const;

  const UpstreamQuestion& question_;
  const Rcode rcode_;
  const uint32_t now_;
  std::vector<Record> answers_;
  std::vector<Record> authorities_;
};

template <typename Wanted>
AnswerContent Splitter::Collect(const std::string& name, const Wanted& wanted) const {
  AnswerContent content;
  content.ttl = kTtlMax;
  for (const Record& record : answers_) {
    if (record.owner == name && wanted(record.record)) {
      content.ttl = std::min(content.ttl, TtlOf(record.record));
    }
  }
  for (const Record& record : answers_) {
    if (record.owner == name && wanted(record.record)) {
      content.AddRecord(record.record.type, record.record.rdata);
    }
  }
  return content;
}

bool Splitter::Keep(const AnswerKey& key, const AnswerContent& content,
                    UpstreamAnswer& answer) const {
  if (std::max({content.front.size(), content.records.size(), content.authority.size()}) >
      kMaxMessageSize) {
    return false;
  }
  answer.parts.push_back(CachedAnswer::Make(key, content, now_));
  return true;
}

// Proofs that a validating client needs: NSEC and NSEC3 with their signatures (RFC 4035 s3.1.3).
void Splitter::AddProofs(AnswerContent& content) const {
  if (!question_.dnssec_ok) {
    return;
  }
  for (const Record& record : authorities_) {
    const uint16_t type =
        record.record.type == kTypeRrsig ? CoveredBy(record.record) : record.record.type;
    if (type == kTypeNsec || type == kTypeNsec3) {
      content.ttl = std::min(content.ttl, TtlOf(record.record));
      AppendWhole(record.record, content.authority, content.authority_count);
    }
  }
}

// The CNAME of `name` as a part; `target` is where it leads. False when there is none.
bool Splitter::AddLink(const std::string& name, std::string& target, UpstreamAnswer& answer) {
  const auto cname = std::find_if(answers_.begin(), answers_.end(), [&name](const Record& record) {
    return record.owner == name && record.record.type == type::kCname;
  });
  if (cname == answers_.end()) {
    return false;
  }
  // RFC 2181 s10.1: a name has one CNAME, whatever the upstream says.
  AnswerContent content = Collect(name, [cname](const MessageRecord& record) {
    return &record == &cname->record ||
           (record.type == kTypeRrsig && CoveredBy(record) == type::kCname);
  });
  for (const Record& record : answers_) {
    const bool dname = record.record.type == kTypeDname ||
                       (record.record.type == kTypeRrsig && CoveredBy(record.record) == kTypeDname);
    if (question_.dnssec_ok && dname && record.owner != name && IsAtOrBelow(name, record.owner)) {
      AppendWhole(record.record, content.front, content.front_count);
    }
  }
  target = LowerName(cname->record.rdata);
  return Keep(KeyOf(name, type::kCname), content, answer);
}

// What stands at the end of the chain. False when nothing does, or it is too large.
bool Splitter::AddEnd(const std::string& name, UpstreamAnswer& answer) {
  const bool any = question_.type == type::kAny;
  AnswerContent content = Collect(name, [this, any](const MessageRecord& record) {
    return any || record.type == question_.type ||
           (record.type == kTypeRrsig && CoveredBy(record) == question_.type);
  });
  if (content.record_count == 0) {
    return AddDenial(name, answer);
  }
  AddProofs(content);
  return Keep(KeyOf(name, question_.type), content, answer);
}

bool Splitter::AddDenial(const std::string& name, UpstreamAnswer& answer) {
  AnswerContent content;
  content.rcode = rcode_;
  const auto soa =
      std::find_if(authorities_.begin(), authorities_.end(), [&name](const Record& record) {
        return record.record.type == type::kSoa && record.record.rdata.size() >= 22 &&
               IsAtOrBelow(name, record.owner);
      });
  if (soa == authorities_.end()) {
    // Whoever says NXDOMAIN without an SOA, or leaves a chain open, is believed for this once.
    answer.may_keep = false;
    if (rcode_ == Rcode::kNoError && !answer.parts.empty()) {
      return true;
    }
  } else {
    const std::string& rdata = soa->record.rdata;
    const uint32_t minimum =
        Load32(reinterpret_cast<const uint8_t*>(rdata.data()) + rdata.size() - 4);
    content.ttl = std::min({TtlOf(soa->record), minimum, kNegativeTtlMax});
    for (const Record& record : authorities_) {
      const bool signature = record.record.type == kTypeRrsig && question_.dnssec_ok &&
                             CoveredBy(record.record) == type::kSoa && record.owner == soa->owner;
      if (&record == &*soa || signature) {
        AppendWhole(record.record, content.authority, content.authority_count);
      }
    }
    AddProofs(content);
  }
  const bool denied = rcode_ == Rcode::kNxDomain;
  return Keep(KeyOf(name, denied ? kDeniedName : question_.type), content, answer);
}

bool Splitter::Split(UpstreamAnswer& answer) {
  std::string name = question_.name;
  std::string target;
  const bool follows = question_.type != type::kCname && question_.type != type::kAny;
  for (int links = 0; follows && links < kChainMax && AddLink(name, target, answer); ++links) {
    name = target;
  }
  return AddEnd(name, answer);
}

}  // namespace

std::string WriteUpstreamQuery(const UpstreamQuestion& question, uint16_t id) {
  constexpr size_t kOptSize = 11;
  const size_t question_end = kHeaderSize + question.spelled.size() + 4;
  std::string query(question_end + (question.edns ? kOptSize : 0), '\0');
  auto* bytes = reinterpret_cast<uint8_t*>(query.data());
  Store16(bytes, id);
  Store16(bytes + 2, static_cast<uint16_t>(kFlagRd | (question.checking_disabled ? kFlagCd : 0)));
  Store16(bytes + 4, 1);
  Store16(bytes + 10, question.edns ? 1 : 0);
  std::memcpy(bytes + kHeaderSize, question.spelled.data(), question.spelled.size());
  Store16(bytes + question_end - 4, question.type);
  Store16(bytes + question_end - 2, kClassIn);
  if (question.edns) {
    uint8_t* opt = bytes + question_end;
    Store16(opt + 1, type::kOpt);
    Store16(opt + 3, kUpstreamUdpPayload);
    opt[7] = question.dnssec_ok ? 0x80 : 0;
  }
  return query;
}

UpstreamAnswer ReadUpstreamMessage(std::span<const uint8_t> message,
                                   const UpstreamQuestion& question, uint32_t now) {
  UpstreamAnswer answer;
  answer.verdict = UpstreamVerdict::kForeign;
  if (message.size() < kHeaderSize || (Load16(message.data() + 2) & kFlagQr) == 0) {
    return answer;
  }
  const uint16_t flags = Load16(message.data() + 2);
  answer.rcode = static_cast<Rcode>(flags & 15);
  const bool refuses_edns =
      question.edns && (answer.rcode == Rcode::kFormErr || answer.rcode == Rcode::kNotImp);
  MessageReader reader(message);
  MessageQuestion echoed;
  // Some servers send errors without the question (RFC 1035 does not ask for it).
  if (Load16(message.data() + 4) == 0 && answer.rcode != Rcode::kNoError &&
      answer.rcode != Rcode::kNxDomain) {
    answer.verdict = refuses_edns ? UpstreamVerdict::kNoEdns : UpstreamVerdict::kFailed;
    return answer;
  }
  if (!reader.ReadQuestion(echoed) || echoed.type != question.type || echoed.rr_class != kClassIn ||
      LowerName(echoed.name) != question.name) {
    return answer;
  }
  if (echoed.name != question.spelled) {
    answer.verdict = UpstreamVerdict::kWrongCase;
    return answer;
  }
  Splitter splitter(question, answer.rcode, now);
  MessageRecord record;
  bool bad_version = false;
  while (reader.Next(record)) {
    if (record.type == type::kOpt && record.section == Section::kAdditional) {
      // The upper bits of the rcode (RFC 6891 s6.1.3).
      const auto rcode =
          static_cast<uint16_t>(static_cast<uint16_t>(answer.rcode) | (record.ttl >> 24) << 4);
      bad_version = rcode == static_cast<uint16_t>(Rcode::kBadVers);
      continue;
    }
    splitter.Add(std::move(record));
  }
  if (bad_version || (refuses_edns && reader.ok())) {
    answer.verdict = UpstreamVerdict::kNoEdns;
    return answer;
  }
  const bool truncated = (flags & kFlagTc) != 0;
  if (!reader.ok() && !truncated) {
    answer.verdict = UpstreamVerdict::kMalformed;
    return answer;
  }
  if (answer.rcode != Rcode::kNoError && answer.rcode != Rcode::kNxDomain) {
    answer.verdict = UpstreamVerdict::kFailed;
    return answer;
  }
  if (truncated) {
    answer.verdict = UpstreamVerdict::kTruncated;
  } else {
    answer.verdict =
        splitter.Split(answer) ? UpstreamVerdict::kAnswer : UpstreamVerdict::kMalformed;
  }
  return answer;
}

CachedAnswerPtr MakeFailure(const AnswerKey& key, Rcode rcode, ExtendedError error, uint32_t now) {
  AnswerContent content;
  content.ttl = kFailureTtl;
  content.rcode = rcode;
  content.error = error;
  return CachedAnswer::Make(key, content, now);
}

}  // namespace cloudmap::dns
