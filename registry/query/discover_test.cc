#include <map>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "registry/testing/rules_harness.h"

namespace cloudmap::registry {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using Ids = std::set<std::string>;

std::string Filter(const std::string& filter) {
  return absl::StrCat(" health_status: HEALTH_STATUS_FILTER_", filter);
}
std::string Asking(const Attributes& pairs) { return MapText("query_parameters", pairs); }
std::string Preferring(const Attributes& pairs) { return MapText("optional_parameters", pairs); }

class DiscoverTest : public RulesTest {
 protected:
  DiscoverTest() {
    service_ = Service(HttpNamespace("apps"), "web", "health_check_custom_config {}").id();
  }
  void Add(const std::string& id, const std::string& health, const Attributes& more = {}) {
    Attributes attributes = more;
    attributes["AWS_INIT_HEALTH_STATUS"] = health;
    Register(service_, id, attributes);
  }
  Ids Web(const std::string& rest = "") { return Found("apps", "web", rest); }
  std::string Fails(const std::string& namespace_name, const std::string& service_name,
                    const std::string& rest = "") {
    const std::string request =
        absl::StrCat("namespace_name: '", namespace_name, "' service_name: '", service_name, "' ");
    const std::string type = TypeOf(TryRead(DiscoverInstances, request + rest).status());
    EXPECT_EQ(TypeOf(TryRead(DiscoverInstancesRevision, request + rest).status()), type);
    return type;
  }
  std::string service_;
};

TEST_F(DiscoverTest, GivesAllMembersOfAnInstance) {
  Add("i-1", "HEALTHY", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"stage", "beta"}});
  const v1::DiscoverInstancesResponse response = Discover("apps", "web");
  ASSERT_EQ(response.instances_size(), 1);
  const v1::HttpInstanceSummary& found = response.instances(0);
  EXPECT_EQ(found.instance_id(), "i-1");
  EXPECT_EQ(found.namespace_name(), "apps");
  EXPECT_EQ(found.service_name(), "web");
  EXPECT_EQ(found.health_status(), v1::HEALTH_STATUS_HEALTHY);
  EXPECT_THAT(found.attributes(),
              UnorderedElementsAre(Pair("AWS_INSTANCE_IPV4", "10.0.0.1"), Pair("stage", "beta"),
                                   Pair("AWS_INIT_HEALTH_STATUS", "HEALTHY")));
  EXPECT_TRUE(response.has_instances_revision());
}

TEST_F(DiscoverTest, AnUnknownNamespaceIsNotFound) {
  EXPECT_EQ(Fails("nope", "web"), "NamespaceNotFound");
}

TEST_F(DiscoverTest, AnUnknownServiceOfAKnownNamespaceHasNoInstances) {
  EXPECT_EQ(Found("apps", "nope"), Ids());
  EXPECT_TRUE(Discover("apps", "nope").has_instances_revision());
  EXPECT_EQ(Discover("apps", "nope").instances_revision(), 0) << "below that of every service";
  EXPECT_EQ(TypeOf(TryRead(registry::DiscoverInstancesRevision,
                           "namespace_name: 'apps' service_name: 'nope'")
                       .status()),
            "ServiceNotFound");
}

TEST_F(DiscoverTest, AnotherOwnersNamespaceIsNotFound) {
  EXPECT_EQ(Fails("apps", "web", "owner_account: '111122223333'"), "NamespaceNotFound");
  EXPECT_EQ(Fails("apps", "web", "owner_account: '000000000000'"), "OK");
}

TEST_F(DiscoverTest, NoMatchIsAnEmptyListNotAnError) { EXPECT_EQ(Web(), Ids()); }

TEST_F(DiscoverTest, WorksInEveryTypeOfNamespace) {
  const std::string a = Service(PrivateNamespace("corp.test"), "web").id();
  const std::string b = Service(PublicNamespace("example.com"), "web").id();
  Register(a, "i-1");
  Register(b, "i-2");
  EXPECT_EQ(Found("corp.test", "web"), Ids{"i-1"});
  EXPECT_EQ(Found("example.com", "web"), Ids{"i-2"});
}

TEST_F(DiscoverTest, ResolvesTheHttpNameOfEachNamespaceOfOneName) {
  const std::string first = PrivateNamespace("corp.test", "vpc-1");
  const std::string second = PrivateNamespace("corp.test", "vpc-2");
  const std::string third = HttpNamespace("corp.test");
  for (const std::string& in : {first, second, third}) {
    Register(Service(in, "web").id(), in);
  }
  for (const std::string& in : {first, second, third}) {
    const std::string name = GetNamespace(in).properties().http_properties().http_name();
    EXPECT_EQ(Found(name, "web"), Ids{in});
    EXPECT_EQ(Discover(name, "web").instances(0).namespace_name(), name);
  }
}

