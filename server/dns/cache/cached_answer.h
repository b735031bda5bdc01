// CachedAnswer: what another name server said of one name and one type, ready to be copied into
// responses. It is an immutable block of memory; only its two marks change.
//
//   AnswerContent content;
//   content.ttl = 300;
//   content.AddRecord(type::kA, "\xc0\0\2\1");
//   CachedAnswerPtr answer = CachedAnswer::Make(key, content, now_seconds);
//
// An upstream's response is kept in parts (RFC 2308 s5, RFC 2181 s5.2): each CNAME of a chain by
// itself and its end by itself, so that every part is refreshed by itself, and a chain that leads
// into a zone of ours is continued from that zone. Records carry an owner pointer that is filled in
// when they are sent, as in RRset; only records of other owners (a DNAME, the SOA of a denial,
// NSEC) have their owner written out.
//
// Thread safety: any thread may read an answer and set its marks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "absl/strings/string_view.h"
#include "server/dns/message/name.h"
#include "server/dns/message/wire.h"

namespace cloudmap::dns {

// What is asked of an upstream, all of which decides what it says.
struct AnswerKey {
  // In lower case; does not own its bytes.
  NameView name;
  // kDeniedName for an answer that denies the name with all its types (NXDOMAIN).
  uint16_t type = 0;
  // The DO bit (RFC 3225): signatures are part of the answer.
  bool dnssec_ok = false;
  // The CD bit (RFC 4035 s3.2.2): the upstream is not to check signatures.
  bool checking_disabled = false;

  friend bool operator==(const AnswerKey& a, const AnswerKey& b) {
    return a.type == b.type && a.dnssec_ok == b.dnssec_ok &&
           a.checking_disabled == b.checking_disabled && a.name == b.name;
  }
};

// Type 0 is reserved (RFC 6895 s3.1), so no question has it.
inline constexpr uint16_t kDeniedName = 0;

// The hash of a key, from the name's own (LookupName::suffix_hash).
uint64_t HashOf(uint64_t name_hash, const AnswerKey& key);

// What an answer is made from.
struct AnswerContent {
  // Seconds that all of it may be kept; the TTL of every record.
  uint32_t ttl = 0;
  Rcode rcode = Rcode::kNoError;
  // Told to clients that understand it, with an rcode that says failure (RFC 8914).
  std::optional<ExtendedError> error;
  // Whole records with written-out owners that go before the others: a DNAME and its signature.
  std::string front;
  uint16_t front_count = 0;
  // Records of the key's name: owner pointer (any two bytes), type, class, TTL, RDLENGTH, RDATA.
  std::string records;
  uint16_t record_count = 0;
  // Whole records with written-out owners for the authority section.
  std::string authority;
  uint16_t authority_count = 0;

  // Appends a record of the key's name.
  void AddRecord(uint16_t type, absl::string_view rdata);
};

class CachedAnswer;
using CachedAnswerPtr = std::shared_ptr<const CachedAnswer>;

class CachedAnswer {
 public:
  // `now` is in seconds of the monotonic clock. REQUIRES: the content is well-formed; its sections
  // have at most 65,535 bytes each.
  static CachedAnswerPtr Make(const AnswerKey& key, const AnswerContent& content, uint32_t now);

  AnswerKey key() const { return {name(), type_, dnssec_ok_, checking_disabled_}; }
  NameView name() const { return {block() + sizeof(CachedAnswer), name_size_}; }
  Rcode rcode() const { return rcode_; }
  std::optional<ExtendedError> error() const { return error_; }

  // The TTL when it arrived, and how much of it is left; 0 once it has expired.
  uint32_t ttl() const { return ttl_; }
  uint32_t TtlLeft(uint32_t now) const {
    // Monotonic seconds wrap after 136 years.
    const uint32_t age = now - stored_at_;
    return age < ttl_ ? ttl_ - age : 0;
  }
  // Seconds since it expired; 0 while it has not.
  uint32_t Staleness(uint32_t now) const {
    const uint32_t age = now - stored_at_;
    return age < ttl_ ? 0 : age - ttl_ + 1;
  }

  std::span<const uint8_t> front() const { return {block() + front_, front_size_}; }
  std::span<const uint8_t> records() const { return {block() + records_, records_size_}; }
  std::span<const uint8_t> authority() const { return {block() + authority_, authority_size_}; }
  uint16_t front_count() const { return front_count_; }
  uint16_t record_count() const { return record_count_; }
  uint16_t authority_count() const { return authority_count_; }
  // The size of every one of records() when all have the same, else 0.
  uint16_t stride() const { return stride_; }

  // True when it has no records of its own: NXDOMAIN, NODATA, or a failure.
  bool is_negative() const { return record_count_ == 0; }

  // Bytes of memory that it takes.
  size_t bytes() const { return bytes_; }

  // Marks that it was used since it was stored or since TakeUse(). Writes only the first time, so
  // that threads that send it do not disturb each other.
  void MarkUsed() const {
    if (!used_.load(std::memory_order_relaxed)) {
      used_.store(true, std::memory_order_relaxed);
    }
  }
  bool used() const { return used_.load(std::memory_order_relaxed); }
  bool TakeUse() const { return used_.exchange(false, std::memory_order_relaxed); }
  // True for the one caller that is to have it refreshed before it expires.
  bool ClaimRefresh() const {
    return !refreshing_.load(std::memory_order_relaxed) &&
           !refreshing_.exchange(true, std::memory_order_relaxed);
  }

 private:
  CachedAnswer() = default;
  const uint8_t* block() const { return reinterpret_cast<const uint8_t*>(this); }

  mutable std::atomic<bool> used_{false};
  mutable std::atomic<bool> refreshing_{false};
  bool dnssec_ok_ = false;
  bool checking_disabled_ = false;
  uint16_t type_ = 0;
  Rcode rcode_ = Rcode::kNoError;
  uint32_t ttl_ = 0;
  uint32_t stored_at_ = 0;
  std::optional<ExtendedError> error_;
  uint16_t stride_ = 0;
  uint16_t name_size_ = 0;
  uint16_t front_count_ = 0;
  uint16_t record_count_ = 0;
  uint16_t authority_count_ = 0;
  uint16_t front_size_ = 0;
  uint16_t records_size_ = 0;
  uint16_t authority_size_ = 0;
  // Offsets from the block's start; the name comes first.
  uint32_t front_ = 0;
  uint32_t records_ = 0;
  uint32_t authority_ = 0;
  uint32_t bytes_ = 0;
};

}  // namespace cloudmap::dns
