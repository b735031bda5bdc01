#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "registry/testing/list_fixture.h"

namespace cloudmap::registry {
namespace {

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

TEST_F(Filters, ADnsNameMayBeGivenWithItsTrailingDot) {
  EXPECT_EQ(NamespacesBy("NAME", "corp.private."), Ids{private_});
  EXPECT_EQ(NamespacesBy("HTTP_NAME", "corp.private."), Ids{private_});
  EXPECT_EQ(NamespacesBy("NAME", "corp.private..", "EQ"), Ids()) << "one dot, not several";
  EXPECT_EQ(NamespacesBy("NAME", "corp.private.", "BEGINS_WITH"), Ids()) << "a prefix is no name";
  EXPECT_EQ(NamespacesBy("NAME", "corp.http."), Ids()) << "an HTTP name is any text";
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

}  // namespace
}  // namespace cloudmap::registry
