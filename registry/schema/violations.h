// Violations of the API model's constraints, in AWS's words. All of a request's are collected into
// one InvalidInput:
//
//   Violations violations;
//   violations.AddNull("id");
//   violations.ToStatus();   // InvalidInput: "1 validation error detected: Value null at 'id'
//   failed
//                            // to satisfy constraint: Member must not be null"
//
// Two readers fill one: the JSON reader with what a message cannot hold (null, wrong enum values),
// then Validate with the rest. Not thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "cloudmap/v1/options.pb.h"
#include "registry/limits.h"

namespace cloudmap::registry {

class Violations {
 public:
  // Adds that a required member is not there. `path` is in AWS's form: lowerCamelCase, list
  // elements counted from 1 ("dnsConfig.dnsRecords.1.member.type").
  void AddNull(absl::string_view path);
  // Adds that a value breaks a constraint, the sentence after "failed to satisfy constraint: ".
  void Add(absl::string_view value, absl::string_view path, absl::string_view constraint);
  // Adds that an enum has no such value; `values` are those that it has.
  void AddEnum(absl::string_view value, absl::string_view path,
               const std::vector<std::string>& values);

  // True when AddNull was called for `path`: what is absent breaks no further constraint.
  bool IsNull(absl::string_view path) const;

  bool empty() const { return sentences_.empty(); }
  // True when there are kViolationsMax. More are not taken, and looking for them is a waste of
  // time.
  bool full() const { return sentences_.size() >= kViolationsMax; }
  // InvalidInput with every sentence, or OK when there is none.
  absl::Status ToStatus() const;

 private:
  std::vector<std::string> sentences_;
  std::vector<std::string> null_paths_;
};

// The constraint that a text of another format breaks: "Member must satisfy regular expression
// pattern: ..." and the pattern of the API's model.
std::string PatternConstraint(v1::Format format);
// All constraints of a list's or map's elements, as AWS lists them once one is broken.
std::string ElementConstraints(const v1::FieldRules& rules);

// The path of member `json_name` ("DnsConfig") below `parent` ("" at the top): "dnsConfig".
std::string MemberPath(absl::string_view parent, absl::string_view json_name);
// The path of element `index` (from 0) of the list at `parent`.
std::string ElementPath(absl::string_view parent, int index);

}  // namespace cloudmap::registry
