// The AWS CLI's shorthand for structured values:
//
//   Name=TYPE,Values=HTTP,DNS_PRIVATE          {"Name": "TYPE", "Values": ["HTTP", "DNS_PRIVATE"]}
//   DnsRecords=[{Type=A,TTL=10}]               {"DnsRecords": [{"Type": "A", "TTL": "10"}]}
//   Description='a, b'                         {"Description": "a, b"}
//
// Every leaf is a string; who knows the field's type makes a number of it. A value is quoted with
// ' or ", and \ takes the next character as it is.
// https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html
//
// Thread safety: pure functions.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace cloudmap::cli {

// The object that `text` spells. The error is a sentence that says what is missing where.
absl::StatusOr<nlohmann::json> ParseShorthand(absl::string_view text);

// KEY=VALUE[,KEY=VALUE...] without lists or nesting: brackets and braces are ordinary characters.
absl::StatusOr<nlohmann::json> ParsePairs(absl::string_view text);

}  // namespace cloudmap::cli
