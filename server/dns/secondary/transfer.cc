#include "server/dns/secondary/transfer.h"

#include <algorithm>
#include <utility>

#include "registry/base/check.h"

namespace cloudmap::dns {
namespace {

// Of one message; large ones are cheap, but a client should see progress.
constexpr size_t kMessageBytes = 16384;

uint32_t SentCount(const RRset& rrset) {
  return rrset.type() == type::kCname ? std::min<uint32_t>(rrset.count(), 1) : rrset.count();
}

// The record at `index`, counted over all that is sent of a node; empty behind the last.
RecordView RecordAt(const Node& node, uint32_t index) {
  for (const RRset& rrset : node.rrsets()) {
    const uint32_t count = SentCount(rrset);
    if (index < count) {
      return rrset.record(index);
    }
    index -= count;
  }
  return {};
}

}  // namespace

class ZoneTransfer::Message {
 public:
  // `opt` comes behind all answers.
  Message(std::span<uint8_t> out, std::span<const uint8_t> head, std::span<const uint8_t> opt)
      : out_(out), opt_(opt), size_(head.size()) {
    std::copy(head.begin(), head.end(), out.begin());
  }

  // False when there is no room. Owners are written out: they are few bytes next to a TCP segment.
  bool Add(NameView owner, const RecordView& record) {
    const size_t bytes = owner.size + record.size - 2;
    if (size_ + bytes + opt_.size() > kMessageBytes) {
      return false;
    }
    std::copy_n(owner.bytes, owner.size, out_.data() + size_);
    std::copy_n(record.bytes + 2, record.size - 2, out_.data() + size_ + owner.size);
    size_ += bytes;
    ++answers_;
    return true;
  }

  size_t Finish() {
    Store16(out_.data() + 6, answers_);
    Store16(out_.data() + 10, opt_.empty() ? 0 : 1);
    std::copy(opt_.begin(), opt_.end(), out_.begin() + static_cast<std::ptrdiff_t>(size_));
    return size_ + opt_.size();
  }

 private:
  const std::span<uint8_t> out_;
  const std::span<const uint8_t> opt_;
  size_t size_;
  uint16_t answers_ = 0;
};

ZoneTransfer::ZoneTransfer(ZonePtr zone, std::span<const uint8_t> head,
                           std::span<const uint8_t> opt)
    : zone_(std::move(zone)), head_(head.begin(), head.end()), opt_(opt.begin(), opt.end()) {
  CLOUDMAP_CHECK(head.size() > kHeaderSize, "a transfer starts with a question");
}

size_t ZoneTransfer::Next(std::span<uint8_t> out) {
  // RFC 5936 s2.2: the question is in the first message and may be left out of the others.
  const auto head =
      std::span<const uint8_t>(head_).first(first_message_ ? head_.size() : kHeaderSize);
  Message message(out, head,
                  first_message_ ? std::span<const uint8_t>(opt_) : std::span<uint8_t>());
  if (!first_message_) {
    Store16(out.data() + 4, 0);
  }
  first_message_ = false;
  const RecordView soa = zone_->authority().Find(type::kSoa)->record(0);
  if (stage_ == Stage::kFirstSoa && message.Add(zone_->apex(), soa)) {
    stage_ = Stage::kApex;
  }
  if (stage_ == Stage::kApex) {
    const RRset& ns = *zone_->authority().Find(type::kNs);
    for (uint32_t i = 0; i < ns.count(); ++i) {
      CLOUDMAP_CHECK(message.Add(zone_->apex(), ns.record(i)), "the apex fits one message");
    }
    stage_ = Stage::kNodes;
  }
  if (stage_ == Stage::kNodes) {
    FillNodes(message);
  }
  if (stage_ == Stage::kLastSoa && message.Add(zone_->apex(), soa)) {
    stage_ = Stage::kDone;
  }
  return message.Finish();
}

void ZoneTransfer::FillNodes(Message& message) {
  bool full = false;
  zone_->nodes().ScanFrom(
      next_hash_, [&](uint64_t hash, const NameView& name, const NodeEntry& entry) {
        if (hash != next_hash_) {
          next_hash_ = hash;
          next_record_ = 0;
        }
        for (RecordView record = RecordAt(*entry.node, next_record_); record.bytes != nullptr;
             record = RecordAt(*entry.node, next_record_)) {
          if (!message.Add(name, record)) {
            full = true;
            return false;
          }
          ++next_record_;
        }
        return true;
      });
  if (!full) {
    stage_ = Stage::kLastSoa;
  }
}

}  // namespace cloudmap::dns
