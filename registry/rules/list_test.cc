#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "registry/base/random.h"
#include "registry/rules/page.h"
#include "tests/support/rules_harness.h"

namespace cloudmap::registry {
namespace {

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

class Filters : public ListTest {
 protected:
  Filters() {
    http_ = HttpNamespace("corp.http");
    private_ = PrivateNamespace("corp.private");
    public_ = PublicNamespace("other.public");
  }
  static std::string Filter(const std::string& kind, const std::string& name,
                            const std::vector<std::string>& values,
                            const std::string& condition = "") {
    std::string text = absl::StrCat(" filters { name: ", kind, "_FILTER_NAME_", name);
    for (const std::string& value : values) {
      absl::StrAppend(&text, " values: '", value, "'");
    }
    if (!condition.empty()) {
      absl::StrAppend(&text, " condition: FILTER_CONDITION_", condition);
    }
    return text + " }";
  }
  Ids NamespacesBy(const std::string& name, const std::string& value,
                   const std::string& condition = "") {
    return Namespaces(Filter("NAMESPACE", name, {value}, condition));
  }
  std::string http_;
  std::string private_;
  std::string public_;
};

TEST_F(Filters, NamespacesByType) {
  EXPECT_EQ(NamespacesBy("TYPE", "HTTP"), Ids{http_});
  EXPECT_EQ(NamespacesBy("TYPE", "DNS_PUBLIC", "EQ"), Ids{public_});
  EXPECT_EQ(NamespacesBy("TYPE", "DNS_", "BEGINS_WITH"), (Ids{private_, public_}));
}

TEST_F(Filters, NamespacesByNameAndHttpName) {
  EXPECT_EQ(NamespacesBy("NAME", "corp.http"), Ids{http_});
  EXPECT_EQ(NamespacesBy("NAME", "corp."), Ids());
  EXPECT_EQ(NamespacesBy("NAME", "corp.", "BEGINS_WITH"), (Ids{http_, private_}));
  const std::string second = PrivateNamespace("corp.private", "vpc-2");
  EXPECT_EQ(NamespacesBy("NAME", "corp.private"), (Ids{private_, second}));
  EXPECT_EQ(NamespacesBy("HTTP_NAME", "corp.private"), Ids{private_});
  EXPECT_EQ(NamespacesBy("HTTP_NAME", "corp.private-", "BEGINS_WITH"), Ids{second});
}

TEST_F(Filters, NamespacesAndServicesByOwner) {
  EXPECT_EQ(NamespacesBy("RESOURCE_OWNER", "SELF").size(), 3U);
  EXPECT_EQ(NamespacesBy("RESOURCE_OWNER", "OTHER_ACCOUNTS"), Ids());
  const std::string service = Service(http_, "web").id();
  EXPECT_EQ(Services(Filter("SERVICE", "RESOURCE_OWNER", {"SELF"})), Ids{service});
  EXPECT_EQ(Services(Filter("SERVICE", "RESOURCE_OWNER", {"OTHER_ACCOUNTS"})), Ids());
  EXPECT_EQ(Services(Filter("SERVICE", "RESOURCE_OWNER", {"OTHER_ACCOUNTS"}) +
                     Filter("SERVICE", "NAMESPACE_ID", {http_})),
            Ids());
}

TEST_F(Filters, AreAnded) {
  EXPECT_EQ(Namespaces(Filter("NAMESPACE", "NAME", {"corp."}, "BEGINS_WITH") +
                       Filter("NAMESPACE", "TYPE", {"HTTP"})),
            Ids{http_});
  EXPECT_EQ(Namespaces(Filter("NAMESPACE", "TYPE", {"DNS_PUBLIC"}) +
                       Filter("NAMESPACE", "TYPE", {"HTTP"})),
            Ids());
}

TEST_F(Filters, WorkPageByPage) {
  Ids expected{http_};
  for (int i = 0; i < 20; ++i) {
    expected.insert(HttpNamespace(absl::StrCat("h", i)));
    PublicNamespace(absl::StrCat("p", i, ".com"));
  }
  EXPECT_EQ(Namespaces(Filter("NAMESPACE", "TYPE", {"HTTP"}) + " max_results: 3"), expected);
}

TEST_F(Filters, ServicesByNamespaceIdOrArnAndAnUnknownOneIsEmpty) {
  const std::string a = Service(http_, "web").id();
  const std::string b = Service(private_, "web").id();
  EXPECT_EQ(Services(""), (Ids{a, b}));
  EXPECT_EQ(Services(Filter("SERVICE", "NAMESPACE_ID", {http_})), Ids{a});
  EXPECT_EQ(Services(Filter("SERVICE", "NAMESPACE_ID", {GetNamespace(private_).arn()}, "EQ")),
            Ids{b});
  EXPECT_EQ(Services(Filter("SERVICE", "NAMESPACE_ID", {"ns-x"})), Ids());
  EXPECT_EQ(Services(Filter("SERVICE", "NAMESPACE_ID", {http_}) +
                     Filter("SERVICE", "NAMESPACE_ID", {private_})),
            Ids());
}

TEST_F(Filters, ServiceSummaryHasRecordsButNoNamespaceId) {
  Service(
      private_, "web",
      "dns_config { dns_records { type: RECORD_TYPE_A ttl: 60 } } health_check_custom_config {}");
  Service(http_, "api");
  const v1::ListServicesResponse response = Read(ListServices, "");
  ASSERT_EQ(response.services_size(), 2);
  for (const v1::ServiceSummary& service : response.services()) {
    EXPECT_TRUE(service.has_dns_config()) << "an empty object without DNS";
    EXPECT_FALSE(service.dns_config().has_namespace_id());
    EXPECT_EQ(service.dns_config().dns_records_size(), service.name() == "web" ? 1 : 0);
    EXPECT_EQ(service.has_health_check_custom_config(), service.name() == "web");
    EXPECT_EQ(service.created_by_account(), "000000000000");
    EXPECT_TRUE(service.has_create_date());
    EXPECT_TRUE(service.has_instance_count());
  }
}

TEST_F(Filters, NamespaceSummaryHasProperties) {
  Service(http_, "web");
  const v1::ListNamespacesResponse response = Read(ListNamespaces, "");
  ASSERT_EQ(response.namespaces_size(), 3);
  for (const v1::NamespaceSummary& summary : response.namespaces()) {
    EXPECT_EQ(summary.properties().http_properties().http_name(), summary.name());
    EXPECT_EQ(summary.properties().dns_properties().has_hosted_zone_id(), summary.id() != http_);
    EXPECT_EQ(summary.service_count(), summary.id() == http_ ? 1 : 0);
    EXPECT_EQ(summary.arn(), GetNamespace(summary.id()).arn());
  }
}

TEST_F(Filters, OperationsByTargetTypeAndStatus) {
  const std::string web = Service(http_, "web").id();
  const std::string api = Service(private_, "api").id();
  const std::string a = Register(web, "i-1");
  const std::string b = Register(api, "i-1");
  const std::string c = Start(DeregisterInstance, Instance(web, "i-1"));
  PrivateNamespace("corp.x", "vpc-1");
  const std::string failed = Start(CreatePrivateDnsNamespace, "name: 'corp.x' vpc: 'vpc-1'");
  const auto by = [this](const std::string& name, const std::vector<std::string>& values,
                         const std::string& condition = "") {
    return Operations(Filter("OPERATION", name, values, condition));
  };
  EXPECT_EQ(by("SERVICE_ID", {web}), (Ids{a, c}));
  EXPECT_EQ(by("NAMESPACE_ID", {private_}).count(b), 1U);
  EXPECT_EQ(by("NAMESPACE_ID", {private_}).size(), 2U) << "creation and registration";
  EXPECT_EQ(by("TYPE", {"DEREGISTER_INSTANCE"}), Ids{c});
  EXPECT_EQ(by("TYPE", {"DEREGISTER_INSTANCE", "REGISTER_INSTANCE"}, "IN"), (Ids{a, b, c}));
  EXPECT_EQ(by("STATUS", {"FAIL"}), Ids{failed});
  EXPECT_EQ(by("STATUS", {"FAIL", "PENDING"}, "IN"), Ids{failed});
  EXPECT_EQ(by("STATUS", {"SUCCESS"}, "EQ").count(failed), 0U);
  EXPECT_EQ(Operations(Filter("OPERATION", "SERVICE_ID", {web}) +
                       Filter("OPERATION", "TYPE", {"REGISTER_INSTANCE"})),
            Ids{a});
}

TEST_F(Filters, OperationsByUpdateDateBetweenTwoTimesBothIncluded) {
  const auto between = [](const std::string& first, const std::string& last) {
    return Filter("OPERATION", "UPDATE_DATE", {first, last}, "BETWEEN");
  };
  const size_t at_start = Operations("").size();
  EXPECT_EQ(Operations(between("1587055860.121", "1587055860.121")).size(), at_start)
      << "to the millisecond";
  EXPECT_EQ(Operations(between("1587055860.122", "1587055861")).size(), 0U);
  EXPECT_EQ(Operations(between("0", "1587055860.120")).size(), 0U);
  now += absl::Seconds(10);
  const std::string later = Start(CreateHttpNamespace, "name: 'later'");
  EXPECT_EQ(Operations(between("1587055865", "1587055875")), Ids{later});
  for (const auto& [first, last] : {std::pair("2", "1"), std::pair("x", "1"), std::pair("1", "nan"),
                                    std::pair("-1", "1"), std::pair("0", "inf")}) {
    EXPECT_EQ(Fails(ListOperations, between(first, last)), "InvalidInput") << first << " " << last;
  }
}

TEST_F(Filters, OtherCombinationsAreInvalidInput) {
  const auto bad = [this](const std::string& kind, const std::string& name,
                          const std::vector<std::string>& values, const std::string& condition) {
    const std::string filter = Filter(kind, name, values, condition);
    const std::string type = kind == "NAMESPACE" ? Fails(ListNamespaces, filter)
                             : kind == "SERVICE" ? Fails(ListServices, filter)
                                                 : Fails(ListOperations, filter);
    EXPECT_EQ(type, "InvalidInput") << filter;
  };
  bad("NAMESPACE", "TYPE", {"HTTP"}, "IN");
  bad("NAMESPACE", "TYPE", {"HTTP"}, "BETWEEN");
  bad("NAMESPACE", "TYPE", {"HTTP", "DNS_PUBLIC"}, "EQ");
  bad("NAMESPACE", "TYPE", {"http"}, "EQ");
  bad("NAMESPACE", "TYPE", {}, "EQ");
  bad("NAMESPACE", "NAME", {"a", "b"}, "");
  bad("NAMESPACE", "NAME", {"a"}, "IN");
  bad("NAMESPACE", "HTTP_NAME", {"a"}, "BETWEEN");
  bad("NAMESPACE", "RESOURCE_OWNER", {"SELF"}, "BEGINS_WITH");
  bad("NAMESPACE", "RESOURCE_OWNER", {"ME"}, "EQ");
  bad("SERVICE", "NAMESPACE_ID", {"a"}, "IN");
  bad("SERVICE", "NAMESPACE_ID", {"a", "b"}, "EQ");
  bad("SERVICE", "NAMESPACE_ID", {"a"}, "BEGINS_WITH");
  bad("SERVICE", "RESOURCE_OWNER", {"000000000000"}, "EQ");
  bad("OPERATION", "NAMESPACE_ID", {"a"}, "IN");
  bad("OPERATION", "SERVICE_ID", {"a"}, "BEGINS_WITH");
  bad("OPERATION", "STATUS", {"SUCCESS"}, "BEGINS_WITH");
  bad("OPERATION", "STATUS", {"DONE"}, "EQ");
  bad("OPERATION", "STATUS", {"SUCCESS", "FAIL"}, "EQ");
  bad("OPERATION", "TYPE", {"CREATE_SERVICE"}, "IN");
  bad("OPERATION", "UPDATE_DATE", {"1", "2"}, "EQ");
  bad("OPERATION", "UPDATE_DATE", {"1", "2"}, "");
  bad("OPERATION", "UPDATE_DATE", {"1"}, "BETWEEN");
  bad("OPERATION", "UPDATE_DATE", {"1", "2", "3"}, "BETWEEN");
}

class OperationsTest : public ListTest {};

// moto throws away what has no NAMESPACE target.
TEST_F(OperationsTest, ListingForgetsNothing) {
  const std::string service = Service(HttpNamespace("apps"), "web").id();
  const std::string id = Register(service, "i-1");
  EXPECT_EQ(Operations("").count(id), 1U);
  EXPECT_EQ(GetOperation(id).status(), v1::OPERATION_STATUS_SUCCESS);
}

TEST_F(OperationsTest, SummariesAreIdAndStatus) {
  const std::string id = Start(CreateHttpNamespace, "name: 'apps'");
  const v1::ListOperationsResponse response = Read(ListOperations, "");
  ASSERT_EQ(response.operations_size(), 1);
  EXPECT_EQ(response.operations(0).id(), id);
  EXPECT_EQ(response.operations(0).status(), v1::OPERATION_STATUS_SUCCESS);
}

TEST_F(OperationsTest, OfADeletedNamespaceAreNotListedButCanBeAsked) {
  const std::string created = Start(CreateHttpNamespace, "name: 'apps'");
  const std::string in = NamespaceOf(created);
  const std::string service = Service(in, "web").id();
  const std::string registered = Register(service, "i-1");
  Start(DeregisterInstance, Instance(service, "i-1"));
  EXPECT_EQ(Try(DeleteService, absl::StrCat("id: '", service, "'")), "OK");
  const std::string other = Start(CreateHttpNamespace, "name: 'other'");
  const std::string removed = Start(DeleteNamespace, absl::StrCat("id: '", in, "'"));
  EXPECT_EQ(Operations(""), (Ids{other, removed}));
  EXPECT_EQ(GetOperation(removed).status(), v1::OPERATION_STATUS_SUCCESS);
  EXPECT_EQ(GetOperation(registered).status(), v1::OPERATION_STATUS_SUCCESS);
}

TEST_F(OperationsTest, AFailedOneOfADeletedNamespaceIsNotListedEither) {
  const std::string in = PrivateNamespace("corp");
  const std::string service =
      Service(in, "web", "dns_config { dns_records { type: RECORD_TYPE_SRV ttl: 60 } }").id();
  const std::string failed =
      Register(service, "a..b", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "80"}});
  EXPECT_EQ(Operations("").count(failed), 1U);
  EXPECT_EQ(Try(DeleteService, absl::StrCat("id: '", service, "'")), "OK");
  const std::string removed = Start(DeleteNamespace, absl::StrCat("id: '", in, "'"));
  EXPECT_EQ(Operations(""), Ids{removed});
}

