// What an HTTP handler is given and gives back.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"

namespace cloudmap::http {

// Views into the connection's buffers: valid only until the handler returns.
struct Request {
  absl::string_view method;
  absl::string_view path;   // The target before "?", as it came.
  absl::string_view query;  // The target after "?".
  // In the order received, except that fields of one name stand together.
  std::vector<std::pair<absl::string_view, absl::string_view>> headers;
  absl::string_view body;
  absl::string_view remote;  // "ip:port" of the client.

  // The first header of that name, in any case; "" when there is none.
  absl::string_view Header(absl::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// Callable from any thread, once. A Respond that is destroyed without having been called answers
// 500. Calling it after the server has stopped does nothing.
using Respond = absl::AnyInvocable<void(Response)>;

// Called on an HTTP thread, which serves many connections: must not block. Thread-safe.
using Handler = std::function<void(const Request&, Respond)>;

}  // namespace cloudmap::http
