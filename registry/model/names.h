// Which texts can be DNS names (RFC 1035 s2.3.4): labels of 1 to 63 bytes, 255 bytes on the wire.
#pragma once

#include "absl/strings/string_view.h"

namespace cloudmap::registry {

// A trailing dot is allowed. The root alone is not.
bool IsDnsName(absl::string_view name);

// Longest DNS name in text form, without the trailing dot.
inline constexpr size_t kDnsNameCharsMax = 253;

}  // namespace cloudmap::registry
