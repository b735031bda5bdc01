// The fixture of tests of lists: every list as the set of ids on all its pages.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "registry/testing/rules_harness.h"

namespace cloudmap::registry {

using Ids = std::set<std::string>;

class ListTest : public RulesTest {
 protected:
  // The ids on all pages; fails on an id that comes twice. `between` runs after each page.
  template <typename Request, typename Response, typename Add, typename Between>
  Ids AllPages(Query<Request, Response> list, const std::string& request, const Add& add,
               const Between& between) {
    Ids all;
    std::string token;
    for (int page = 0; page < 1000; ++page) {
      const Response response =
          Read(list, token.empty() ? request : absl::StrCat(request, " next_token: '", token, "'"));
      std::vector<std::string> ids;
      add(response, ids);
      for (const std::string& id : ids) {
        EXPECT_TRUE(all.insert(id).second) << id << " came twice";
      }
      if (!response.has_next_token()) {
        return all;
      }
      token = response.next_token();
      EXPECT_FALSE(token.empty());
      between();
    }
    ADD_FAILURE() << "the list does not end";
    return all;
  }
  Ids Namespaces(const std::string& request) {
    return AllPages(
        ListNamespaces, request,
        [](const v1::ListNamespacesResponse& response, std::vector<std::string>& ids) {
          for (const auto& entry : response.namespaces()) {
            ids.push_back(entry.id());
          }
        },
        [] {});
  }
  Ids Services(const std::string& request) {
    return AllPages(
        ListServices, request,
        [](const v1::ListServicesResponse& response, std::vector<std::string>& ids) {
          for (const auto& entry : response.services()) {
            ids.push_back(entry.id());
          }
        },
        [] {});
  }
  static void AddInstances(const v1::ListInstancesResponse& response,
                           std::vector<std::string>& ids) {
    for (const auto& entry : response.instances()) {
      ids.push_back(entry.id());
    }
  }
  Ids Operations(const std::string& request) {
    return AllPages(
        ListOperations, request,
        [](const v1::ListOperationsResponse& response, std::vector<std::string>& ids) {
          for (const auto& entry : response.operations()) {
            ids.push_back(entry.id());
          }
        },
        [] {});
  }
  template <typename Request, typename Response>
  std::string Fails(Query<Request, Response> list, const std::string& request) {
    return TypeOf(TryRead(list, request).status());
  }
};

}  // namespace cloudmap::registry
