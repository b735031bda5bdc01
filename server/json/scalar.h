// Scalar values of JSON, as the parser reads them, and what they are as values of a message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace cloudmap::json {

// Neither an object nor a list. Strings are the parser's, to be moved from.
using Scalar = std::variant<std::nullptr_t, bool, int64_t, uint64_t, double, std::string*>;

// "null", "boolean", "number" or "string".
absl::string_view TypeName(const Scalar& value);

bool IsNumber(const Scalar& value);

// False for what is no integer of the type. REQUIRES: a number.
bool ToInt32(const Scalar& value, int32_t& out);
bool ToInt64(const Scalar& value, int64_t& out);

// Sets a google.protobuf.Timestamp to seconds since 1970, to the microsecond. False for a time that
// is not in the years 1 to 9999. REQUIRES: a number.
bool ToTimestamp(const Scalar& value, google::protobuf::Message& out);

}  // namespace cloudmap::json
