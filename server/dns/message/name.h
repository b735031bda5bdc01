// Domain names in wire form (RFC 1035 s3.1): labels, each after its length, up to the root's zero.
//
//   std::optional<std::string> wire = WireName("My-App.sd.local");  // "\6My-App\2sd\5local\0"
//   LookupName name;
//   size_t size = name.Parse(packet, kHeaderSize);                  // 0: malformed
//   name.Hash(key);                                                 // all suffixes, one pass
//   name.suffix(1);                                                 // "\2sd\5local\0",
//   suffix_hash(1)
//
// Reading and hashing are in the header because every query does both.
//
// Names compare by labels without ASCII case (RFC 4343); bytes such as NUL or a dot inside a label
// are like any other (RFC 9267).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include "absl/strings/string_view.h"
#include "registry/base/siphash.h"
#include "server/dns/message/wire.h"

namespace cloudmap::dns {

// Somebody else's bytes: a whole wire name in lower case.
struct NameView {
  const uint8_t* bytes = nullptr;
  size_t size = 0;

  // Most names are a few words long, which a call to memcmp would outweigh.
  friend bool operator==(const NameView& a, const NameView& b) {
    constexpr size_t kWord = sizeof(uint64_t);
    if (a.size != b.size) {
      return false;
    }
    if (a.size < kWord) {
      return std::memcmp(a.bytes, b.bytes, a.size) == 0;
    }
    const auto differ = [&](size_t at) {
      uint64_t x = 0;
      uint64_t y = 0;
      std::memcpy(&x, a.bytes + at, kWord);
      std::memcpy(&y, b.bytes + at, kWord);
      return x ^ y;
    };
    uint64_t difference = differ(a.size - kWord);
    for (size_t at = 0; at + kWord < a.size; at += kWord) {
      difference |= differ(at);
    }
    return difference == 0;
  }
};

// True when `name` is `zone` or a name below it. Both are in lower case.
bool IsWithin(NameView name, NameView zone);

// `text` in wire form, in its own case; dots separate labels and a final dot is optional. Nothing
// when a label is empty or over 63 bytes or the name over 255.
std::optional<std::string> WireName(absl::string_view text);

// For messages and logs: "my-app.sd.local."; unusual bytes as \DDD (RFC 4343 s2.1).
std::string NameText(NameView name);

namespace name_internal {

// The multiply-fold of wyhash: two instructions that mix 128 bits.
inline uint64_t Fold(uint64_t a, uint64_t b) {
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t LoadWord(const uint8_t* p) {
  uint64_t word = 0;
  std::memcpy(&word, p, sizeof(word));
  return word;
}

// ASCII upper case to lower in eight bytes at once; bytes over 127 stay as they are.
inline uint64_t LowerWord(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t low7 = word & (0x7f * kOnes);
  const uint64_t above_z = low7 + (0x7f - 'Z') * kOnes;
  const uint64_t from_a = low7 + (0x80 - 'A') * kOnes;
  const uint64_t upper = (from_a ^ above_z) & ~word & (0x80 * kOnes);
  return word | (upper >> 2);
}

// A length byte is at most 63 and so never looks like an upper-case letter.
inline void CopyLower(const uint8_t* from, size_t size, uint8_t* to) {
  constexpr size_t kWord = sizeof(uint64_t);
  if (size < kWord) {
    std::array<uint8_t, kWord> padded{};
    std::memcpy(padded.data(), from, size);
    const uint64_t lower = LowerWord(LoadWord(padded.data()));
    std::memcpy(to, &lower, kWord);
    return;
  }
  for (size_t i = 0; i + kWord < size; i += kWord) {
    const uint64_t lower = LowerWord(LoadWord(from + i));
    std::memcpy(to + i, &lower, kWord);
  }
  // The last word overlaps the one before it.
  const uint64_t lower = LowerWord(LoadWord(from + size - kWord));
  std::memcpy(to + size - kWord, &lower, kWord);
}

}  // namespace name_internal

// A name made ready for look-up: lower case, label positions, and the keyed hash of every suffix.
class LookupName {
 public:
  // The members are only meaningful after Parse(); clearing 1.4 KB per query is not free.
  LookupName() {}  // NOLINT(modernize-use-equals-default)

  // Reads the uncompressed name at `offset`; how many bytes it takes, or 0 when it is cut short,
  // has a pointer or an extended label type (RFC 6891 s5), or is too long.
  size_t Parse(std::span<const uint8_t> packet, size_t offset);

  // The hash of a suffix depends on its labels and the key only. REQUIRES: Parse() succeeded.
  void Hash(const SipKey& key);

  // The root not counted.
  int label_count() const { return label_count_; }
  // Suffix 0 is the name itself, suffix label_count() the root.
  size_t suffix_offset(int label) const { return starts_.data()[label]; }
  uint64_t suffix_hash(int label) const { return hashes_.data()[label]; }
  NameView suffix(int label) const {
    const size_t offset = suffix_offset(label);
    return {bytes_.data() + offset, size_ - offset};
  }
  NameView view() const { return {bytes_.data(), size_}; }

 private:
  static constexpr size_t kMaxLabels = 127;
  static constexpr size_t kSlack = 8;  // words are read past a label's end

  size_t size_;
  int label_count_;
  std::array<uint8_t, kMaxNameSize + 1 + kSlack> bytes_;
  std::array<uint8_t, kMaxLabels + 1> starts_;
  std::array<uint64_t, kMaxLabels + 1> hashes_;
};

inline size_t LookupName::Parse(std::span<const uint8_t> packet, size_t offset) {
  const uint8_t* const begin = packet.data() + offset;
  const size_t room = packet.size() - offset;
  uint8_t* const starts = starts_.data();
  size_t at = 0;
  size_t labels = 0;
  while (true) {
    if (at >= room) {
      return 0;
    }
    starts[labels] = static_cast<uint8_t>(at);
    const size_t length = begin[at];
    if (length == 0) {
      break;
    }
    at += length + 1;
    // The root's byte still has to fit.
    if (length > kMaxLabelSize || at >= kMaxNameSize) {
      return 0;
    }
    ++labels;
  }
  size_ = at + 1;
  label_count_ = static_cast<int>(labels);
  name_internal::CopyLower(begin, size_, bytes_.data());
  return size_;
}

inline void LookupName::Hash(const SipKey& key) {
  using name_internal::Fold;
  using name_internal::LoadWord;
  const uint64_t k0 = key.k0;
  const uint64_t k1 = key.k1;
  uint64_t* const hashes = hashes_.data();
  const uint8_t* const starts = starts_.data();
  uint64_t hash = k1;
  hashes[label_count_] = hash;
  for (int label = label_count_ - 1; label >= 0; --label) {
    const uint8_t* p = bytes_.data() + starts[label];
    int left = *p + 1;
    for (; left > 8; left -= 8, p += 8) {
      hash = Fold(LoadWord(p) ^ k1, hash ^ k0);
    }
    // Only the label's own bytes of the last word.
    const uint64_t word = LoadWord(p) << (64 - 8 * left);
    hash = Fold(word ^ k1, hash ^ k0);
    hashes[label] = hash;
  }
}

}  // namespace cloudmap::dns