TEST_F(OperationsTest, UnknownOnesAndAnotherOwnersAreOperationNotFound) {
  const std::string id = Start(CreateHttpNamespace, "name: 'apps'");
  EXPECT_EQ(Fails(registry::GetOperation, "operation_id: 'x'"), "OperationNotFound");
  const std::string request = absl::StrCat("operation_id: '", id, "' ");
  EXPECT_EQ(Fails(registry::GetOperation, request + "owner_account: '111122223333'"),
            "OperationNotFound");
  EXPECT_EQ(Fails(registry::GetOperation, request + "owner_account: '000000000000'"), "OK");
}

TEST_F(OperationsTest, PruningForgetsFinishedOnesAndTheirTokensAlone) {
  const std::string done = Start(CreateHttpNamespace, "name: 'a' creator_request_id: 't'");
  options.operation_delay = absl::Seconds(1);
  const std::string pending = Start(CreateHttpNamespace, "name: 'b'");
  now += kOperationRetention - absl::Milliseconds(10);
  EXPECT_TRUE(ApplyDecision(PruneOperations(state, NextContext())).ok());
  EXPECT_EQ(GetOperation(done).status(), v1::OPERATION_STATUS_SUCCESS);
  now += absl::Seconds(1);
  EXPECT_TRUE(ApplyDecision(PruneOperations(state, NextContext())).ok());
  EXPECT_EQ(Fails(registry::GetOperation, absl::StrCat("operation_id: '", done, "'")),
            "OperationNotFound");
  EXPECT_EQ(GetOperation(pending).status(), v1::OPERATION_STATUS_PENDING);
  EXPECT_EQ(TryType(CreateHttpNamespace, "name: 'a' creator_request_id: 't'"),
            "NamespaceAlreadyExists")
      << "the retry is forgotten, the namespace is not";
}

