#include "server/net/prefix_set.h"

#include <algorithm>
#include <cstring>

namespace cloudmap {
namespace {

template <typename Word>
Word Load(const uint8_t* bytes) {
  Word word = 0;
  for (size_t i = 0; i < sizeof(Word); ++i) {
    word = word << 8 | bytes[i];
  }
  return word;
}

std::array<uint64_t, 2> LoadV6(const uint8_t* bytes) {
  return {Load<uint64_t>(bytes), Load<uint64_t>(bytes + 8)};
}

// Sorts, and leaves out ranges inside others: prefixes never overlap in part.
template <typename Ranges>
void Normalise(Ranges& ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : b.last < a.last;
  });
  Ranges outer;
  for (const auto& range : ranges) {
    if (outer.empty() || outer.back().last < range.first) {
      outer.push_back(range);
    }
  }
  ranges = std::move(outer);
}

template <typename Ranges, typename Address>
bool IsIn(const Ranges& ranges, const Address& address) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), address,
                       [](const Address& a, const auto& range) { return a < range.first; });
  return after != ranges.begin() && !((after - 1)->last < address);
}

}  // namespace

PrefixSet::PrefixSet(const std::vector<IpPrefix>& prefixes) {
  for (const IpPrefix& prefix : prefixes) {
    std::array<uint8_t, 16> first{};
    const auto ip = prefix.ip();
    std::copy(ip.begin(), ip.end(), first.begin());
    std::array<uint8_t, 16> last = first;
    for (size_t bit = static_cast<size_t>(prefix.bits()); bit < ip.size() * 8; ++bit) {
      const auto mask = static_cast<uint8_t>(0x80 >> (bit % 8));
      first[bit / 8] = static_cast<uint8_t>(first[bit / 8] & ~mask);
      last[bit / 8] = static_cast<uint8_t>(last[bit / 8] | mask);
    }
    if (ip.size() == 4) {
      v4_.push_back({Load<uint32_t>(first.data()), Load<uint32_t>(last.data())});
    } else {
      v6_.push_back({LoadV6(first.data()), LoadV6(last.data())});
    }
  }
  Normalise(v4_);
  Normalise(v6_);
}

bool PrefixSet::Contains(std::span<const uint8_t> ip) const {
  if (ip.size() == 4) {
    return IsIn(v4_, Load<uint32_t>(ip.data()));
  }
  static constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(kMapped.begin(), kMapped.end(), ip.begin())) {
    return IsIn(v4_, Load<uint32_t>(ip.data() + kMapped.size()));
  }
  return IsIn(v6_, LoadV6(ip.data()));
}

}  // namespace cloudmap
