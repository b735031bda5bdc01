// Method and path -> handler. Paths match exactly; HEAD is answered by the handler of GET.
//
//   Router router;
//   router.Add("GET", "/healthz", [](const Request&, Respond respond) { respond({.body = "ok\n"});
//   });
//
// Thread-safe once it is filled.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/http/message.h"

namespace cloudmap::http {

class Router {
 public:
  // REQUIRES: the method has no handler at that path yet.
  void Add(absl::string_view method, absl::string_view path, Handler handler);

  // Runs the handler, or answers 404 for a path that is not there and 405, with the methods that
  // are, for a method that is not.
  void Route(const Request& request, Respond respond) const;

 private:
  using Methods = std::vector<std::pair<std::string, Handler>>;
  absl::flat_hash_map<std::string, Methods> paths_;
};

}  // namespace cloudmap::http
