#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/rules_harness.h"

namespace cloudmap::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::string Records(const std::vector<std::string>& types, const std::string& policy = "",
                    int ttl = 60) {
  std::string text = "dns_config {";
  if (!policy.empty()) {
    absl::StrAppend(&text, " routing_policy: ROUTING_POLICY_", policy);
  }
  for (const std::string& type : types) {
    absl::StrAppend(&text, " dns_records { type: RECORD_TYPE_", type, " ttl: ", ttl, " }");
  }
  return text + " }";
}

std::string HealthCheck(const std::string& type, const std::string& rest = "") {
  return absl::StrCat(" health_check_config { type: HEALTH_CHECK_TYPE_", type, " ", rest, " }");
}

constexpr char kCustom[] = " health_check_custom_config {}";

class ServiceTest : public RulesTest {
 protected:
  std::string TryCreate(const std::string& namespace_id, const std::string& rest) {
    return Try(CreateService,
               absl::StrCat("name: 'web' namespace_id: '", namespace_id, "' ", rest));
  }
  std::string Update(const std::string& id, const std::string& change) {
    return absl::StrCat("id: '", id, "' service { ", change, " }");
  }
};

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
    for (const std::vector<std::string>& types :
         {std::vector<std::string>{"A"}, {"AAAA"}, {"A", "AAAA"}, {"AAAA", "A"}, {"SRV"}}) {
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

TEST_F(CreateServiceTest, CnameOrSrvBesideAnotherTypeIsInvalidInput) {
  const std::string in = PrivateNamespace("corp");
  EXPECT_EQ(TryCreate(in, Records({"CNAME", "A"}, "WEIGHTED")),
            "InvalidInput: DnsRecord Type CNAME cannot be combined with other types");
  EXPECT_EQ(TryCreate(in, Records({"A", "CNAME"}, "WEIGHTED")),
            "InvalidInput: DnsRecord Type CNAME cannot be combined with other types");
  EXPECT_EQ(TryCreate(in, Records({"SRV", "A"})),
            "InvalidInput: DnsRecord Type SRV cannot be combined with other types");
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
      "InvalidInput")
      << "one token, other parameters";
}