TEST_F(OperationsTest, PruningForgetsTheOldestOfTooMany) {
  Mutation many;
  for (size_t i = 0; i < kOperationsMax; ++i) {
    OperationRecord record;
    record.set_id(OperationId(absl::StrCat("target-", i), absl::ToUnixMillis(now)));
    record.set_status(v1::OPERATION_STATUS_SUCCESS);
    record.set_update_ms(absl::ToUnixMillis(now));
    many.Put(std::move(record));
  }
  state = Apply(std::move(state), many.changes(), state.revision() + 1);
  now -= absl::Seconds(2);
  const std::string oldest = Start(CreateHttpNamespace, "name: 'a'");
  now += absl::Seconds(1);
  const std::string older = Start(CreateHttpNamespace, "name: 'b'");
  now += absl::Seconds(2);
  const std::string newest = Start(CreateHttpNamespace, "name: 'c'");
  EXPECT_EQ(CountFinished(state), kOperationsMax + 3);
  EXPECT_TRUE(ApplyDecision(PruneOperations(state, NextContext())).ok());
  EXPECT_EQ(CountFinished(state), kOperationsMax);
  EXPECT_EQ(state.FindOperation(oldest), nullptr);
  EXPECT_EQ(state.FindOperation(older), nullptr);
  EXPECT_NE(state.FindOperation(newest), nullptr);
}

