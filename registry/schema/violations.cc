#include "registry/schema/violations.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "registry/errors.h"

namespace cloudmap::registry {

void Violations::AddNull(absl::string_view path) {
  if (full()) {
    return;
  }
  null_paths_.emplace_back(path);
  sentences_.push_back(absl::StrCat("Value null at '", path,
                                    "' failed to satisfy constraint: Member must not be null"));
}

bool Violations::IsNull(absl::string_view path) const {
  return std::find(null_paths_.begin(), null_paths_.end(), path) != null_paths_.end();
}

void Violations::Add(absl::string_view value, absl::string_view path,
                     absl::string_view constraint) {
  if (full()) {
    return;
  }
  sentences_.push_back(absl::StrCat("Value '", value, "' at '", path,
                                    "' failed to satisfy constraint: ", constraint));
}

void Violations::AddEnum(absl::string_view value, absl::string_view path,
                         const std::vector<std::string>& values) {
  Add(value, path,
      absl::StrCat("Member must satisfy enum value set: [", absl::StrJoin(values, ", "), "]"));
}

absl::Status Violations::ToStatus() const {
  if (sentences_.empty()) {
    return absl::OkStatus();
  }
  return InvalidInput(absl::StrCat(sentences_.size(), " validation error",
                                   sentences_.size() == 1 ? "" : "s",
                                   " detected: ", absl::StrJoin(sentences_, "; ")));
}

std::string PatternConstraint(v1::Format format) {
  const auto& options = v1::Format_descriptor()->FindValueByNumber(format)->options();
  return absl::StrCat("Member must satisfy regular expression pattern: ",
                      options.GetExtension(v1::pattern));
}

std::string ElementConstraints(const v1::FieldRules& rules) {
  std::vector<std::string> all;
  if (rules.has_length()) {
    all.push_back(
        absl::StrCat("Member must have length less than or equal to ", rules.length().max()));
    all.push_back(
        absl::StrCat("Member must have length greater than or equal to ", rules.length().min()));
  }
  if (rules.format() != v1::FORMAT_UNSPECIFIED) {
    all.push_back(PatternConstraint(rules.format()));
  }
  all.push_back("Member must not be null");
  return absl::StrCat("[", absl::StrJoin(all, ", "), "]");
}

std::string MemberPath(absl::string_view parent, absl::string_view json_name) {
  std::string name(json_name);
  if (!name.empty()) {
    name[0] = absl::ascii_tolower(static_cast<unsigned char>(name[0]));
  }
  return parent.empty() ? name : absl::StrCat(parent, ".", name);
}

std::string ElementPath(absl::string_view parent, int index) {
  return absl::StrCat(parent, ".", index + 1, ".member");
}

}  // namespace cloudmap::registry
