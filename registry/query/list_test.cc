#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "registry/base/random.h"
#include "registry/query/page.h"
#include "registry/testing/list_fixture.h"

namespace cloudmap::registry {
namespace {

class Pages : public ListTest {};

TEST_F(Pages, OfOperationsComeInTheOrderOfTime) {
  std::vector<std::string> started;
  for (int i = 0; i < 20; ++i) {
    started.push_back(Start(CreateHttpNamespace, absl::StrCat("name: 'timed-", i, "'")));
    now += absl::Milliseconds(7);
  }
  const auto listed = Read(ListOperations, "max_results: 100");
  std::vector<std::string> ids;
  for (const auto& operation : listed.operations()) {
    ids.push_back(operation.id());
  }
  ids.erase(ids.begin(), ids.end() - 20);
  EXPECT_EQ(ids, started);
}

TEST_F(Pages, OfEveryListHaveNoDuplicatesAndEnd) {
  Ids namespaces;
  Ids services;
  Ids instances;
  for (int i = 0; i < 7; ++i) {
    namespaces.insert(HttpNamespace(absl::StrCat("ns", i)));
    services.insert(Service(*namespaces.begin(), absl::StrCat("s", i)).id());
  }
  // The services went to whichever namespace was the first by then.
  const std::string service = *services.begin();
  for (int i = 0; i < 7; ++i) {
    instances.insert(absl::StrCat("i-", i));
    Register(service, absl::StrCat("i-", i));
  }
  Ids operations;
  state.operations().ForEach(
      [&operations](absl::string_view id, const auto&) { operations.emplace(id); });
  for (const int size : {1, 2, 3, 7, 100}) {
    const std::string max = absl::StrCat("max_results: ", size);
    EXPECT_EQ(Namespaces(max), namespaces);
    EXPECT_EQ(Services(max), services);
    EXPECT_EQ(Operations(max), operations);
    EXPECT_EQ(AllPages(ListInstances, absl::StrCat("service_id: '", service, "' ", max),
                       AddInstances, [] {}),
              instances);
    EXPECT_EQ(AllPages(
                  GetInstancesHealthStatus, absl::StrCat("service_id: '", service, "' ", max),
                  [](const v1::GetInstancesHealthStatusResponse& response,
                     std::vector<std::string>& ids) {
                    for (const auto& [id, health] : response.status()) {
                      ids.push_back(id);
                    }
                  },
                  [] {}),
              instances);
  }
}

TEST_F(Pages, HoldAHundredUnlessToldOtherwiseAndTheLastHasNoToken) {
  const std::string service = Service(HttpNamespace("apps"), "web").id();
  for (int i = 0; i < 100; ++i) {
    Register(service, absl::StrCat("i-", i));
  }
  const std::string request = absl::StrCat("service_id: '", service, "'");
  EXPECT_EQ(Read(ListInstances, request).instances_size(), 100);
  EXPECT_FALSE(Read(ListInstances, request).has_next_token());
  Register(service, "i-100");
  EXPECT_EQ(Read(ListInstances, request).instances_size(), 100);
  EXPECT_TRUE(Read(ListInstances, request).has_next_token());
}

TEST_F(Pages, StayStableWhileEntriesComeAndGo) {
  const std::string service = Service(HttpNamespace("apps"), "web").id();
  Ids staying;
  for (int i = 0; i < 60; ++i) {
    staying.insert(absl::StrCat("stay-", i));
    Register(service, absl::StrCat("stay-", i));
    Register(service, absl::StrCat("go-", i));
  }
  FastRandom random(3);
  int coming = 0;
  const Ids seen = AllPages(
      ListInstances, absl::StrCat("service_id: '", service, "' max_results: 4"), AddInstances, [&] {
        for (int i = 0; i < 3; ++i) {
          const std::string leaving = absl::StrCat("go-", random.Below(60));
          if (state.FindInstance(service, leaving) != nullptr) {
            Start(DeregisterInstance, Instance(service, leaving));
          }
          Register(service, absl::StrCat("come-", coming++));
          Register(service, absl::StrCat("stay-", random.Below(60)), {{"new", "version"}});
        }
      });
  for (const std::string& id : staying) {
    EXPECT_EQ(seen.count(id), 1U) << id << " was skipped";
  }
}

TEST_F(Pages, GoOnThoughTheLastEntrySeenIsGone) {
  const std::string service = Service(HttpNamespace("apps"), "web").id();
  for (int i = 0; i < 5; ++i) {
    Register(service, absl::StrCat("i-", i));
  }
  const std::string request = absl::StrCat("service_id: '", service, "' max_results: 2");
  const v1::ListInstancesResponse first = Read(ListInstances, request);
  for (const auto& instance : first.instances()) {
    Start(DeregisterInstance, Instance(service, instance.id()));
  }
  const v1::ListInstancesResponse rest =
      Read(ListInstances,
           absl::StrCat("service_id: '", service, "' next_token: '", first.next_token(), "'"));
  EXPECT_EQ(rest.instances_size(), 3);
}

TEST_F(Pages, ATokenThatTheListDidNotGiveIsInvalidInput) {
  const std::string in = HttpNamespace("apps");
  const std::string a = Service(in, "a").id();
  const std::string b = Service(in, "b").id();
  for (const char* id : {"i-1", "i-2"}) {
    Register(a, id);
    Register(b, id);
  }
  const std::string token =
      Read(ListInstances, absl::StrCat("service_id: '", a, "' max_results: 1")).next_token();
  EXPECT_EQ(Fails(ListInstances, absl::StrCat("service_id: '", b, "' next_token: '", token, "'")),
            "InvalidInput");
  EXPECT_EQ(Fails(ListServices, absl::StrCat("next_token: '", token, "'")), "InvalidInput");
  std::string changed = token;
  changed[3] = changed[3] == 'A' ? 'B' : 'A';
  for (const std::string& bad : {changed, token + "AA", std::string("x"), std::string("!!"),
                                 std::string(4096, 'A'), token.substr(1)}) {
    EXPECT_EQ(Fails(ListInstances, absl::StrCat("service_id: '", a, "' next_token: '", bad, "'")),
              "InvalidInput")
        << bad;
  }
}

TEST_F(Pages, TokensOutliveARestart) {
  EXPECT_EQ(PageToken("ListServices", 1), PageToken("ListServices", 1));
  EXPECT_EQ(FirstHash("ListServices", PageToken("ListServices", 41)).value(), 42U);
  EXPECT_EQ(FirstHash("ListServices", "").value(), 0U);
}

}  // namespace
}  // namespace cloudmap::registry
