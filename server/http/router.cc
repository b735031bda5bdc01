#include "server/http/router.h"

#include "absl/strings/str_cat.h"
#include "registry/base/check.h"

namespace cloudmap::http {
namespace {

const Handler* Find(const std::vector<std::pair<std::string, Handler>>& methods,
                    absl::string_view method) {
  for (const auto& [name, handler] : methods) {
    if (name == method) {
      return &handler;
    }
  }
  return nullptr;
}

}  // namespace

void Router::Add(absl::string_view method, absl::string_view path, Handler handler) {
  Methods& methods = paths_[path];
  CLOUDMAP_CHECK(Find(methods, method) == nullptr, "one handler for a method and path");
  methods.emplace_back(std::string(method), std::move(handler));
}

void Router::Route(const Request& request, Respond respond) const {
  const auto found = paths_.find(request.path);
  if (found == paths_.end()) {
    respond({.status = 404, .headers = {}, .body = "There is nothing at this path.\n"});
    return;
  }
  const Methods& methods = found->second;
  if (const Handler* handler = Find(methods, request.method)) {
    (*handler)(request, std::move(respond));
    return;
  }
  const Handler* get = Find(methods, "GET");
  if (request.method == "HEAD" && get != nullptr) {
    (*get)(request, std::move(respond));
    return;
  }
  std::string allow;
  for (const auto& [name, handler] : methods) {
    absl::StrAppend(&allow, allow.empty() ? "" : ", ", name, name == "GET" ? ", HEAD" : "");
  }
  respond({.status = 405,
           .headers = {{"Allow", allow}},
           .body = absl::StrCat("The methods of this path are ", allow, ".\n")});
}

}  // namespace cloudmap::http
