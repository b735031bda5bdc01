// From the words given with a flag to the JSON of a request's member, by the member's type.
//
//   ValueOfFlag("--tags", tags, {"Key=team,Value=search"})    [{"Key": "team", "Value": "search"}]
//   ValueOfFlag("--max-results", max_results, {"10"})         10
//   ValueOfFlag("--attributes", attributes, {"a=1", "b=2"})   {"a": "1", "b": "2"}
//
// Errors are InvalidArgument; the message names the flag and says how to write the value.
// Pure functions; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "nlohmann/json.hpp"

namespace cloudmap::cli {

// `flag` is the flag's name with its dashes, for errors. `values` are the words that were given
// with it, in UTF-8: for a list or a map any number, which add up; otherwise the last one counts. A
// word that begins with { or [ is JSON. Other words are taken as they are where the member is a
// single string, number or name of an enum; they are split at commas for a list of those, and are
// pairs or shorthand (shorthand.h) for maps and structures. REQUIRES: `values` is not empty.
absl::StatusOr<nlohmann::json> ValueOfFlag(absl::string_view flag,
                                           const google::protobuf::FieldDescriptor& field,
                                           const std::vector<std::string>& values);

// `value` made to fit `type`: a string becomes a number where the member is one, a single value
// becomes a list of one where the member is a list. Unknown members, unknown names of enums and
// values of another kind are errors. `path` is what errors call the value: the flag at first, with
// the member's name behind it further in.
absl::StatusOr<nlohmann::json> FitObject(absl::string_view path,
                                         const google::protobuf::Descriptor& type,
                                         const nlohmann::json& value);

}  // namespace cloudmap::cli