TEST_F(DiscoverTest, HttpNamesAreExactAndDnsNamesWithoutCase) {
  EXPECT_EQ(Fails("Apps", "web"), "NamespaceNotFound");
  EXPECT_EQ(Found("apps", "Web"), Ids());
  const std::string in = PrivateNamespace("Corp.Test", "vpc-1");
  Register(Service(in, "Web").id(), "i-1");
  for (const char* name : {"Corp.Test", "corp.test", "CORP.TEST"}) {
    EXPECT_EQ(Found(name, "wEB"), Ids{"i-1"}) << name;
  }
  const std::string suffixed = PrivateNamespace("Corp.Test", "vpc-2");
  Register(Service(suffixed, "web").id(), "i-2");
  const std::string name = GetNamespace(suffixed).properties().http_properties().http_name();
  EXPECT_EQ(Found(absl::AsciiStrToLower(name), "web"), Ids{"i-2"});
}

TEST_F(DiscoverTest, ADnsNamespaceIsFoundWithAndWithoutTheTrailingDot) {
  const std::string in = PrivateNamespace("services.example.org.", "vpc-1");
  Register(Service(in, "web").id(), "i-1");
  for (const char* name : {"services.example.org", "services.example.org."}) {
    EXPECT_EQ(Found(name, "web"), Ids{"i-1"}) << name;
    EXPECT_EQ(Discover(name, "web").instances(0).namespace_name(), "services.example.org");
  }
  EXPECT_EQ(Fails("services.example.org..", "web"), "NamespaceNotFound");
  EXPECT_EQ(Fails("apps.", "web"), "NamespaceNotFound") << "an HTTP name is any text";
}

TEST_F(DiscoverTest, AnExactHttpNameGoesBeforeADnsNameWithoutCase) {
  Register(Service(PrivateNamespace("Corp"), "web").id(), "dns");
  Register(Service(HttpNamespace("corp"), "web").id(), "http");
  EXPECT_EQ(Found("corp", "web"), Ids{"http"});
  EXPECT_EQ(Found("Corp", "web"), Ids{"dns"});
}

TEST_F(DiscoverTest, HealthyIsTheDefaultWhenThereIsACheck) {
  Add("up", "HEALTHY");
  Add("down", "UNHEALTHY");
  EXPECT_EQ(Web(), Ids{"up"});
}

TEST_F(DiscoverTest, AllIsTheDefaultWhereItIsSetSo) {
  options.discover_all = true;
  Add("i-1", "HEALTHY");
  Add("i-2", "UNHEALTHY");
  EXPECT_EQ(Web(), (Ids{"i-1", "i-2"}));
  EXPECT_EQ(Web("health_status: HEALTH_STATUS_FILTER_HEALTHY"), (Ids{"i-1"}));
}

TEST_F(DiscoverTest, HealthFilters) {
  Add("up", "HEALTHY");
  Add("down", "UNHEALTHY");
  EXPECT_EQ(Web(Filter("HEALTHY")), Ids{"up"});
  EXPECT_EQ(Web(Filter("UNHEALTHY")), Ids{"down"});
  EXPECT_EQ(Web(Filter("ALL")), (Ids{"up", "down"}));
  EXPECT_EQ(Web(Filter("HEALTHY_OR_ELSE_ALL")), Ids{"up"});
  SetHealth(service_, "up", "UNHEALTHY");
  EXPECT_EQ(Web(Filter("HEALTHY_OR_ELSE_ALL")), (Ids{"up", "down"})) << "none is healthy";
  EXPECT_EQ(Web(Filter("HEALTHY")), Ids());
}

TEST_F(DiscoverTest, WithoutACheckTheFilterIsIgnoredAndHealthIsUnknown) {
  service_ = Service(HttpNamespace("plain"), "web").id();
  Add("a", "UNHEALTHY");
  Add("b", "HEALTHY");
  for (const char* filter : {"HEALTHY", "UNHEALTHY", "ALL", "HEALTHY_OR_ELSE_ALL"}) {
    EXPECT_EQ(Found("plain", "web", Filter(filter)), (Ids{"a", "b"})) << filter;
  }
  EXPECT_EQ(Discover("plain", "web").instances(0).health_status(), v1::HEALTH_STATUS_UNKNOWN);
}

TEST_F(DiscoverTest, NoVerdictYetCountsAsHealthy) {
  service_ =
      Service(HttpNamespace("probed"), "web", "health_check_config { type: HEALTH_CHECK_TYPE_TCP }")
          .id();
  Register(service_, "i-1", {{"AWS_INSTANCE_PORT", "80"}});
  EXPECT_EQ(Found("probed", "web"), Ids{"i-1"});
  EXPECT_EQ(Found("probed", "web", Filter("UNHEALTHY")), Ids());
  EXPECT_EQ(Discover("probed", "web").instances(0).health_status(), v1::HEALTH_STATUS_UNKNOWN);
}

