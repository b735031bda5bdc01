#include "registry/decide/host_name_warning.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "registry/model/record_types.h"

namespace cloudmap::registry {
namespace {

bool IsReadByCares(absl::string_view id) {
  return !absl::StrContains(id, ':') && !absl::StrContains(id, '@');
}

bool IsReadByGo(absl::string_view id) {
  const std::vector<absl::string_view> labels = absl::StrSplit(id, '.');
  return id.find_first_of("/:@") == absl::string_view::npos &&
         std::none_of(labels.begin(), labels.end(), [](absl::string_view label) {
           return absl::StartsWith(label, "-") || absl::EndsWith(label, "-");
         });
}

}  // namespace

std::string HostNameWarning(const NamespaceRecord& in, const ServiceRecord& service,
                            absl::string_view id) {
  // What c-ares refuses, Go refuses as well.
  if (!HasRecordType(service, v1::RECORD_TYPE_SRV) || IsReadByGo(id)) {
    return "";
  }
  return absl::StrCat(
      "instance '", id, "' of service ", service.name(), " (", service.id(), ") in ", in.name(),
      " has an SRV target that some resolvers do not read: ",
      IsReadByCares(id) ? "" : "c-ares (Node.js, Envoy, gRPC) refuses the whole answer, ",
      "Go reports an error; ids of letters, digits, '_' and inner '-' and '.' are read by all");
}

}  // namespace cloudmap::registry