TEST_F(CreateServiceTest, OneTokenMakesOneServiceUntilThatIsDeleted) {
  const std::string in = HttpNamespace("apps");
  const std::string token = " creator_request_id: 't'";
  const std::string web = Service(in, "web", token).id();
  const std::string api = absl::StrCat("name: 'api' namespace_id: '", in, "'", token);
  EXPECT_EQ(Try(CreateService, api),
            absl::StrCat("InvalidInput: CreatorRequestId 't' was used to create service ", web,
                         " with other parameters; use a new one."));
  EXPECT_EQ(TypeOf(Submit(CreateService, absl::StrCat("name: 'web' namespace_id: '",
                                                      HttpNamespace("more"), "'", token))
                       .status()),
            "InvalidInput");
  EXPECT_EQ(Try(DeleteService, absl::StrCat("id: '", web, "'")), "OK");
  EXPECT_EQ(Try(CreateService, api), "OK");
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

class UpdateServiceTest : public ServiceTest {};

TEST_F(UpdateServiceTest, ChangesTtlsAndNamesItsTargets) {
  const std::string in = PrivateNamespace("corp");
  const std::string id = Service(in, "web", Records({"A", "AAAA"}, "WEIGHTED", 60)).id();
  const std::string operation =
      Start(UpdateService, Update(id, Records({"AAAA", "A"}, "", 5) + " description: 'd'"));
  EXPECT_EQ(GetOperation(operation).type(), v1::OPERATION_TYPE_UPDATE_SERVICE);
  EXPECT_THAT(GetOperation(operation).targets(),
              UnorderedElementsAre(Pair("SERVICE", id), Pair("NAMESPACE", in)));
  const v1::Service now_is = GetService(id);
  EXPECT_EQ(now_is.dns_config().dns_records(0).ttl(), 5);
  EXPECT_EQ(now_is.dns_config().routing_policy(), v1::ROUTING_POLICY_WEIGHTED);
  EXPECT_EQ(now_is.dns_config().namespace_id(), in);
  EXPECT_EQ(now_is.description(), "d");
}

TEST_F(UpdateServiceTest, OtherRecordTypesAreInvalidInput) {
  const std::string id = Service(PrivateNamespace("corp"), "web", Records({"A"})).id();
  EXPECT_EQ(Try(UpdateService, Update(id, Records({"AAAA"}))),
            "InvalidInput: The record types in the request must be the same as those present in "
            "the existing service. Records in the existing service are [A], but the records in the "
            "request are [AAAA]. The record types of a service cannot be changed.");
  EXPECT_EQ(TryType(UpdateService, Update(id, Records({"A", "AAAA"}))), "InvalidInput");
  EXPECT_EQ(GetService(id).dns_config().dns_records_size(), 1);
}

TEST_F(UpdateServiceTest, LeavingOutDnsConfigDeletesItAndOnlyTheSameTypesMayComeBack) {
  const std::string in = PrivateNamespace("corp");
  const std::string id = Service(in, "web", Records({"A"}, "WEIGHTED")).id();
  Start(UpdateService, Update(id, "description: 'd'"));
  EXPECT_EQ(GetService(id).dns_config().ByteSizeLong(), 0U);
  EXPECT_EQ(GetService(id).type(), v1::SERVICE_TYPE_HTTP);
  EXPECT_EQ(TryType(UpdateService, Update(id, Records({"AAAA"}))), "InvalidInput");
  Start(UpdateService, Update(id, Records({"A"}, "", 7)));
  EXPECT_EQ(GetService(id).dns_config().dns_records(0).ttl(), 7);
  EXPECT_EQ(GetService(id).dns_config().routing_policy(), v1::ROUTING_POLICY_WEIGHTED);
  EXPECT_EQ(GetService(id).type(), v1::SERVICE_TYPE_DNS_HTTP);
}

TEST_F(UpdateServiceTest, RecordsCannotBeAddedToAServiceMadeWithoutThem) {
  const std::string id = Service(PrivateNamespace("corp"), "web").id();
  EXPECT_EQ(TryType(UpdateService, Update(id, Records({"A"}))), "InvalidInput");
}

// moto keeps an omitted HealthCheckConfig.
TEST_F(UpdateServiceTest, LeavingOutHealthCheckConfigDeletesIt) {
  const std::string id =
      Service(PublicNamespace("a.com"), "web", Records({"A"}) + HealthCheck("HTTP")).id();
  Start(UpdateService, Update(id, Records({"A"})));
  EXPECT_FALSE(GetService(id).has_health_check_config());
  Start(UpdateService, Update(id, Records({"A"}) + HealthCheck("TCP")));
  EXPECT_EQ(GetService(id).health_check_config().type(), v1::HEALTH_CHECK_TYPE_TCP)
      << "may be added again";
}

TEST_F(UpdateServiceTest, HealthCheckTypeCannotChangeButPathAndThresholdCan) {
  const std::string id =
      Service(PublicNamespace("a.com"), "web", Records({"A"}) + HealthCheck("HTTP")).id();
  EXPECT_EQ(Try(UpdateService, Update(id, Records({"A"}) + HealthCheck("TCP"))),
            "InvalidInput: Type of health check cannot be changed");
  Start(UpdateService, Update(id, Records({"A"}) + HealthCheck("HTTP",
                                                               "resource_path: '/x' "
                                                               "failure_threshold: 3")));
  EXPECT_EQ(GetService(id).health_check_config().resource_path(), "/x");
  EXPECT_EQ(GetService(id).health_check_config().failure_threshold(), 3);
}

TEST_F(UpdateServiceTest, KeepsTheCustomHealthCheckAndForbidsAnotherBesideIt) {
  const std::string id = Service(PublicNamespace("a.com"), "web", Records({"A"}) + kCustom).id();
  Start(UpdateService, Update(id, Records({"A"})));
  EXPECT_TRUE(GetService(id).has_health_check_custom_config());
  EXPECT_EQ(TryType(UpdateService, Update(id, Records({"A"}) + HealthCheck("HTTP"))),
            "InvalidInput");
}

TEST_F(UpdateServiceTest, RulesOfHealthCheckConfigHoldAsAtCreation) {
  const std::string cname =
      Service(PublicNamespace("a.com"), "c", Records({"CNAME"}, "WEIGHTED")).id();
  EXPECT_EQ(Try(UpdateService, Update(cname, Records({"CNAME"}) + HealthCheck("HTTP"))),
            "InvalidInput: Health check config must not be used. Health checks are not supported "
            "for CNAME");
  const std::string priv = Service(PrivateNamespace("corp"), "p", Records({"A"})).id();
  options.aws_health_check_rules = true;
  EXPECT_EQ(Try(UpdateService, Update(priv, Records({"A"}) + HealthCheck("HTTP"))),
            "InvalidInput: Health check config cannot be applied to a service with private "
            "namespace");
}

TEST_F(UpdateServiceTest, DescriptionIsKeptWhenLeftOutAndClearedWhenEmpty) {
  const std::string id =
      Service(PrivateNamespace("corp"), "web", Records({"A"}) + " description: 'd'").id();
  Start(UpdateService, Update(id, Records({"A"})));
  EXPECT_EQ(GetService(id).description(), "d");
  Start(UpdateService, Update(id, Records({"A"}) + " description: ''"));
  EXPECT_FALSE(GetService(id).has_description());
}

TEST_F(UpdateServiceTest, InHttpNamespacesOnlyTheDescriptionChanges) {
  const std::string id = Service(HttpNamespace("apps"), "web", HealthCheck("TCP")).id();
  EXPECT_EQ(TryType(UpdateService, Update(id, HealthCheck("HTTP"))), "InvalidInput");
  EXPECT_EQ(TryType(UpdateService, Update(id, Records({"A"}))), "InvalidInput");
  Start(UpdateService, Update(id, HealthCheck("TCP") + " description: 'with the same check'"));
  EXPECT_EQ(GetService(id).description(), "with the same check");
  Start(UpdateService, Update(id, "description: 'd'"));
  EXPECT_EQ(GetService(id).description(), "d");
  EXPECT_TRUE(GetService(id).has_health_check_config()) << "not a replace there";
}

TEST_F(UpdateServiceTest, InHttpNamespacesNothingChangesAsOnAws) {
  const std::string id = Service(HttpNamespace("apps"), "web").id();
  options.aws_update_rules = true;
  EXPECT_EQ(Try(UpdateService, Update(id, "description: 'd'")),
            "InvalidInput: Services in an HTTP namespace cannot be updated.");
}

TEST_F(UpdateServiceTest, RecordsThatAnInstanceCannotHaveFailTheOperation) {
  const std::string in = PrivateNamespace("corp");
  const std::string srv = Service(in, "srv", Records({"SRV"})).id();
  const std::string a = Service(in, "a", Records({"A"})).id();
  for (const std::string& id : {srv, a}) {
    Start(UpdateService, Update(id, ""));
  }
  Register(srv, "a..b", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "80"}});
  Register(a, "i-1");
  const v1::Operation of_srv = GetOperation(Start(UpdateService, Update(srv, Records({"SRV"}))));
  EXPECT_EQ(of_srv.error_code(), "INVALID_CHANGE_BATCH");
  EXPECT_THAT(of_srv.error_message(), HasSubstr("a..b.srv.corp"));
  EXPECT_EQ(GetService(srv).dns_config().dns_records_size(), 0) << "nothing partial";
  const v1::Operation of_a = GetOperation(Start(UpdateService, Update(a, Records({"A"}))));
  EXPECT_EQ(of_a.status(), v1::OPERATION_STATUS_FAIL);
  EXPECT_THAT(of_a.error_message(), HasSubstr("Instance 'i-1': "));
  EXPECT_EQ(Try(DeregisterInstance, Instance(a, "i-1")), "OK");
  EXPECT_EQ(GetOperation(Start(UpdateService, Update(a, Records({"A"})))).status(),
            v1::OPERATION_STATUS_SUCCESS);
}

