#include "server/aws/aws_errors.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "registry/errors.h"

namespace cloudmap::aws {

std::string Quoted(absl::string_view header_value) {
  return absl::StrCat("'", absl::CHexEscape(header_value), "'");
}

http::Response ErrorResponse(const v1::ErrorDetail& detail) {
  nlohmann::ordered_json body = {{"__type", detail.type()}, {"Message", detail.message()}};
  for (const auto& [name, value] : detail.members()) {
    body[name] = value;
  }
  body["message"] = detail.message();
  using nlohmann::json;
  return {.status = ShapeOf(detail.code()).http_status(),
          .content_type = kContentType,
          .headers = {{"x-amzn-ErrorType", detail.type()}},
          // Not strict, which throws.
          .body = body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

}  // namespace cloudmap::aws
