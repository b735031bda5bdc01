#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "registry/testing/service_fixture.h"

namespace cloudmap::registry {
namespace {

using ::testing::MatchesRegex;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class CreateServiceTest : public ServiceTest {};

TEST_F(CreateServiceTest, AnswersTheWholeService) {
  const std::string in = PrivateNamespace("corp.test");
  const v1::Service made =
      Service(in, "web", Records({"A", "AAAA"}, "", 10) + kCustom + " description: 'd'");
  EXPECT_THAT(made.id(), MatchesRegex("srv-[a-z2-7]{16}"));
  EXPECT_EQ(made.arn(), "arn:aws:servicediscovery:us-east-1:000000000000:service/" + made.id());
  EXPECT_EQ(made.resource_owner(), "000000000000");
  EXPECT_EQ(made.created_by_account(), "000000000000");
  EXPECT_EQ(made.name(), "web");
  EXPECT_EQ(made.namespace_id(), in);
  EXPECT_EQ(made.description(), "d");
  EXPECT_EQ(made.type(), v1::SERVICE_TYPE_DNS_HTTP);
  EXPECT_EQ(made.instance_count(), 0);
  EXPECT_EQ(made.create_date().nanos(), 121'000'000);
  EXPECT_FALSE(made.creator_request_id().empty());
  EXPECT_EQ(made.dns_config().namespace_id(), in) << "echoed though given at the top only";
  EXPECT_EQ(made.dns_config().routing_policy(), v1::ROUTING_POLICY_MULTIVALUE) << "the default";
  ASSERT_EQ(made.dns_config().dns_records_size(), 2);
  EXPECT_EQ(made.dns_config().dns_records(0).type(), v1::RECORD_TYPE_A);
  EXPECT_EQ(made.dns_config().dns_records(1).type(), v1::RECORD_TYPE_AAAA);
  EXPECT_EQ(made.dns_config().dns_records(1).ttl(), 10);
  EXPECT_FALSE(made.has_health_check_config());
  EXPECT_EQ(made.health_check_custom_config().failure_threshold(), 1);
  EXPECT_EQ(GetService(made.id()).SerializeAsString(), made.SerializeAsString());
  EXPECT_EQ(GetService(made.arn()).id(), made.id());
  EXPECT_EQ(GetNamespace(in).service_count(), 1);
}

TEST_F(CreateServiceTest, KeepsTheOrderOfRecords) {
  const v1::Service made = Service(PrivateNamespace("corp"), "web", Records({"AAAA", "A"}));
  EXPECT_EQ(GetService(made.id()).dns_config().dns_records(0).type(), v1::RECORD_TYPE_AAAA);
}

TEST_F(CreateServiceTest, WithoutANamespaceIsInvalidInput) {
  EXPECT_EQ(Try(CreateService, "name: 'web'"), "InvalidInput: Service namespace id cannot be null");
  EXPECT_EQ(Try(CreateService, "name: 'web' " + Records({"A"})),
            "InvalidInput: Service namespace id cannot be null");
}

TEST_F(CreateServiceTest, TakesTheNamespaceFromDnsConfigAlone) {
  const std::string in = PrivateNamespace("corp");
  const auto made =
      Submit(CreateService, absl::StrCat("name: 'web' dns_config { namespace_id: '", in,
                                         "' dns_records { type: RECORD_TYPE_A ttl: 1 } }"));
  ASSERT_TRUE(made.ok()) << made.status();
  const auto& service = static_cast<const v1::CreateServiceResponse&>(**made).service();
  EXPECT_EQ(service.namespace_id(), in);
  EXPECT_EQ(service.dns_config().namespace_id(), in);
}

TEST_F(CreateServiceTest, EqualNamespacesInBothPlacesAreFineOthersAreNot) {
  const std::string in = PrivateNamespace("corp");
  const std::string other = PrivateNamespace("other");
  const auto with = [](const std::string& inner) {
    return absl::StrCat("dns_config { namespace_id: '", inner,
                        "' dns_records { type: RECORD_TYPE_A ttl: 1 } }");
  };
  EXPECT_EQ(
      TypeOf(Submit(CreateService, absl::StrCat("name: 'a' namespace_id: '", in, "' ", with(other)))
                 .status()),
      "InvalidInput");
  EXPECT_EQ(TryCreate(in, with(in)), "OK");
  EXPECT_EQ(Try(CreateService,
                absl::StrCat("name: 'b' namespace_id: '", GetNamespace(in).arn(), "' ", with(in))),
            "OK")
      << "an ARN and the id of one namespace";
}

TEST_F(CreateServiceTest, InAnUnknownNamespaceIsNamespaceNotFound) {
  EXPECT_EQ(TryCreate("ns-x", Records({"CNAME"})), "NamespaceNotFound: Namespace ns-x not found.")
      << "lookup before rules";
}

TEST_F(CreateServiceTest, DnsConfigInHttpNamespaceIsInvalidInput) {
  EXPECT_EQ(TryCreate(HttpNamespace("apps"), Records({"A"})),
            "InvalidInput: When you create a service using a namespace that has a type of HTTP, "
            "you can't include a DnsConfig element.");
}

TEST_F(CreateServiceTest, DnsConfigWithTypeHttpIsInvalidInput) {
  EXPECT_EQ(TryCreate(PrivateNamespace("corp"), Records({"A"}) + " type: SERVICE_TYPE_OPTION_HTTP"),
            "InvalidInput: When you create a service with a type of HTTP, you can't include a "
            "DnsConfig element.");
}

TEST_F(CreateServiceTest, RecordTypeSetsOfSection6AreAllowed) {
  const std::string in = PublicNamespace("example.com");
  int n = 0;
  for (const char* policy : {"", "MULTIVALUE", "WEIGHTED"}) {
    for (const std::vector<std::string>& types : {std::vector<std::string>{"A"},
                                                  {"AAAA"},
                                                  {"A", "AAAA"},
                                                  {"AAAA", "A"},
                                                  {"SRV"},
                                                  {"A", "SRV"},
                                                  {"SRV", "AAAA"},
                                                  {"A", "AAAA", "SRV"}}) {
      for (const std::string& health : {std::string(), HealthCheck("HTTP"), std::string(kCustom)}) {
        EXPECT_EQ(Try(CreateService, absl::StrCat("name: 's", ++n, "' namespace_id: '", in, "' ",
                                                  Records(types, policy), health)),
                  "OK");
      }
    }
  }
  EXPECT_EQ(TryCreate(in, Records({"CNAME"}, "WEIGHTED") + kCustom), "OK");
}

TEST_F(CreateServiceTest, CnameWithoutWeightedIsInvalidInput) {
  const std::string in = PrivateNamespace("corp");
  for (const char* policy : {"", "MULTIVALUE"}) {
    EXPECT_EQ(TryCreate(in, Records({"CNAME"}, policy)),
              "InvalidInput: WEIGHTED routing policy must be used with DNS Record Type CNAME");
  }
}

TEST_F(CreateServiceTest, CnameBesideAnotherTypeIsInvalidInput) {
  const std::string in = PrivateNamespace("corp");
  EXPECT_EQ(TryCreate(in, Records({"CNAME", "A"}, "WEIGHTED")),
            "InvalidInput: DnsRecord Type CNAME cannot be combined with other types");
  EXPECT_EQ(TryCreate(in, Records({"A", "CNAME"}, "WEIGHTED")),
            "InvalidInput: DnsRecord Type CNAME cannot be combined with other types");
  EXPECT_EQ(TryCreate(in, Records({"SRV", "CNAME"}, "WEIGHTED")),
            "InvalidInput: DnsRecord Type CNAME cannot be combined with other types");
}

TEST_F(CreateServiceTest, OneTypeTwiceIsInvalidInput) {
  EXPECT_EQ(TryCreate(PrivateNamespace("corp"), Records({"A", "A"})),
            "InvalidInput: Duplicate resource record typeAin DNS config is not expected");
}

TEST_F(CreateServiceTest, DnsConfigWithoutRecordsIsInvalidInput) {
  EXPECT_THAT(TryCreate(PrivateNamespace("corp"), "dns_config {}"),
              ::testing::StartsWith("InvalidInput: "));
}

TEST_F(CreateServiceTest, HealthCheckConfigWithCnameIsInvalidInput) {
  EXPECT_EQ(
      TryCreate(PublicNamespace("a.com"), Records({"CNAME"}, "WEIGHTED") + HealthCheck("HTTP")),
      "InvalidInput: Health check config must not be used. Health checks are not supported "
      "for CNAME");
}

TEST_F(CreateServiceTest, HealthCheckConfigInPrivateNamespaceIsInvalidOnlyAsOnAws) {
  const std::string in = PrivateNamespace("corp");
  options.aws_health_check_rules = true;
  EXPECT_EQ(TryCreate(in, Records({"A"}) + HealthCheck("HTTP")),
            "InvalidInput: Health check config cannot be applied to a service with private "
            "namespace");
  options.aws_health_check_rules = false;
  EXPECT_EQ(TryCreate(in, Records({"A"}) + HealthCheck("HTTP")), "OK");
}

TEST_F(CreateServiceTest, HealthCheckConfigInHttpNamespaceIsAllowed) {
  options.aws_health_check_rules = true;
  EXPECT_EQ(TryCreate(HttpNamespace("apps"), HealthCheck("TCP")), "OK");
}

TEST_F(CreateServiceTest, TcpCheckWithResourcePathIsInvalidInput) {
  EXPECT_EQ(TryCreate(PublicNamespace("a.com"),
                      Records({"A"}) + HealthCheck("TCP", "resource_path: '/'")),
            "InvalidInput: TCP health checks must not have a resource path specified.");
}

TEST_F(CreateServiceTest, BothHealthChecksAreInvalidInput) {
  EXPECT_THAT(TryCreate(PublicNamespace("a.com"), Records({"A"}) + HealthCheck("HTTP") + kCustom),
              ::testing::StartsWith("InvalidInput: "));
}

// Terraform would see a difference in anything that it did not write.
TEST_F(CreateServiceTest, HealthCheckConfigIsEchoedAsGiven) {
  const std::string in = PublicNamespace("a.com");
  const v1::Service full =
      Service(in, "full",
              Records({"A"}) + HealthCheck("HTTPS", "resource_path: 'path' failure_threshold: 10"));
  EXPECT_EQ(full.health_check_config().resource_path(), "path") << "any value is a path";
  EXPECT_EQ(full.health_check_config().failure_threshold(), 10);
  EXPECT_EQ(full.health_check_config().type(), v1::HEALTH_CHECK_TYPE_HTTPS);
  const v1::Service bare = Service(in, "bare", Records({"A"}) + HealthCheck("TCP"));
  EXPECT_FALSE(bare.health_check_config().has_resource_path());
}

TEST_F(CreateServiceTest, CustomFailureThresholdIsAlways1) {
  const v1::Service made =
      Service(HttpNamespace("apps"), "web", "health_check_custom_config { failure_threshold: 5 }");
  EXPECT_EQ(made.health_check_custom_config().failure_threshold(), 1);
  EXPECT_FALSE(Service(made.namespace_id(), "none").has_health_check_custom_config());
}

TEST_F(CreateServiceTest, WithoutDnsConfigInADnsNamespaceIsAnHttpService) {
  const std::string in = PrivateNamespace("corp");
  const v1::Service plain = Service(in, "plain");
  EXPECT_EQ(plain.type(), v1::SERVICE_TYPE_HTTP);
  EXPECT_TRUE(plain.has_dns_config()) << "an empty object";
  EXPECT_EQ(plain.dns_config().ByteSizeLong(), 0U);
  EXPECT_EQ(Service(in, "typed", "type: SERVICE_TYPE_OPTION_HTTP").type(), v1::SERVICE_TYPE_HTTP);
  EXPECT_EQ(Service(HttpNamespace("apps"), "http", "type: SERVICE_TYPE_OPTION_HTTP").type(),
            v1::SERVICE_TYPE_HTTP);
}

TEST_F(CreateServiceTest, ATakenNameIsServiceAlreadyExistsWithItsMembers) {
  const std::string in = HttpNamespace("apps");
  const v1::Service made = Service(in, "web", "creator_request_id: 'a'");
  const auto again = Submit(
      CreateService, absl::StrCat("name: 'web' namespace_id: '", in, "' creator_request_id: 'b'"));
  EXPECT_EQ(Describe(again.status()), "ServiceAlreadyExists: Service already exists.");
  EXPECT_THAT(DetailOf(again.status()).members(),
              UnorderedElementsAre(Pair("CreatorRequestId", "a"), Pair("ServiceId", made.id()),
                                   Pair("ServiceArn", made.arn())));
}

TEST_F(CreateServiceTest, NamesDifferByCaseOnlyInHttpNamespaces) {
  const std::string dns = PrivateNamespace("corp");
  const std::string pub = PublicNamespace("a.com");
  const std::string http = HttpNamespace("apps");
  for (const std::string& in : {dns, pub, http}) {
    Service(in, "Backend");
    EXPECT_EQ(TypeOf(Submit(CreateService, absl::StrCat("name: 'backend' namespace_id: '", in, "'"))
                         .status()),
              in == http ? "OK" : "ServiceAlreadyExists");
  }
  EXPECT_EQ(GetNamespace(http).service_count(), 2);
}

TEST_F(CreateServiceTest, OneNameMayBeInManyNamespaces) {
  const std::string a = Service(HttpNamespace("a"), "web").id();
  const std::string b = Service(HttpNamespace("b"), "web").id();
  EXPECT_NE(a, b);
}

TEST_F(CreateServiceTest, NameAndNamespaceLongerThan253AreInvalidInput) {
  const std::string label(60, 'a');
  const std::string name = absl::StrCat(label, ".", label, ".", label);  // 182
  const std::string in = PrivateNamespace(name);
  const std::string fits = absl::StrCat(std::string(35, 'b'), ".", std::string(34, 'b'));  // 70
  const auto with = [&](const std::string& service) {
    return absl::StrCat("name: '", service, "' namespace_id: '", in, "' ", Records({"A"}));
  };
  EXPECT_EQ(Try(CreateService, with(fits)), "OK");
  EXPECT_EQ(TypeOf(Submit(CreateService, with(fits + "b")).status()), "InvalidInput");
}

TEST_F(CreateServiceTest, ARetryGetsTheSameService) {
  const std::string in = HttpNamespace("apps");
  const v1::Service made = Service(in, "web", "creator_request_id: 't' description: 'd'");
  const int64_t revision = state.revision();
  EXPECT_EQ(Service(in, "web", "creator_request_id: 't' description: 'd'").id(), made.id());
  EXPECT_EQ(state.revision(), revision);
  EXPECT_EQ(
      TypeOf(Submit(CreateService, absl::StrCat("name: 'web' namespace_id: '", in,
                                                "' creator_request_id: 't' description: 'other'"))
                 .status()),
      "ServiceAlreadyExists")
      << "one token, other parameters: as without a token";
}

// AWS's App Mesh controller gives all its services one constant token.
TEST_F(CreateServiceTest, ATokenBelongsToOneName) {
  const std::string in = HttpNamespace("apps");
  const std::string token = " creator_request_id: 't'";
  const std::string web = Service(in, "web", token).id();
  const std::string api = Service(in, "api", token).id();
  EXPECT_NE(Service(HttpNamespace("more"), "web", token).id(), web) << "another namespace's name";
  EXPECT_EQ(Service(in, "web", token).id(), web);
  EXPECT_EQ(Service(in, "api", token).id(), api);
}

TEST_F(CreateServiceTest, DeletedAndCreatedAgainKeepsItsId) {
  const std::string in = PrivateNamespace("corp");
  const std::string id = Service(in, "Web", Records({"A"})).id();
  EXPECT_EQ(Try(DeleteService, absl::StrCat("id: '", id, "'")), "OK");
  EXPECT_EQ(Service(in, "web", Records({"AAAA"})).id(), id);
}

TEST_F(CreateServiceTest, ApexNameIsAllowed) {
  EXPECT_EQ(Service(PrivateNamespace("corp"), ".", Records({"A"})).name(), ".");
}

}  // namespace
}  // namespace cloudmap::registry
