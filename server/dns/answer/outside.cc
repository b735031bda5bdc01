#include "server/dns/answer/outside.h"

#include <algorithm>
#include <array>

#include "server/dns/answer/cached_writer.h"

namespace cloudmap::dns {
namespace {

// RFC 8767 s4: an expired answer may be kept so long once more.
constexpr uint32_t kStaleTtl = 30;

// One look at what is known of a name.
class Outside {
 public:
  explicit Outside(const OutsideContext& context) : context_(context) {}

  // What is known of `name`, with the TTL to send; nullptr when nothing is.
  const CachedAnswer* Find(const LookupName& name, uint32_t& ttl);

  // True when what was found is to be asked anew.
  bool refresh() const { return refresh_; }

  // Leaves the question with the worker.
  void Note(const AnswerKey& key) {
    OutsideQuestion& question = context_.worker.outside;
    question.type = key.type;
    question.dnssec_ok = key.dnssec_ok;
    question.checking_disabled = key.checking_disabled;
    question.name_size = static_cast<uint8_t>(key.name.size);
    std::copy_n(key.name.bytes, key.name.size, question.name.begin());
  }

  AnswerKey KeyOf(const LookupName& name, int label, uint16_t type) const {
    return {name.suffix(label), type, context_.query.edns.dnssec_ok,
            (context_.query.flags & kFlagCd) != 0};
  }

 private:
  const CachedAnswer* FindKept(uint64_t hash, const AnswerKey& key, uint32_t& ttl);

