// Strings as JSON (RFC 8259 s7). Written straight into the caller's buffer: it is on the path of
// every answer. Thread-safe.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace cloudmap::json {

// Appends `text` in quotes, escaping what must be: quotes, backslashes and control characters.
void AppendQuoted(absl::string_view text, std::string& out);

}  // namespace cloudmap::json
