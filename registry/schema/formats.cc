#include "registry/schema/formats.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace cloudmap::registry {
namespace {

bool IsAlnum(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }
bool IsPrintable(char c) { return c >= '!' && c <= '~'; }

bool All(absl::string_view text, bool (*accepts)(char)) {
  return std::all_of(text.begin(), text.end(), accepts);
}

bool IsPrintableName(absl::string_view text, size_t max) {
  return !text.empty() && text.size() <= max && All(text, IsPrintable);
}

// Letters, digits and inner hyphens; `extra` is allowed anywhere in a label of two or more.
bool IsLabel(absl::string_view label, char extra) {
  if (label.empty() || label.size() > 63) {
    return false;
  }
  const auto is_edge = [extra](char c) { return IsAlnum(c) || (extra != 0 && c == extra); };
  if (label.size() == 1) {
    return IsAlnum(label[0]);
  }
  if (!is_edge(label.front()) || !is_edge(label.back())) {
    return false;
  }
  return std::all_of(label.begin(), label.end(), [&](char c) { return is_edge(c) || c == '-'; });
}

bool IsPublicName(absl::string_view text) {
  const std::vector<absl::string_view> labels = absl::StrSplit(text, '.');
  return labels.size() >= 2 &&
         std::all_of(labels.begin(), labels.end(), [](auto label) { return IsLabel(label, 0); });
}

bool IsServiceName(absl::string_view text) {
  if (text == ".") {
    return true;
  }
  if (text.empty() || text.size() > 127) {
    return false;
  }
  const std::vector<absl::string_view> labels = absl::StrSplit(text, '.');
  return std::all_of(labels.begin(), labels.end(), [](auto label) { return IsLabel(label, '_'); });
}

// Empty, or printable with blanks and tabs anywhere but in front.
bool IsAttributeValue(absl::string_view text) {
  return text.empty() || (IsPrintable(text[0]) && All(text, [](char c) {
                            return IsPrintable(c) || c == ' ' || c == '\t';
                          }));
}

bool IsInstanceId(absl::string_view text) {
  return !text.empty() && All(text, [](char c) {
    return IsAlnum(c) || absl::StrContains("_/:.@-", absl::string_view(&c, 1));
  });
}

}  // namespace

bool Matches(v1::Format format, absl::string_view text) {
  switch (format) {
    case v1::FORMAT_ATTRIBUTE_KEY:
      return !text.empty() && All(text, IsPrintable);
    case v1::FORMAT_ATTRIBUTE_VALUE:
      return IsAttributeValue(text);
    case v1::FORMAT_INSTANCE_ID:
      return IsInstanceId(text);
    case v1::FORMAT_NAMESPACE_NAME:
      return IsPrintableName(text, 1024);
    case v1::FORMAT_NAMESPACE_NAME_HTTP:
      return IsPrintableName(text, 1024) && !absl::StartsWith(text, "arn:");
    case v1::FORMAT_NAMESPACE_NAME_PRIVATE:
      return IsPrintableName(text, 253) && !absl::StartsWith(text, "arn:");
    case v1::FORMAT_NAMESPACE_NAME_PUBLIC:
      return IsPublicName(text);
    case v1::FORMAT_SERVICE_NAME:
      return IsServiceName(text);
    default:
      return true;
  }
}

}  // namespace cloudmap::registry