TEST_F(OperationsTest, PruningGoesOnPastOnesThatArePendingForLong) {
  const std::string first = Start(CreateHttpNamespace, "name: 'a'");
  now += absl::Seconds(1);
  options.operation_delay = 2 * kOperationRetention;
  const std::string pending = Start(CreateHttpNamespace, "name: 'b'");
  options.operation_delay = absl::ZeroDuration();
  now += absl::Seconds(1);
  const std::string second = Start(CreateHttpNamespace, "name: 'c'");
  now += kOperationRetention;
  const std::string young = Start(CreateHttpNamespace, "name: 'd'");
  EXPECT_TRUE(ApplyDecision(PruneOperations(state, NextContext())).ok());
  EXPECT_EQ(state.FindOperation(first), nullptr);
  EXPECT_EQ(state.FindOperation(second), nullptr);
  EXPECT_NE(state.FindOperation(pending), nullptr);
  EXPECT_NE(state.FindOperation(young), nullptr);
  EXPECT_TRUE(PruneOperations(state, NextContext())->mutation.changes().empty());
}

TEST_F(OperationsTest, PruningTakesNoMoreThanABatchAtOnce) {
  Mutation many;
  for (size_t i = 0; i < kPruneBatchMax + 3; ++i) {
    OperationRecord record;
    // All in one millisecond, so that the place of some may be shared.
    record.set_id(OperationId(absl::StrCat("target-", i), 1000));
    record.set_status(v1::OPERATION_STATUS_SUCCESS);
    record.set_update_ms(1000);
    record.set_method("CreateHttpNamespace");
    record.set_request_token(absl::StrCat("t-", i));
    many.Put(std::move(record));
  }
  state = Apply(std::move(state), many.changes(), state.revision() + 1);
  EXPECT_TRUE(ApplyDecision(PruneOperations(state, NextContext())).ok());
  EXPECT_GE(CountFinished(state), 3U);
  EXPECT_LT(CountFinished(state), 10U);
  EXPECT_TRUE(ApplyDecision(PruneOperations(state, NextContext())).ok());
  EXPECT_EQ(CountFinished(state), 0U);
  EXPECT_EQ(state.FindOperationByRequest(RequestKey("CreateHttpNamespace", "", "t-1")), nullptr);
}

