#include "registry/model/names.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cloudmap::registry {
namespace {
constexpr size_t kLabelBytesMax = 63;
}  // namespace

bool IsDnsName(absl::string_view name) {
  name = WithoutTrailingDot(name);
  if (name.empty() || name.size() > kDnsNameCharsMax) {
    return false;
  }
  for (const absl::string_view label : absl::StrSplit(name, '.')) {
    if (label.empty() || label.size() > kLabelBytesMax) {
      return false;
    }
  }
  return true;
}

absl::string_view WithoutTrailingDot(absl::string_view name) {
  return absl::EndsWith(name, ".") ? name.substr(0, name.size() - 1) : name;
}

std::string CanonicalDnsName(absl::string_view name) {
  return absl::AsciiStrToLower(WithoutTrailingDot(name));
}

bool IsDnsNamespace(v1::NamespaceType type) {
  return type == v1::NAMESPACE_TYPE_DNS_PRIVATE || type == v1::NAMESPACE_TYPE_DNS_PUBLIC;
}

std::string ServiceNameKey(v1::NamespaceType type, absl::string_view service_name) {
  return IsDnsNamespace(type) ? absl::AsciiStrToLower(service_name) : std::string(service_name);
}

std::string DnsNamespaceKey(absl::string_view name) {
  return absl::StrCat("d/", CanonicalDnsName(name));
}

std::string HttpNamespaceKey(absl::string_view name) { return absl::StrCat("h/", name); }

std::string NamespaceNameKey(v1::NamespaceType type, absl::string_view name) {
  return IsDnsNamespace(type) ? DnsNamespaceKey(name) : HttpNamespaceKey(name);
}

}  // namespace cloudmap::registry
