#include "server/net/system_error.h"

#include <system_error>

#include "absl/strings/ascii.h"

namespace cloudmap {

std::string ReasonOf(int error) {
  std::string reason = std::generic_category().message(error);
  reason[0] = absl::ascii_tolower(static_cast<unsigned char>(reason[0]));
  return reason;
}

}  // namespace cloudmap
