#include "server/dns/message/rrset.h"

#include <algorithm>
#include <new>

namespace cloudmap::dns {
namespace {

constexpr uint16_t kOwnerIsQuestion = kPointerBits | kHeaderSize;

uint8_t* AppendRecord(uint8_t* at, uint16_t type, uint32_t ttl, absl::string_view rdata) {
  Store16(at, kOwnerIsQuestion);
  Store16(at + 2, type);
  Store16(at + 4, kClassIn);
  Store32(at + 6, ttl);
  Store16(at + 10, static_cast<uint16_t>(rdata.size()));
  std::memcpy(at + kRecordHeaderSize, rdata.data(), rdata.size());
  return at + kRecordHeaderSize + rdata.size();
}

constexpr size_t kV4Size = 4;
constexpr size_t kV6Size = 16;

size_t GlueSize(const RecordContent& record) {
  return record.glue_v4.size() / kV4Size * (kRecordHeaderSize + kV4Size) +
         record.glue_v6.size() / kV6Size * (kRecordHeaderSize + kV6Size);
}

uint8_t* AppendGlue(uint8_t* at, uint16_t type, uint32_t ttl, absl::string_view addresses,
                    size_t address_size) {
  for (; !addresses.empty(); addresses.remove_prefix(address_size)) {
    at = AppendRecord(at, type, ttl, addresses.substr(0, address_size));
  }
  return at;
}

// The common size of all records, or 0.
size_t CommonSize(const RRsetContent& rrset) {
  const size_t first = rrset.records.front().rdata.size();
  const bool same =
      std::all_of(rrset.records.begin(), rrset.records.end(), [first](const RecordContent& record) {
        return record.rdata.size() == first && GlueSize(record) == 0;
      });
  return same ? kRecordHeaderSize + first : 0;
}

}  // namespace

NodePtr Node::Make(NameView name, const std::vector<RRsetContent>& rrsets, AliasTypes alias) {
  static_assert(
      std::has_unique_object_representations_v<RRset> && sizeof(Node) % alignof(RRset) == 0,
      "nodes are compared as memory");
  const size_t name_offset = sizeof(Node) + rrsets.size() * sizeof(RRset);
  size_t size = name_offset + name.size;
  for (const RRsetContent& rrset : rrsets) {
    const bool fixed = CommonSize(rrset) != 0;
    for (const RecordContent& record : rrset.records) {
      size += kRecordHeaderSize + record.rdata.size() + GlueSize(record) +
              (fixed ? 0 : sizeof(RRset::Entry));
    }
  }
  auto* const block = static_cast<uint8_t*>(::operator new(size));
  auto* node = new (block) Node;
  node->size_ = static_cast<uint32_t>(size);
  node->name_ = static_cast<uint16_t>(name_offset);
  node->name_size_ = static_cast<uint8_t>(name.size);
  node->rrset_count_ = static_cast<uint8_t>(rrsets.size());
  node->alias_ = alias;
  std::memcpy(block + name_offset, name.bytes, name.size);

  uint8_t* at = block + name_offset + name.size;
  uint8_t* slot = block + sizeof(Node);
  for (const RRsetContent& content : rrsets) {
    auto* rrset = new (slot) RRset;
    rrset->type_ = content.type;
    rrset->stride_ = static_cast<uint16_t>(CommonSize(content));
    rrset->answer_max_ = content.answer_max;
    rrset->count_ = static_cast<uint32_t>(content.records.size());
    if (rrset->stride_ == 0) {
      rrset->entries_ = static_cast<uint32_t>(at - slot);
      at += content.records.size() * sizeof(RRset::Entry);
    }
    rrset->records_ = static_cast<uint32_t>(at - slot);
    uint8_t* entry_at = slot + rrset->entries_;
    for (const RecordContent& record : content.records) {
      uint8_t* const start = at;
      at = AppendRecord(at, content.type, content.ttl, record.rdata);
      if (rrset->stride_ == 0) {
        const RRset::Entry entry{static_cast<uint32_t>(start - slot),
                                 static_cast<uint16_t>(at - start),
                                 static_cast<uint16_t>(GlueSize(record))};
        std::memcpy(entry_at, &entry, sizeof(entry));
        entry_at += sizeof(entry);
        at = AppendGlue(at, type::kA, content.ttl, record.glue_v4, kV4Size);
        at = AppendGlue(at, type::kAaaa, content.ttl, record.glue_v6, kV6Size);
      }
    }
    slot += sizeof(RRset);
  }
  return NodePtr(node, [](const Node* last) { ::operator delete(const_cast<Node*>(last)); });
}

}  // namespace cloudmap::dns
