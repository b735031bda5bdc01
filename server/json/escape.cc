#include "server/json/escape.h"

#include "absl/strings/str_format.h"

namespace cloudmap::json {
namespace {

bool NeedsEscape(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

void AppendEscaped(char c, std::string& out) {
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned char>(c));
  }
}

}  // namespace

void AppendQuoted(absl::string_view text, std::string& out) {
  out.push_back('"');
  size_t clean = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (NeedsEscape(text[i])) {
      out.append(text.data() + clean, i - clean);
      AppendEscaped(text[i], out);
      clean = i + 1;
    }
  }
  out.append(text.data() + clean, text.size() - clean);
  out.push_back('"');
}

}  // namespace cloudmap::json