TEST_F(UpdateServiceTest, UnknownServiceIsServiceNotFound) {
  EXPECT_EQ(Try(UpdateService, Update("srv-x", "")), "ServiceNotFound: Service srv-x not found.");
}

TEST_F(UpdateServiceTest, OneAtATime) {
  const std::string id = Service(PrivateNamespace("corp"), "web", Records({"A"}, "", 60)).id();
  options.operation_delay = absl::Seconds(1);
  const std::string operation = Start(UpdateService, Update(id, Records({"A"}, "", 5)));
  EXPECT_EQ(Try(UpdateService, Update(id, Records({"A"}, "", 6))),
            absl::StrCat("DuplicateRequest: Another operation of type UpdateService and id ",
                         operation, " is in progress"));
  EXPECT_EQ(TryType(UpdateService, Update(id, Records({"AAAA"}))), "InvalidInput")
      << "rules before conflicts";
  EXPECT_EQ(GetService(id).dns_config().dns_records(0).ttl(), 60);
  Complete(operation);
  EXPECT_EQ(GetService(id).dns_config().dns_records(0).ttl(), 5);
}

class DeleteServiceTest : public ServiceTest {};

TEST_F(DeleteServiceTest, WithInstancesIsResourceInUse) {
  const std::string id = Service(HttpNamespace("apps"), "web").id();
  Register(id, "i-1");
  const std::string request = absl::StrCat("id: '", id, "'");
  EXPECT_EQ(Try(DeleteService, request),
            "ResourceInUse: Service contains registered instances; delete the instances before "
            "deleting the service");
  Start(DeregisterInstance, Instance(id, "i-1"));
  EXPECT_EQ(Try(DeleteService, request), "OK");
  EXPECT_EQ(TypeOf(TryRead(registry::GetService, request).status()), "ServiceNotFound");
}

