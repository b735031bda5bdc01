#include "registry/query/page.h"

#include <cstring>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "registry/base/siphash.h"
#include "registry/errors.h"

namespace cloudmap::registry {
namespace {

// Hash and check value, 8 bytes each.
constexpr size_t kTokenBytes = 16;

uint64_t CheckValue(absl::string_view list, uint64_t hash) {
  const std::string text = absl::StrCat(list, "/", hash);
  return SipHash24({0x706167652d746f6b, 0x656e2d636865636b}, text.data(), text.size());
}

}  // namespace

std::string PageToken(absl::string_view list, uint64_t last_hash) {
  const uint64_t words[2] = {last_hash, CheckValue(list, last_hash)};
  static_assert(sizeof(words) == kTokenBytes);
  return absl::WebSafeBase64Escape(
      absl::string_view(reinterpret_cast<const char*>(words), sizeof(words)));
}

absl::StatusOr<uint64_t> FirstHash(absl::string_view list, absl::string_view token) {
  if (token.empty()) {
    return 0;
  }
  std::string bytes;
  uint64_t words[2] = {0, 0};
  if (absl::WebSafeBase64Unescape(token, &bytes) && bytes.size() == kTokenBytes) {
    std::memcpy(words, bytes.data(), kTokenBytes);
    if (words[1] == CheckValue(list, words[0])) {
      return words[0] + 1;
    }
  }
  return InvalidInput("NextToken is not one that this list gave; start again without it.");
}

}  // namespace cloudmap::registry
