#include "server/dns/cache/cached_answer.h"

#include <new>

#include "registry/base/check.h"
#include "server/dns/message/rrset.h"

namespace cloudmap::dns {
namespace {

// The size that all records have, or 0 when they differ.
uint16_t StrideOf(absl::string_view records) {
  size_t stride = 0;
  for (size_t at = 0; at < records.size();) {
    const auto* record = reinterpret_cast<const uint8_t*>(records.data()) + at;
    const size_t size = kRecordHeaderSize + Load16(record + kRecordHeaderSize - 2);
    if (stride != 0 && size != stride) {
      return 0;
    }
    stride = size;
    at += size;
  }
  return static_cast<uint16_t>(stride);
}

}  // namespace

uint64_t HashOf(uint64_t name_hash, const AnswerKey& key) {
  const uint64_t question =
      uint64_t{key.type} << 2 | uint64_t{key.dnssec_ok} << 1 | uint64_t{key.checking_disabled};
  return name_internal::Fold(name_hash ^ 0x9e3779b97f4a7c15,
                             (question + 1) * 0xd6e8feb86659fd93 ^ name_hash);
}

void AnswerContent::AddRecord(uint16_t type, absl::string_view rdata) {
  const size_t at = records.size();
  records.resize(at + kRecordHeaderSize);
  auto* record = reinterpret_cast<uint8_t*>(records.data()) + at;
  Store16(record, kPointerBits | kHeaderSize);
  Store16(record + 2, type);
  Store16(record + 4, kClassIn);
  Store32(record + 6, ttl);
  Store16(record + 10, static_cast<uint16_t>(rdata.size()));
  records.append(rdata.data(), rdata.size());
  ++record_count;
}

CachedAnswerPtr CachedAnswer::Make(const AnswerKey& key, const AnswerContent& content,
                                   uint32_t now) {
  CLOUDMAP_CHECK(content.front.size() <= kMaxMessageSize &&
                     content.records.size() <= kMaxMessageSize &&
                     content.authority.size() <= kMaxMessageSize,
                 "sections fit a message");
  const size_t bytes = sizeof(CachedAnswer) + key.name.size + content.front.size() +
                       content.records.size() + content.authority.size();
  auto* const block = static_cast<uint8_t*>(::operator new(bytes));
  auto* answer = new (block) CachedAnswer;
  answer->dnssec_ok_ = key.dnssec_ok;
  answer->checking_disabled_ = key.checking_disabled;
  answer->type_ = key.type;
  answer->rcode_ = content.rcode;
  answer->error_ = content.error;
  answer->ttl_ = content.ttl;
  answer->stored_at_ = now;
  answer->stride_ = StrideOf(content.records);
  answer->bytes_ = static_cast<uint32_t>(bytes);
  answer->front_count_ = content.front_count;
  answer->record_count_ = content.record_count;
  answer->authority_count_ = content.authority_count;

  size_t at = sizeof(CachedAnswer);
  const auto append = [block, &at](const void* from, size_t size) {
    std::memcpy(block + at, from, size);
    at += size;
    return static_cast<uint32_t>(at - size);
  };
  answer->name_size_ = static_cast<uint16_t>(key.name.size);
  append(key.name.bytes, key.name.size);
  answer->front_size_ = static_cast<uint16_t>(content.front.size());
  answer->front_ = append(content.front.data(), content.front.size());
  answer->records_size_ = static_cast<uint16_t>(content.records.size());
  answer->records_ = append(content.records.data(), content.records.size());
  answer->authority_size_ = static_cast<uint16_t>(content.authority.size());
  answer->authority_ = append(content.authority.data(), content.authority.size());
  return CachedAnswerPtr(answer, [](const CachedAnswer* last) {
    last->~CachedAnswer();
    ::operator delete(const_cast<CachedAnswer*>(last));
  });
}

}  // namespace cloudmap::dns
