// The keys that clients sign with. A file of lines
//   ACCESS_KEY_ID SECRET_ACCESS_KEY
// with "#" comments and empty lines between them.
#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cloudmap::aws {

// Secret by access key id.
using Credentials = absl::flat_hash_map<std::string, std::string>;

// `file` is what errors call the text: "FILE:3: ...". A text without any key is an error too,
// since nobody could sign.
absl::StatusOr<Credentials> ParseCredentials(absl::string_view text, absl::string_view file);

absl::StatusOr<Credentials> LoadCredentials(const std::string& file);

}  // namespace cloudmap::aws
