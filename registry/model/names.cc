#include "registry/model/names.h"

#include "absl/strings/str_split.h"

namespace cloudmap::registry {

bool IsDnsName(absl::string_view name) {
  if (!name.empty() && name.back() == '.') {
    name.remove_suffix(1);
  }
  if (name.empty() || name.size() > kDnsNameCharsMax) {
    return false;
  }
  for (const absl::string_view label : absl::StrSplit(name, '.')) {
    if (label.empty() || label.size() > 63) {
      return false;
    }
  }
  return true;
}

}  // namespace cloudmap::registry
