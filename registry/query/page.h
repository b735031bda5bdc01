// Pages of lists.
//
//   ASSIGN_OR_RETURN(std::string next, FillPage(state.services(), "ListServices",
//   request.next_token(),
//                                               100, [&](const auto& id, const auto& entry) {
//                                                 *response.add_services() = ...;
//                                                 return true;
//                                               }));
//
// A token is the position after which the next page starts: the hash of the last entry seen. It
// outlives restarts, and entries that come or go elsewhere in the list do not shift it: what is
// there all the time is given exactly once. It is no secret; its check value only tells it from
// other texts.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cloudmap::registry {

// The token of a page that ended with an entry of hash `last_hash`. `list` names what is listed:
// the operation, and the id of what the list is of.
std::string PageToken(absl::string_view list, uint64_t last_hash);

// The hash of the first entry that the next page may have; 0 for an empty token. InvalidInput for a
// token of another list, and for any other text that PageToken did not make.
absl::StatusOr<uint64_t> FirstHash(absl::string_view list, absl::string_view token);

// Fills one page: calls keep(key, value) for the entries of `map`, a PersistentMap, from `token`
// on, until it has returned true for `page_size` of them. Entries that share a whole hash stay on
// one page, which may then be longer. Returns the token of the next page, "" on the last; errors
// are FirstHash's.
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
