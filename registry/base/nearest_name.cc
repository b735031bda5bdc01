#include "registry/base/nearest_name.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace cloudmap {
namespace {

// The optimal string alignment distance, row by row.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> two_up(b.size() + 1);
  std::vector<size_t> up(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (size_t i = 1; i <= a.size(); ++i) {
    two_up.swap(up);
    up.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({up[j] + 1, row[j - 1] + 1, up[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], two_up[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

}  // namespace

std::string NearestName(absl::string_view name, const std::vector<std::string>& known) {
  std::string nearest;
  size_t least = name.size() / 3 + 1;
  for (const std::string& candidate : known) {
    const size_t distance = Distance(name, candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string DescribeUnknown(const std::vector<std::string>& arguments,
                            const std::vector<std::string>& known) {
  std::string text;
  bool may_be_value = false;
  for (const std::string& argument : arguments) {
    if (!absl::StartsWith(argument, "-")) {
      if (!may_be_value) {
        absl::StrAppend(&text, text.empty() ? "" : ", ", "unexpected argument '", argument, "'");
      }
      may_be_value = false;
      continue;
    }
    const size_t equals = argument.find('=');
    const std::string option = argument.substr(0, equals);
    const std::string nearest = NearestName(option, known);
    absl::StrAppend(&text, text.empty() ? "" : ", ", "unknown option ", option);
    if (!nearest.empty()) {
      absl::StrAppend(&text, " (did you mean ", nearest, "?)");
    }
    may_be_value = equals == std::string::npos;
  }
  return text;
}

}  // namespace cloudmap
