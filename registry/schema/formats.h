// The API model's patterns (options.proto, Format), as hand-written checks: linear in the input.
#pragma once

#include "absl/strings/string_view.h"
#include "cloudmap/v1/options.pb.h"

namespace cloudmap::registry {

// Whether `text` satisfies the format's pattern. FORMAT_UNSPECIFIED accepts everything.
bool Matches(v1::Format format, absl::string_view text);

}  // namespace cloudmap::registry
