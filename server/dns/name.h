// Domain names in wire form (RFC 1035 s3.1): labels, each after its length, up to the root's zero.
//
//   std::optional<std::string> wire = WireName("My-App.sd.local");  // "\6My-App\2sd\5local\0"
//   LookupName name;
//   size_t size = name.Parse(packet, kHeaderSize);                  // 0: malformed
//   name.Hash(key);                                                 // all suffixes, one pass
//   name.suffix(1);                                                 // "\2sd\5local\0", suffix_hash(1)
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
#include "server/dns/wire.h"

namespace cloudmap::dns {

// Somebody else's bytes: a whole wire name in lower case.
struct NameView {
  const uint8_t* bytes = nullptr;
  size_t size = 0;

  friend bool operator==(const NameView& a, const NameView& b) {
    return a.size == b.size && std::memcmp(a.bytes, b.bytes, a.size) == 0;
  }
};

// `text` in wire form, in its own case; dots separate labels and a final dot is optional. Nothing
// when a label is empty or over 63 bytes or the name over 255.
std::optional<std::string> WireName(absl::string_view text);

// For messages and logs: "my-app.sd.local."; unusual bytes as \DDD (RFC 4343 s2.1).
std::string NameText(NameView name);

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

}  // namespace cloudmap::dns
