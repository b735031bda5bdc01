#include "server/dns/message/name.h"

#include "absl/strings/str_format.h"

namespace cloudmap::dns {

bool IsWithin(NameView name, NameView zone) {
  // Only at a label's start: the bytes of a zone may also be the end of a longer label.
  size_t at = 0;
  while (name.size - at > zone.size) {
    at += name.bytes[at] + 1U;
  }
  return NameView{name.bytes + at, name.size - at} == zone;
}

std::optional<std::string> WireName(absl::string_view text) {
  if (!text.empty() && text.back() == '.') {
    text.remove_suffix(1);
  }
  std::string wire;
  wire.reserve(text.size() + 2);
  while (!text.empty()) {
    const size_t dot = text.find('.');
    const absl::string_view label = text.substr(0, dot);
    if (label.empty() || label.size() > kMaxLabelSize || dot == text.size() - 1) {
      return std::nullopt;
    }
    wire.push_back(static_cast<char>(label.size()));
    wire.append(label.data(), label.size());
    text.remove_prefix(dot == absl::string_view::npos ? text.size() : dot + 1);
  }
  wire.push_back('\0');
  if (wire.size() > kMaxNameSize) {
    return std::nullopt;
  }
  return wire;
}

std::string NameText(NameView name) {
  std::string text;
  for (size_t at = 0; at < name.size && name.bytes[at] != 0; at += name.bytes[at] + 1U) {
    for (size_t i = at + 1; i <= at + name.bytes[at]; ++i) {
      const uint8_t c = name.bytes[i];
      if (c == '.' || c == '\\') {
        absl::StrAppendFormat(&text, "\\%c", c);
      } else if (c > 32 && c < 127) {
        text.push_back(static_cast<char>(c));
      } else {
        absl::StrAppendFormat(&text, "\\%03d", c);
      }
    }
    text.push_back('.');
  }
  return text.empty() ? "." : text;
}

}  // namespace cloudmap::dns