TEST_F(OperationsTest, ManyOnOneTargetInOneMillisecondHaveDistinctIds) {
  const std::string service = Service(HttpNamespace("apps"), "web").id();
  Ids ids;
  for (int i = 0; i < 20; ++i) {
    ids.insert(Register(service, "i-1"));
  }
  EXPECT_EQ(ids.size(), 20U);
}

TEST_F(OperationsTest, RejectedRequestsLeaveNoTrace) {
  const std::string in = HttpNamespace("apps");
  const std::string service = Service(in, "web").id();
  Register(service, "i-1");
  const int64_t revision = state.revision();
  const size_t operations = Operations("").size();
  EXPECT_EQ(TryRegister(service, {{"AWS_X", ""}}).substr(0, 12), "InvalidInput");
  EXPECT_NE(TryType(CreateHttpNamespace, "name: 'apps'"), "OK");
  EXPECT_NE(TryType(CreateService, absl::StrCat("name: 'web' namespace_id: '", in, "'")), "OK");
  EXPECT_NE(TryType(DeleteService, absl::StrCat("id: '", service, "'")), "OK");
  EXPECT_NE(TryType(DeleteNamespace, absl::StrCat("id: '", in, "'")), "OK");
  EXPECT_NE(TryType(DeregisterInstance, Instance(service, "i-2")), "OK");
  EXPECT_EQ(state.revision(), revision);
  EXPECT_EQ(Operations("").size(), operations);
}

}  // namespace
}  // namespace cloudmap::registry
