// From the text of a flag to the JSON of a request's member, by the member's type.
//
// Errors are InvalidArgument, name the flag and say how to write the value.
// Thread safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "nlohmann/json.hpp"

namespace cloudmap::cli {

// `values` are what was given with `flag` ("--dns-config"): one, or for a list or a map any
// number. Each may be JSON; otherwise text, lists and pairs split at commas, or shorthand.
absl::StatusOr<nlohmann::json> ValueOfFlag(absl::string_view flag,
                                           const google::protobuf::FieldDescriptor& field,
                                           const std::vector<std::string>& values);

// `value` as AWS JSON of `type`: strings become numbers where the member is one, a single value
// becomes a list where the member is one. Unknown members and enum values are errors. `path` is
// what errors call the value.
absl::StatusOr<nlohmann::json> FitObject(absl::string_view path,
                                         const google::protobuf::Descriptor& type,
                                         const nlohmann::json& value);

}  // namespace cloudmap::cli
