// Select: which records of an RRset one answer carries, and in what order: a uniformly random
// sequence of distinct records. Costs O(answer size), whatever the size of the set.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "registry/base/random.h"
#include "server/dns/message/rrset.h"

namespace cloudmap::dns {

struct Selection {
  uint32_t count = 0;
  std::array<uint32_t, kMultivalueAnswers> indices;
};

// A uniform number below `bound` from the high bits of `bits`, which keeps what is left of its
// randomness: one draw serves several choices while the product of their bounds is far below 2^64.
inline uint32_t TakeBelow(uint64_t& bits, uint32_t bound) {
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(bits) * bound;
  bits = static_cast<uint64_t>(product);
  return static_cast<uint32_t>(product >> 64);
}

// The whole of a small set in random order. REQUIRES: n <= 8 and n is the selection's count.
inline void SelectAll(uint32_t n, FastRandom& random, Selection& selection) {
  selection.indices = {0, 1, 2, 3, 4, 5, 6, 7};
  uint32_t* const indices = selection.indices.data();
  uint64_t bits = random.Next();
#pragma GCC unroll 8
  for (uint32_t i = 0; i + 1 < n; ++i) {
    const uint32_t pick = i + TakeBelow(bits, n - i);
    const uint32_t picked = indices[pick];
    indices[pick] = indices[i];
    indices[i] = picked;
  }
}

// The head of a permutation of a small set. REQUIRES: n <= 64.
inline void SelectFromFew(uint32_t n, FastRandom& random, Selection& selection) {
  static constexpr std::array<uint8_t, 64> kInOrder = [] {
    std::array<uint8_t, 64> order{};
    for (uint8_t i = 0; i < 64; ++i) {
      order[i] = i;
    }
    return order;
  }();
  std::array<uint8_t, 64> copy = kInOrder;
  uint8_t* const order = copy.data();
  uint32_t* const indices = selection.indices.data();
  uint64_t bits = random.Next();
  for (uint32_t i = 0; i < selection.count; ++i) {
    const uint32_t pick = i + TakeBelow(bits, n - i);
    indices[i] = order[pick];
    order[pick] = order[i];
  }
}

// Draws again on the rare repetition. REQUIRES: n > 64.
inline void SelectFromMany(uint32_t n, FastRandom& random, Selection& selection) {
  uint32_t* const indices = selection.indices.data();
  uint64_t bits = 0;
  for (uint32_t i = 0, draws = 0; i < selection.count; ++draws) {
    if (draws % 2 == 0) {
      bits = random.Next();
    }
    indices[i] = TakeBelow(bits, n);
    bool repeated = false;
    for (uint32_t j = 0; j < i; ++j) {
      repeated |= indices[j] == indices[i];
    }
    i += repeated ? 0 : 1;
  }
}

inline Selection Select(const RRset& rrset, FastRandom& random) {
  Selection selection;
  const uint32_t n = rrset.count();
  selection.count = std::min({n, rrset.answer_max(), uint32_t{kMultivalueAnswers}});
  if (n == 1) {
    selection.indices[0] = 0;
  } else if (n == selection.count) {
    SelectAll(n, random, selection);
  } else if (n <= 64) {
    SelectFromFew(n, random, selection);
  } else {
    SelectFromMany(n, random, selection);
  }
  return selection;
}

}  // namespace cloudmap::dns
