// MessageWriter: a response into a caller's buffer, never past its limit.
//
//   MessageWriter writer(out, limit, reserved);    // room for OPT is kept
//   writer.Begin(packet.first(query.question_size));
//   writer.AddAnswer(rrset, selection, kHeaderSize);   // false: did not fit, nothing was written
//   size = writer.Finish(flags, query.has_question);
//
// The question always starts right behind the header, so offsets of names are known.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/strings/string_view.h"
#include "registry/base/check.h"
#include "server/dns/message/rrset.h"
#include "server/dns/message/select.h"
#include "server/dns/message/wire.h"

namespace cloudmap::dns {

class MessageWriter {
 public:
  // Records end at `limit` - `reserved`; options and the end may use what is reserved.
  // REQUIRES: out.size() >= limit >= 512.
  MessageWriter(std::span<uint8_t> out, size_t limit, size_t reserved)
      : begin_(out.data()), at_(begin_ + kHeaderSize), limit_(begin_ + limit - reserved) {}

  // Echoes header and question byte for byte. `head` is a header alone when there is no question.
  void Begin(std::span<const uint8_t> head) {
    std::memcpy(begin_, head.data(), head.size());
    at_ = begin_ + head.size();
    question_end_ = at_;
  }

  // The selected records, all or none; `owner` is where their owner's name is in the message.
  bool AddAnswer(const RRset& rrset, const Selection& selection, size_t owner) {
    switch (rrset.type()) {
      case type::kA:
        return AddFixed<kRecordHeaderSize + 4>(rrset, selection, Pointer(owner));
      case type::kAaaa:
        return AddFixed<kRecordHeaderSize + 16>(rrset, selection, Pointer(owner));
      default:
        return AddVarious(rrset, selection, Pointer(owner));
    }
  }
  // The additional addresses of the targets of an SRV or NS answer that AddAnswer just wrote, as
  // many as there is room for.
  void AddGlue(const RRset& rrset, const Selection& selection);
  // One record that is ready but for its owner.
  bool AddAuthority(const uint8_t* record, size_t size, size_t owner);

  // Room for `size` bytes of records at the end, for a caller that writes them itself; nullptr when
  // there is not so much. What is written must be counted.
  uint8_t* Append(size_t size) {
    if (!HasRoom(size)) {
      return nullptr;
    }
    uint8_t* const at = at_;
    at_ += size;
    return at;
  }
  void CountAnswers(uint16_t count, const uint8_t* last) {
    answers_ = static_cast<uint16_t>(answers_ + count);
    last_answer_ = static_cast<size_t>(last - begin_);
  }
  void CountAuthorities(uint16_t count) {
    authorities_ = static_cast<uint16_t>(authorities_ + count);
  }

  // A TXT answer of one string, owned by the question's name, that may not be cached.
  // REQUIRES: text.size() < 256.
  void AddText(uint16_t rr_class, absl::string_view text);

  std::span<const uint8_t> written() const { return {begin_, size()}; }
  // Where the record of a CNAME answer, just added, starts.
  size_t last_answer() const { return last_answer_; }
  // Takes all records back.
  void DropRecords() {
    at_ = question_end_;
    answers_ = authorities_ = additionals_ = 0;
  }

  // Options and padding are written at the end, beyond what records may use.
  uint8_t* at() { return at_; }
  size_t size() const { return static_cast<size_t>(at_ - begin_); }
  void Advance(size_t size) { at_ += size; }
  void CountAdditional() { ++additionals_; }

  // Fills in flags and counts. The id was copied with the question.
  size_t Finish(uint16_t flags, bool has_question) {
    Store16(begin_ + 2, flags);
    Store16(begin_ + 4, has_question ? 1 : 0);
    Store16(begin_ + 6, answers_);
    Store16(begin_ + 8, authorities_);
    Store16(begin_ + 10, additionals_);
    return size();
  }

 private:
  // Signed, because a long question may end beyond what is left once options are reserved.
  bool HasRoom(size_t size) const { return static_cast<std::ptrdiff_t>(size) <= limit_ - at_; }
  void CopyRecord(const RecordView& record, uint16_t owner_pointer);
  static uint16_t Pointer(size_t offset) {
    CLOUDMAP_CHECK(offset <= kMaxPointer, "compression pointers reach the first 16 KiB");
    return static_cast<uint16_t>(kPointerBits | offset);
  }
  // Addresses: of one size known here, which the compiler copies without a call.
  template <size_t kSize>
  bool AddFixed(const RRset& rrset, const Selection& selection, uint16_t owner_pointer) {
    if (!HasRoom(selection.count * kSize)) {
      return false;
    }
    const uint8_t* const records = rrset.record(0).bytes;
    const uint32_t* const indices = selection.indices.data();
    const uint32_t* const end = indices + selection.count;
    uint8_t* at = at_;
    for (const uint32_t* index = indices; index != end; ++index, at += kSize) {
      std::memcpy(at, records + size_t{*index} * kSize, kSize);
      Store16(at, owner_pointer);
    }
    at_ = at;
    answers_ = static_cast<uint16_t>(answers_ + selection.count);
    return true;
  }
  bool AddVarious(const RRset& rrset, const Selection& selection, uint16_t owner_pointer);

  uint8_t* const begin_;
  uint8_t* at_;
  uint8_t* question_end_ = nullptr;
  uint8_t* const limit_;
  size_t last_answer_ = 0;
  uint16_t answers_ = 0;
  uint16_t authorities_ = 0;
  uint16_t additionals_ = 0;
};

}  // namespace cloudmap::dns
