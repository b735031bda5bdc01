#include "server/dns/message_writer.h"

#include "registry/base/check.h"

namespace cloudmap::dns {
namespace {

constexpr size_t kARecordSize = kRecordHeaderSize + 4;
constexpr size_t kAaaaRecordSize = kRecordHeaderSize + 16;

uint16_t Pointer(size_t offset) {
  CLOUDMAP_CHECK(offset <= kMaxPointer, "compression pointers reach the first 16 KiB");
  return static_cast<uint16_t>(kPointerBits | offset);
}

// Records of one size known here, which the compiler copies without a call.
template <size_t kSize>
uint8_t* CopyFixed(uint8_t* at, const RRset& rrset, const Selection& selection, uint16_t owner) {
  const uint8_t* const records = rrset.record(0).bytes;
  const uint32_t* const indices = selection.indices.data();
  const uint32_t* const end = indices + selection.count;
  for (const uint32_t* index = indices; index != end; ++index, at += kSize) {
    std::memcpy(at, records + size_t{*index} * kSize, kSize);
    Store16(at, owner);
  }
  return at;
}

}  // namespace

void MessageWriter::CopyRecord(const RecordView& record, uint16_t owner_pointer) {
  std::memcpy(at_, record.bytes, record.size);
  Store16(at_, owner_pointer);
  at_ += record.size;
}

bool MessageWriter::AddAnswer(const RRset& rrset, const Selection& selection, size_t owner) {
  const uint16_t pointer = Pointer(owner);
  if (rrset.stride() != 0) {
    const size_t size = selection.count * rrset.stride();
    if (!HasRoom(size)) {
      return false;
    }
    last_answer_ = this->size() + size - rrset.stride();
    if (rrset.stride() == kARecordSize) {
      at_ = CopyFixed<kARecordSize>(at_, rrset, selection, pointer);
    } else if (rrset.stride() == kAaaaRecordSize) {
      at_ = CopyFixed<kAaaaRecordSize>(at_, rrset, selection, pointer);
    } else {
      for (uint32_t i = 0; i < selection.count; ++i) {
        CopyRecord(rrset.record(selection.indices[i]), pointer);
      }
    }
  } else {
    uint8_t* const start = at_;
    for (uint32_t i = 0; i < selection.count; ++i) {
      const RecordView record = rrset.record(selection.indices[i]);
      if (!HasRoom(record.size)) {
        at_ = start;
        return false;
      }
      last_answer_ = this->size();
      CopyRecord(record, pointer);
    }
  }
  answers_ = static_cast<uint16_t>(answers_ + selection.count);
  return true;
}

void MessageWriter::AddGlue(const RRset& rrset, const Selection& selection) {
  // The answers are the last thing written; their targets are the owners of the glue.
  std::array<size_t, kMultivalueAnswers> targets;
  size_t end = size();
  for (uint32_t i = selection.count; i-- > 0;) {
    end -= rrset.record(selection.indices[i]).size;
    targets[i] = end + kRecordHeaderSize + kSrvTargetOffset;
  }
  for (uint32_t i = 0; i < selection.count; ++i) {
    const RecordView record = rrset.record(selection.indices[i]);
    if (!HasRoom(record.glue_size)) {
      return;
    }
    const uint8_t* glue = record.bytes + record.size;
    const uint8_t* const glue_end = glue + record.glue_size;
    while (glue != glue_end) {
      const size_t size = kRecordHeaderSize + Load16(glue + kRecordHeaderSize - 2);
      CopyRecord({glue, size, 0}, Pointer(targets[i]));
      glue += size;
      ++additionals_;
    }
  }
}

bool MessageWriter::AddAuthority(const uint8_t* record, size_t size, size_t owner) {
  if (!HasRoom(size)) {
    return false;
  }
  CopyRecord({record, size, 0}, Pointer(owner));
  ++authorities_;
  return true;
}

void MessageWriter::AddText(uint16_t rr_class, absl::string_view text) {
  const size_t rdata_size = text.size() + 1;
  if (!HasRoom(kRecordHeaderSize + rdata_size)) {
    return;
  }
  Store16(at_, Pointer(kHeaderSize));
  Store16(at_ + 2, type::kTxt);
  Store16(at_ + 4, rr_class);
  Store32(at_ + 6, 0);
  Store16(at_ + 10, static_cast<uint16_t>(rdata_size));
  at_[kRecordHeaderSize] = static_cast<uint8_t>(text.size());
  std::memcpy(at_ + kRecordHeaderSize + 1, text.data(), text.size());
  at_ += kRecordHeaderSize + rdata_size;
  ++answers_;
}

size_t MessageWriter::Finish(uint16_t flags, bool has_question) {
  Store16(begin_ + 2, flags);
  Store16(begin_ + 4, has_question ? 1 : 0);
  Store16(begin_ + 6, answers_);
  Store16(begin_ + 8, authorities_);
  Store16(begin_ + 10, additionals_);
  return size();
}

}  // namespace cloudmap::dns
