// Violations of the API model's constraints, in AWS's words. All of a request's are collected
// into one InvalidInput:
//   2 validation errors detected: Value 'x' at 'name' failed to satisfy constraint: Member must
//   have length less than or equal to 253; Value ...
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "cloudmap/v1/options.pb.h"

namespace cloudmap::registry {

class Violations {
 public:
  // A required member that is not there. `path` in AWS's form: lowerCamelCase, list elements
  // counted from 1 ("dnsConfig.dnsRecords.1.member.type").
  void AddNull(absl::string_view path);
  // `constraint` is the sentence after "failed to satisfy constraint: ".
  void Add(absl::string_view value, absl::string_view path, absl::string_view constraint);
  // An enum value that does not exist; `values` are those that do.
  void AddEnum(absl::string_view value, absl::string_view path,
               const std::vector<std::string>& values);

  // Whether AddNull was called for `path`: what is absent breaks no further constraint.
  bool IsNull(absl::string_view path) const;

  bool empty() const { return sentences_.empty(); }
  // More are not taken, so that neither the answer nor the time to make it follows the request's
  // size.
  bool full() const { return sentences_.size() >= kSentencesMax; }
  // InvalidInput with every sentence, or OK when there is none.
  absl::Status ToStatus() const;

 private:
  static constexpr size_t kSentencesMax = 100;

  std::vector<std::string> sentences_;
  std::vector<std::string> null_paths_;
};

// "Member must satisfy regular expression pattern: ...".
std::string PatternConstraint(v1::Format format);
// All constraints of a list's or map's elements, as AWS lists them once one is broken.
std::string ElementConstraints(const v1::FieldRules& rules);

// The path of member `json_name` ("DnsConfig") below `parent` ("" at the top): "dnsConfig".
std::string MemberPath(absl::string_view parent, absl::string_view json_name);
// The path of element `index` (from 0) of the list at `parent`.
std::string ElementPath(absl::string_view parent, int index);

}  // namespace cloudmap::registry
