// Pages of lists. A token is the position after which the next page starts: the hash of the last
// entry seen. It survives restarts, and entries that come or go elsewhere in the list do not
// shift it: nothing that stays is skipped or given twice.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cloudmap::registry {

// `list` names what is listed (the operation, and its parent's id): a token of another list is
// InvalidInput, like any other text that PageToken did not make.
std::string PageToken(absl::string_view list, uint64_t last_hash);

// Where to start: 0 for an empty token.
absl::StatusOr<uint64_t> FirstHash(absl::string_view list, absl::string_view token);

// Fills one page: calls keep(key, value) for the entries of `map` from the token on; it returns
// whether it took the entry. Returns the next token, "" on the last page.
template <typename Map, typename Keep>
absl::StatusOr<std::string> FillPage(const Map& map, absl::string_view list,
                                     absl::string_view token, int page_size, const Keep& keep) {
  const absl::StatusOr<uint64_t> first = FirstHash(list, token);
  if (!first.ok()) {
    return first.status();
  }
  int taken = 0;
  uint64_t last = 0;
  bool more = false;
  map.ScanFrom(*first, [&](uint64_t hash, const auto& key, const auto& value) {
    // Entries of one hash stay on one page: the token could not tell them apart.
    if (taken >= page_size && hash != last) {
      more = true;
      return false;
    }
    if (keep(key, value)) {
      ++taken;
      last = hash;
    }
    return true;
  });
  return more ? PageToken(list, last) : std::string();
}

}  // namespace cloudmap::registry