  const OutsideContext& context_;
  bool refresh_ = false;
};

const CachedAnswer* Outside::Find(const LookupName& name, uint32_t& ttl) {
  const LateAnswer* late = context_.tables.late;
  for (const uint16_t type : {context_.query.qtype, type::kCname, kDeniedName}) {
    const AnswerKey key = KeyOf(name, 0, type);
    if (late != nullptr) {
      if (const CachedAnswer* found = late->Find(key)) {
        ttl = late->stale ? kStaleTtl : found->ttl();
        return found;
      }
    }
    if (const CachedAnswer* found = FindKept(name.suffix_hash(0), key, ttl)) {
      return found;
    }
  }
  // RFC 8020: below a name that does not exist there is nothing.
  for (int label = 1; label < name.label_count(); ++label) {
    const AnswerKey key = KeyOf(name, label, kDeniedName);
    if (const CachedAnswer* found = FindKept(name.suffix_hash(label), key, ttl)) {
      return found;
    }
  }
  return nullptr;
}

const CachedAnswer* Outside::FindKept(uint64_t hash, const AnswerKey& key, uint32_t& ttl) {
  const CachedAnswer* found = context_.tables.cache.Find(hash, key);
  if (found == nullptr) {
    return nullptr;
  }
  ttl = found->TtlLeft(context_.client.monotonic);
  if (ttl == 0) {
    return nullptr;
  }
  // In the last tenth of its life, an answer that was asked for before is asked for again.
  const bool late_in_life = uint64_t{ttl} * 10 <= found->ttl();
  if (late_in_life && found->used() && !found->error().has_value() && key.type != kDeniedName &&
      found->ClaimRefresh()) {
    Note(key);
    refresh_ = true;
  }
  found->MarkUsed();
  return found;
}

OutsideAnswer Failure(Rcode rcode, std::optional<ExtendedError> error) {
  OutsideAnswer answer;
  answer.failed = true;
  answer.rcode = rcode;
  answer.error = error;
  return answer;
}

// Says that the root has no such name, as an upstream would say of a name that nobody has. The
// SOA's owner, primary and mailbox are the root itself: there is nobody else to name.
OutsideAnswer DenyFromRoot(MessageWriter& writer) {
  static constexpr std::array<uint8_t, 33> kRootSoa = {
      0,                                       // owner
      0, 6,  0,    1,    0, 0,    0,    15,    // SOA IN, TTL 15
      0, 22, 0,    0,                          // RDLENGTH, MNAME, RNAME
      0, 0,  0,    1,    0, 0,    0x1c, 0x20,  // serial 1, refresh 7200
      0, 0,  0x03, 0x84, 0, 0x12, 0x75, 0,     // retry 900, expire 1209600
      0, 0,  0,    15};                        // minimum
  OutsideAnswer answer;
  answer.rcode = Rcode::kNxDomain;
  if (uint8_t* at = writer.Append(kRootSoa.size())) {
    std::copy(kRootSoa.begin(), kRootSoa.end(), at);
    writer.CountAuthorities(1);
  } else {
    answer.flags = kFlagTc;
  }
  return answer;
}

// Whether the question is of the kind that search lists send by the thousand.
bool IsAddressQuestion(uint16_t qtype) {
  return qtype == type::kA || qtype == type::kAaaa || qtype == type::kSvcb || qtype == type::kHttps;
}

// What is answered where nothing is known and nobody is to be asked, or asking has to come first.
OutsideAnswer AnswerUnknown(const OutsideContext& context, const LookupName& name, bool first,
                            Outside& outside) {
  const LateAnswer* late = context.tables.late;
  OutsideAnswer answer;
  if (late != nullptr && late->truncated) {
    answer.flags = kFlagTc;
  } else if (late != nullptr && late->last) {
    return Failure(Rcode::kServFail, ExtendedError::kNoReachableAuthority);
  } else if ((context.query.flags & kFlagRd) != 0) {
    outside.Note(outside.KeyOf(name, 0, context.query.qtype));
    answer.ask = true;
  } else if (first) {
    return Failure(Rcode::kRefused, ExtendedError::kNotAuthoritative);
  }
  return answer;
}

}  // namespace

bool HasForwardRule(const RespondOptions& options, const LookupName& name, int apex_label) {
  for (const std::string& zone : options.forward_zones) {
    const NameView rule{reinterpret_cast<const uint8_t*>(zone.data()), zone.size()};
    for (int label = 0; label <= apex_label; ++label) {
      if (name.suffix(label) == rule) {
        return true;
      }
    }
  }
  return false;
}

OutsideAnswer AnswerOutside(const OutsideContext& context, const LookupName& name, bool first,
                            size_t owner, MessageWriter& writer) {
  const RespondOptions& options = context.options;
  const bool has_rule = HasForwardRule(options, name, name.label_count());
  const bool refused = options.outside == OutsideNames::kZones && !has_rule;
  if (refused || !MayRecurse(options, context.client)) {
    // The end of a chain that leaves our zones is for the client to look up.
    const bool nobody = refused || options.outside == OutsideNames::kRefuse;
    return first ? Failure(Rcode::kRefused,
                           nobody ? ExtendedError::kNotAuthoritative : ExtendedError::kProhibited)
                 : OutsideAnswer();
  }
  const bool stays = name.label_count() == 1 && IsAddressQuestion(context.query.qtype) &&
                     !options.forward_single_labels;
  if (!has_rule && (stays || options.outside == OutsideNames::kDeny)) {
    return DenyFromRoot(writer);
  }
  Outside outside(context);
  uint32_t ttl = 0;
  const CachedAnswer* found = outside.Find(name, ttl);
  if (found == nullptr) {
    return AnswerUnknown(context, name, first, outside);
  }
  if (found->error().has_value()) {
    return Failure(found->rcode(), found->error());
  }
  OutsideAnswer answer;
  answer.refresh = outside.refresh();
  answer.rcode = found->rcode();
  answer.subject = found->is_negative() ? 0 : name.suffix_hash(0) + context.query.qtype;
  if (context.tables.late != nullptr && context.tables.late->stale) {
    answer.error = ExtendedError::kStaleAnswer;
  }
  if (!WriteCached(*found, owner, ttl, context.worker.random, writer)) {
    answer.flags = kFlagTc;
  } else if (found->key().type == type::kCname && context.query.qtype != type::kCname) {
    answer.target = writer.last_answer() + kRecordHeaderSize;
  }
  return answer;
}

}  // namespace cloudmap::dns
