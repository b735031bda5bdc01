// RRsets ready to copy into an answer, and the node that holds all of one owner name.
//
// A record is kept as it goes on the wire, with a two-byte compression pointer for its owner that
// says "the question's name" (0xC00C); an A record is 16 bytes, an AAAA record 28. A node is one
// block of memory: header, RRsets, name, records. It never changes.
//
//   RRsetContent content(type::kA, /*ttl=*/60);
//   content.records.push_back({"\xc0\0\2\1", "", ""});
//   NodePtr node = Node::Make(name, {content}, {});
//   const RRset* a = node->Find(type::kA);
//   a->record(0).bytes;
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "server/dns/message/name.h"
#include "server/dns/message/wire.h"

namespace cloudmap::dns {

// Before the rdata: owner pointer, type, class, TTL, RDLENGTH.
inline constexpr size_t kRecordHeaderSize = 12;
// Of an SRV target inside its rdata: after priority, weight, port.
inline constexpr size_t kSrvTargetOffset = 6;
// Of the name that glue belongs to, inside the rdata of SRV and NS.
inline size_t TargetOffset(uint16_t rr_type) {
  return rr_type == type::kSrv ? kSrvTargetOffset : 0;
}

inline constexpr uint8_t kMultivalueAnswers = 8;
inline constexpr uint8_t kWeightedAnswers = 1;

// One record on the wire and, behind it, the address records of its target (SRV and NS), whose
// owner pointers are filled in when they are sent.
struct RecordView {
  const uint8_t* bytes = nullptr;
  size_t size = 0;
  size_t glue_size = 0;
};

class RRset {
 public:
  uint16_t type() const { return type_; }
  uint32_t count() const { return count_; }
  // How many records one answer carries at most.
  uint32_t answer_max() const { return answer_max_; }
  // The size of every record when all have the same, else 0.
  size_t stride() const { return stride_; }

  RecordView record(uint32_t index) const {
    if (stride_ != 0) {
      return {block() + records_ + size_t{index} * stride_, stride_, 0};
    }
    Entry entry;
    std::memcpy(&entry, block() + entries_ + index * sizeof(Entry), sizeof(entry));
    return {block() + entry.offset, entry.size, entry.glue_size};
  }

 private:
  friend class Node;
  struct Entry {
    uint32_t offset;  // from the RRset
    uint16_t size;
    uint16_t glue_size;
  };
  const uint8_t* block() const { return reinterpret_cast<const uint8_t*>(this); }

  uint16_t type_ = 0;
  uint16_t stride_ = 0;
  uint32_t answer_max_ = 0;
  uint32_t count_ = 0;
  uint32_t records_ = 0;  // offset from the RRset
  uint32_t entries_ = 0;  // the same, of one Entry a record; only when stride_ is 0
};

// What a node is made from.
struct RecordContent {
  std::string rdata;
  // SRV and NS: the addresses of the target, 4 and 16 bytes each, one behind the other.
  std::string glue_v4;
  std::string glue_v6;
};
struct RRsetContent {
  RRsetContent(uint16_t rr_type, uint32_t rr_ttl) : type(rr_type), ttl(rr_ttl) {}
  uint16_t type;
  uint32_t ttl;
  uint8_t answer_max = kMultivalueAnswers;
  std::vector<RecordContent> records;
};

class Node;
using NodePtr = std::shared_ptr<const Node>;

class Node {
 public:
  // The types that the name would have if the alias target of its instances were resolved.
  struct AliasTypes {
    bool a = false;
    bool aaaa = false;
  };

  // `name` in lower case.
  static NodePtr Make(NameView name, const std::vector<RRsetContent>& rrsets, AliasTypes alias);

  NameView name() const { return {block() + name_, name_size_}; }
  std::span<const RRset> rrsets() const {
    return {reinterpret_cast<const RRset*>(this + 1), rrset_count_};
  }
  const RRset* Find(uint16_t type) const {
    for (const RRset& rrset : rrsets()) {
      if (rrset.type() == type) {
        return &rrset;
      }
    }
    return nullptr;
  }
  bool has_alias(uint16_t type) const {
    return (alias_.a && (type == type::kA || type == type::kAny)) ||
           (alias_.aaaa && (type == type::kAaaa || type == type::kAny));
  }
  // Whether the name exists for more than the names below it.
  bool has_content() const { return rrset_count_ != 0 || alias_.a || alias_.aaaa; }
  // Of the whole block.
  size_t size() const { return size_; }
  friend bool operator==(const Node& a, const Node& b) {
    return a.size_ == b.size_ && std::memcmp(&a, &b, a.size_) == 0;
  }

 private:
  Node() = default;
  const uint8_t* block() const { return reinterpret_cast<const uint8_t*>(this); }

  uint32_t size_ = 0;
  uint16_t name_ = 0;  // offset from the node
  uint8_t name_size_ = 0;
  uint8_t rrset_count_ = 0;
  AliasTypes alias_;
  [[maybe_unused]] uint16_t unused_ = 0;  // nodes are compared as memory
};

}  // namespace cloudmap::dns
