#include "server/http/message.h"

#include "absl/strings/match.h"

namespace cloudmap::http {

absl::string_view Request::Header(absl::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (absl::EqualsIgnoreCase(key, name)) {
      return value;
    }
  }
  return "";
}

}  // namespace cloudmap::http