TEST_F(DeleteServiceTest, WithUnfinishedOperationsIsResourceInUse) {
  const std::string id = Service(HttpNamespace("apps"), "web").id();
  const std::string request = absl::StrCat("id: '", id, "'");
  options.operation_delay = absl::Seconds(1);
  Complete([&] {
    const std::string registration = Register(id, "i-1");
    EXPECT_EQ(TryType(DeleteService, request), "ResourceInUse") << "a registration is pending";
    return registration;
  }());
  const std::string deregistration = Start(DeregisterInstance, Instance(id, "i-1"));
  EXPECT_EQ(TryType(DeleteService, request), "ResourceInUse");
  Complete(deregistration);
  EXPECT_EQ(Try(DeleteService, request), "OK");
}

TEST_F(DeleteServiceTest, RemovesAttributesAndTags) {
  const std::string in = HttpNamespace("apps");
  const v1::Service made = Service(in, "web", "tags { key: 'k' value: 'v' }");
  EXPECT_EQ(Try(UpdateServiceAttributes,
                absl::StrCat("service_id: '", made.id(), "' attributes { key: 'a' value: 'b' }")),
            "OK");
  EXPECT_EQ(Try(DeleteService, absl::StrCat("id: '", made.id(), "'")), "OK");
  EXPECT_EQ(
      TypeOf(
          TryRead(ListTagsForResource, absl::StrCat("resource_arn: '", made.arn(), "'")).status()),
      "ResourceNotFoundException");
  Service(in, "web");
  EXPECT_EQ(Read(ListTagsForResource, absl::StrCat("resource_arn: '", made.arn(), "'")).tags_size(),
            0);
  EXPECT_TRUE(Read(GetServiceAttributes, absl::StrCat("service_id: '", made.id(), "'"))
                  .service_attributes()
                  .attributes()
                  .empty());
}

TEST_F(DeleteServiceTest, UnknownServiceIsServiceNotFound) {
  EXPECT_EQ(TryType(DeleteService, "id: 'srv-x'"), "ServiceNotFound");
}

}  // namespace
}  // namespace cloudmap::registry
