#include "server/dns/message/message_writer.h"

namespace cloudmap::dns {
void MessageWriter::CopyRecord(const RecordView& record, uint16_t owner_pointer) {
  std::memcpy(at_, record.bytes, record.size);
  Store16(at_, owner_pointer);
  at_ += record.size;
}

bool MessageWriter::AddVarious(const RRset& rrset, const Selection& selection,
                               uint16_t owner_pointer) {
  uint8_t* const start = at_;
  for (uint32_t i = 0; i < selection.count; ++i) {
    const RecordView record = rrset.record(selection.indices[i]);
    if (!HasRoom(record.size)) {
      at_ = start;
      return false;
    }
    last_answer_ = size();
    CopyRecord(record, owner_pointer);
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
    targets[i] = end + kRecordHeaderSize + TargetOffset(rrset.type());
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

}  // namespace cloudmap::dns
