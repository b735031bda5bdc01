// The AWS CLI's shorthand for structured values:
//
//   Name=TYPE,Values=HTTP,DNS_PRIVATE          {"Name": "TYPE", "Values": ["HTTP", "DNS_PRIVATE"]}
//   DnsRecords=[{Type=A,TTL=10}]               {"DnsRecords": [{"Type": "A", "TTL": "10"}]}
//   Description='a, b'                         {"Description": "a, b"}
//
// Every leaf is a string; who knows the member's type makes a number of it (flag_value.h). A value
// is quoted with ' or ", and \ takes the next character as it is.
// https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html
//
// Errors are InvalidArgument; the message begins with the text, quoted, and says what is missing or
// too much where. Pure functions; thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace cloudmap::cli {

// The object that `text` spells, at most 16 levels deep.
absl::StatusOr<nlohmann::json> ParseShorthand(absl::string_view text);

// The object of KEY=VALUE[,KEY=VALUE...], where values are strings: brackets and braces are
// ordinary characters, so that attributes may hold them.
absl::StatusOr<nlohmann::json> ParsePairs(absl::string_view text);

}  // namespace cloudmap::cli
