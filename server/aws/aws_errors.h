// Errors as AWS JSON 1.1 writes them: the error's name in `__type` and in X-Amzn-ErrorType, its
// text in Message (the API model's spelling) and message (that of errors common to all services),
// further members beside it. Thread-safe.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "cloudmap/v1/errors.pb.h"
#include "server/http/message.h"

namespace cloudmap::aws {

inline constexpr char kContentType[] = "application/x-amz-json-1.1";

// A header's value as an error quotes it: in quotes, and escaped, since it can hold any bytes while
// an error's text is UTF-8.
std::string Quoted(absl::string_view header_value);

http::Response ErrorResponse(const v1::ErrorDetail& detail);

}  // namespace cloudmap::aws
