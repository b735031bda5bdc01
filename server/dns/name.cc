#include "server/dns/name.h"

#include "absl/strings/str_format.h"

namespace cloudmap::dns {
namespace {

// The multiply-fold of wyhash: two instructions that mix 128 bits.
uint64_t Fold(uint64_t a, uint64_t b) {
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t LoadWord(const uint8_t* p) {
  uint64_t word = 0;
  std::memcpy(&word, p, sizeof(word));
  return word;
}

// ASCII upper case to lower in eight bytes at once; bytes over 127 stay as they are.
uint64_t LowerWord(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t low7 = word & (0x7f * kOnes);
  const uint64_t above_z = low7 + (0x7f - 'Z') * kOnes;
  const uint64_t from_a = low7 + (0x80 - 'A') * kOnes;
  const uint64_t upper = (from_a ^ above_z) & ~word & (0x80 * kOnes);
  return word | (upper >> 2);
}

// A length byte is at most 63 and so never looks like an upper-case letter.
void CopyLower(const uint8_t* from, size_t size, uint8_t* to) {
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

}  // namespace

std::optional<std::string> WireName(absl::string_view text) {
  if (!text.empty() && text.back() == '.') {
    text.remove_suffix(1);
  }
  std::string wire;
  wire.reserve(text.size() + 2);
  while (!text.empty()) {
    const size_t dot = text.find('.');
    const absl::string_view label = text.substr(0, dot);
    if (label.empty() || label.size() > kMaxLabelSize || dot == text.size() - 1) {
      return std::nullopt;
    }
    wire.push_back(static_cast<char>(label.size()));
    wire.append(label.data(), label.size());
    text.remove_prefix(dot == absl::string_view::npos ? text.size() : dot + 1);
  }
  wire.push_back('\0');
  if (wire.size() > kMaxNameSize) {
    return std::nullopt;
  }
  return wire;
}

std::string NameText(NameView name) {
  std::string text;
  for (size_t at = 0; at < name.size && name.bytes[at] != 0; at += name.bytes[at] + 1U) {
    for (size_t i = at + 1; i <= at + name.bytes[at]; ++i) {
      const uint8_t c = name.bytes[i];
      if (c == '.' || c == '\\') {
        absl::StrAppendFormat(&text, "\\%c", c);
      } else if (c > 32 && c < 127) {
        text.push_back(static_cast<char>(c));
      } else {
        absl::StrAppendFormat(&text, "\\%03d", c);
      }
    }
    text.push_back('.');
  }
  return text.empty() ? "." : text;
}

size_t LookupName::Parse(std::span<const uint8_t> packet, size_t offset) {
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
  CopyLower(begin, size_, bytes_.data());
  return size_;
}

void LookupName::Hash(const SipKey& key) {
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
