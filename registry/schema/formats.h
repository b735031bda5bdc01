// The patterns of the API's model (Format in options.proto), as hand-written checks: they take time
// in proportion to the text, whatever it is, and no regular expression runs on what clients send.
#pragma once

#include "absl/strings/string_view.h"
#include "cloudmap/v1/options.pb.h"

namespace cloudmap::registry {

// True when `text` satisfies the format's pattern. FORMAT_UNSPECIFIED accepts everything. The text
// that clients are shown of it is Format's `pattern` option; model_parity_test.py compares that
// with AWS's model.
bool Matches(v1::Format format, absl::string_view text);

}  // namespace cloudmap::registry