TEST_F(DiscoverTest, EveryQueryParameterMustEqualAnAttribute) {
  Add("a", "HEALTHY", {{"stage", "beta"}, {"zone", "1"}, {"AWS_INSTANCE_IPV4", "10.0.0.1"}});
  Add("b", "HEALTHY", {{"stage", "beta"}, {"zone", "2"}});
  Add("c", "HEALTHY", {{"stage", "Beta"}});
  EXPECT_EQ(Web(Asking({{"stage", "beta"}})), (Ids{"a", "b"}));
  EXPECT_EQ(Web(Asking({{"stage", "beta"}, {"zone", "2"}})), Ids{"b"});
  EXPECT_EQ(Web(Asking({{"stage", "bet"}})), Ids());
  EXPECT_EQ(Web(Asking({{"absent", ""}})), Ids());
  EXPECT_EQ(Web(Asking({{"AWS_INSTANCE_IPV4", "10.0.0.1"}})), Ids{"a"}) << "system ones too";
  EXPECT_EQ(Web(Asking({{"AWS_INIT_HEALTH_STATUS", "HEALTHY"}})), (Ids{"a", "b", "c"}));
}

TEST_F(DiscoverTest, OptionalParametersNarrowIfAnyMatchesAndAreIgnoredOtherwise) {
  Add("a", "HEALTHY", {{"zone", "1"}, {"color", "red"}});
  Add("b", "HEALTHY", {{"zone", "2"}, {"color", "red"}});
  EXPECT_EQ(Web(Preferring({{"zone", "1"}})), Ids{"a"});
  EXPECT_EQ(Web(Preferring({{"zone", "3"}})), (Ids{"a", "b"}));
  EXPECT_EQ(Web(Preferring({{"zone", "1"}, {"color", "blue"}})), (Ids{"a", "b"})) << "all pairs";
  EXPECT_EQ(Web(Asking({{"color", "red"}}) + Preferring({{"zone", "2"}})), Ids{"b"});
  EXPECT_EQ(Web(Asking({{"zone", "2"}}) + Preferring({{"zone", "1"}})), Ids{"b"})
      << "judged among those that the query keeps";
}

TEST_F(DiscoverTest, OptionalParametersAreJudgedAfterHealth) {
  Add("up", "HEALTHY", {{"zone", "1"}});
  Add("down", "UNHEALTHY", {{"zone", "2"}});
  EXPECT_EQ(Web(Preferring({{"zone", "2"}})), Ids{"up"});
}

TEST_F(DiscoverTest, AnyHealthyIsJudgedAmongThoseThatTheQueryKeeps) {
  Add("up", "HEALTHY", {{"zone", "1"}});
  Add("down", "UNHEALTHY", {{"zone", "2"}});
  EXPECT_EQ(Web(Asking({{"zone", "2"}}) + Filter("HEALTHY_OR_ELSE_ALL")), Ids{"down"});
}

TEST_F(DiscoverTest, GivesAHundredUnlessToldOtherwiseInRandomOrder) {
  for (int i = 0; i < 120; ++i) {
    Add(absl::StrCat("i-", i), "HEALTHY");
  }
  EXPECT_EQ(Web().size(), 100U);
  EXPECT_EQ(Web("max_results: 1000").size(), 120U);
  std::set<std::string> firsts;
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const v1::DiscoverInstancesResponse response = Discover("apps", "web", "max_results: 5");
    ASSERT_EQ(response.instances_size(), 5);
    firsts.insert(response.instances(0).instance_id());
    std::set<std::string> once;
    for (const auto& instance : response.instances()) {
      EXPECT_TRUE(once.insert(instance.instance_id()).second) << "twice in one answer";
      seen.insert(instance.instance_id());
    }
  }
  EXPECT_GT(firsts.size(), 60U);
  EXPECT_EQ(seen.size(), 120U);
}

TEST_F(DiscoverTest, BothOperationsGiveOneRevision) {
  Add("i-1", "HEALTHY");
  EXPECT_EQ(Discover("apps", "web").instances_revision(), Revision("apps", "web"));
}

// moto sums counters of the instances that are left.
TEST_F(DiscoverTest, RevisionIsNotOfThePageNorOfTheFilter) {
  Add("a", "HEALTHY");
  Add("b", "UNHEALTHY");
  const int64_t revision = Revision("apps", "web");
  EXPECT_EQ(Discover("apps", "web", "max_results: 1").instances_revision(), revision);
  EXPECT_EQ(Discover("apps", "web", Asking({{"no", "match"}})).instances_revision(), revision);
}

}  // namespace
}  // namespace cloudmap::registry
