#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/rules_harness.h"

namespace cloudmap::registry {
namespace {

using ::testing::Pair;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr char kA[] = "dns_config { dns_records { type: RECORD_TYPE_A ttl: 60 } }";
constexpr char kAaaa[] = "dns_config { dns_records { type: RECORD_TYPE_AAAA ttl: 60 } }";
constexpr char kBoth[] =
    "dns_config { dns_records { type: RECORD_TYPE_A ttl: 60 } dns_records { type: RECORD_TYPE_AAAA "
    "ttl: 60 } }";
constexpr char kSrv[] = "dns_config { dns_records { type: RECORD_TYPE_SRV ttl: 60 } }";
constexpr char kCname[] =
    "dns_config { routing_policy: ROUTING_POLICY_WEIGHTED dns_records { type: RECORD_TYPE_CNAME "
    "ttl: 60 } }";
constexpr char kWeightedA[] =
    "dns_config { routing_policy: ROUTING_POLICY_WEIGHTED dns_records { type: RECORD_TYPE_A ttl: "
    "60 } }";
constexpr char kTcpCheck[] = " health_check_config { type: HEALTH_CHECK_TYPE_TCP }";

class InstanceTest : public RulesTest {
 protected:
  std::string ServiceWith(const std::string& rest, const std::string& name = "web") {
    if (dns_.empty()) {
      dns_ = PublicNamespace("example.com");
    }
    return Service(dns_, name, rest).id();
  }
  std::string HttpService(const std::string& rest = "") {
    return Service(HttpNamespace("apps"), "web", rest).id();
  }
  v1::Instance Get(const std::string& service, const std::string& id) {
    return Read(GetInstance, Instance(service, id)).instance();
  }

  std::string dns_;
};

class InstanceAttributes : public InstanceTest {};

TEST_F(InstanceAttributes, AServiceNeedsIpv4) {
  const std::string id = ServiceWith(kA);
  EXPECT_EQ(TryRegister(id, {}),
            "InvalidInput: Required attribute(s) AWS_INSTANCE_IPV4 are missing.");
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_IPV4", "10.0.0.1"}}), "OK");
}

TEST_F(InstanceAttributes, AaaaServiceNeedsIpv6) {
  const std::string id = ServiceWith(kAaaa);
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_IPV4", "10.0.0.1"}}),
            "InvalidInput: Required attribute(s) AWS_INSTANCE_IPV6 are missing.");
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_IPV6", "2001:db8::1"}}), "OK");
}

TEST_F(InstanceAttributes, AAndAaaaServiceNeedsBoth) {
  const std::string id = ServiceWith(kBoth);
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_IPV4", "10.0.0.1"}}),
            "InvalidInput: Required attribute(s) AWS_INSTANCE_IPV6 are missing.");
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_IPV6", "::1"}}),
            "OK");
}

TEST_F(InstanceAttributes, CnameServiceNeedsCname) {
  const std::string id = ServiceWith(kCname);
  EXPECT_EQ(TryRegister(id, {}),
            "InvalidInput: Required attribute(s) AWS_INSTANCE_CNAME are missing.");
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_CNAME", "example.org."}}), "OK");
}

TEST_F(InstanceAttributes, SrvServiceNeedsPortAndAnyAddress) {
  const std::string id = ServiceWith(kSrv);
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_IPV4", "10.0.0.1"}}),
            "InvalidInput: Required attribute(s) AWS_INSTANCE_PORT are missing.");
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_PORT", "80"}}),
            "InvalidInput: At least one of AWS_INSTANCE_IPV4 AWS_INSTANCE_IPV6 is required.");
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_PORT", "80"}, {"AWS_INSTANCE_IPV6", "::1"}}), "OK");
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_PORT", "80"}, {"AWS_INSTANCE_IPV4", "10.0.0.1"}}),
            "OK");
}

TEST_F(InstanceAttributes, HealthCheckConfigNeedsAPort) {
  const std::string id = ServiceWith(absl::StrCat(kA, kTcpCheck));
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_IPV4", "8.8.8.8"}}),
            "InvalidInput: A port must be supplied in order to register this instance.");
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_IPV4", "8.8.8.8"}, {"AWS_INSTANCE_PORT", "80"}}), "OK");
}

TEST_F(InstanceAttributes, PrivateAddressesAreForbiddenForHealthChecksOnlyAsOnAws) {
  const std::string id = ServiceWith(absl::StrCat(kA, kTcpCheck));
  const auto with = [](const char* address) {
    return Attributes{{"AWS_INSTANCE_IPV4", address}, {"AWS_INSTANCE_PORT", "80"}};
  };
  EXPECT_EQ(TryRegister(id, with("10.0.0.1")), "OK");
  options.aws_health_check_rules = true;
  EXPECT_EQ(TryRegister(id, with("10.0.0.1")),
            "InvalidInput: IPv4 address 10.0.0.1 is forbidden for healthChecks");
  for (const char* address : {"127.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
                              "169.254.1.1", "100.64.0.1", "224.0.0.1", "0.0.0.0"}) {
    EXPECT_EQ(TryRegister(id, with(address)), absl::StrCat("InvalidInput: IPv4 address ", address,
                                                           " is forbidden for healthChecks"));
  }
  for (const char* address : {"8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1"}) {
    EXPECT_EQ(TryRegister(id, with(address)), "OK") << address;
  }
  EXPECT_EQ(TryRegister(ServiceWith(kA, "unchecked"), {{"AWS_INSTANCE_IPV4", "10.0.0.1"}}), "OK");
}

TEST_F(InstanceAttributes, AliasNeedsWeighted) {
  const Attributes alias = {{"AWS_ALIAS_DNS_NAME", "lb.example.org"}};
  EXPECT_EQ(TryRegister(ServiceWith(kA), alias),
            "InvalidInput: ALIAS instance can be registered only in services with WEIGHTED routing "
            "policy");
  EXPECT_EQ(TryRegister(ServiceWith(kWeightedA, "weighted"), alias), "OK");
}

TEST_F(InstanceAttributes, AliasNeedsAOrAaaaRecords) {
  const Attributes alias = {{"AWS_ALIAS_DNS_NAME", "lb.example.org"}};
  EXPECT_THAT(TryRegister(ServiceWith(kCname), alias), StartsWith("InvalidInput: "));
  EXPECT_THAT(TryRegister(HttpService(), alias), StartsWith("InvalidInput: "));
}

TEST_F(InstanceAttributes, AliasStandsBesideNoInstanceAttribute) {
  const std::string id = ServiceWith(kWeightedA);
  EXPECT_EQ(TryRegister(
                id, {{"AWS_ALIAS_DNS_NAME", "lb.example.org"}, {"AWS_INSTANCE_IPV4", "10.0.0.1"}}),
            "InvalidInput: Invalid combination of attributes received. AWS_ALIAS_DNS_NAME is not "
            "supported with [AWS_INSTANCE_IPV4].");
  EXPECT_EQ(TryRegister(id, {{"AWS_ALIAS_DNS_NAME", "lb.example.org"}, {"stage", "beta"}}), "OK");
}

TEST_F(InstanceAttributes, Ec2IdStandsAloneButForInitialHealth) {
  const std::string id = HttpService();
  EXPECT_EQ(TryRegister(id, {{"AWS_EC2_INSTANCE_ID", "i-1"}, {"AWS_INSTANCE_PORT", "80"}}),
            "InvalidInput: Invalid combination of attributes received. AWS_EC2_INSTANCE_ID is not "
            "supported with [AWS_INSTANCE_PORT].");
  EXPECT_THAT(TryRegister(id, {{"AWS_EC2_INSTANCE_ID", "i-1"}, {"stage", "beta"}}),
              StartsWith("InvalidInput: "));
  EXPECT_EQ(
      TryRegister(id, {{"AWS_EC2_INSTANCE_ID", "i-1"}, {"AWS_INIT_HEALTH_STATUS", "HEALTHY"}}),
      "OK");
}

TEST_F(InstanceAttributes, Ec2IdBringsTheAddressThatIsConfigured) {
  options.ec2_addresses = {{"i-known", "10.0.0.7"}};
  const std::string service = HttpService();
  const std::string request = absl::StrCat(
      Registration(service, "a", {{"AWS_EC2_INSTANCE_ID", "i-known"}}), " creator_request_id: 't'");
  const std::string first = Start(RegisterInstance, request);
  EXPECT_EQ(Get(service, "a").attributes().at("AWS_INSTANCE_IPV4"), "10.0.0.7");
  EXPECT_EQ(Start(RegisterInstance, request), first) << "a retry is one, address or not";
  Register(service, "b", {{"AWS_EC2_INSTANCE_ID", "i-other"}});
  EXPECT_EQ(Get(service, "b").attributes().count("AWS_INSTANCE_IPV4"), 0U);
}

TEST_F(InstanceAttributes, Ec2IdIsForHttpNamespacesOnly) {
  const Attributes ec2 = {{"AWS_EC2_INSTANCE_ID", "i-1"}};
  EXPECT_EQ(TryRegister(ServiceWith(""), ec2),
            "InvalidInput: AWS_EC2_INSTANCE_ID provided in namespace type DNS_PUBLIC. It is only "
            "supported in HTTP namespace");
  EXPECT_EQ(TryRegister(Service(PrivateNamespace("corp"), "web").id(), ec2),
            "InvalidInput: AWS_EC2_INSTANCE_ID provided in namespace type DNS_PRIVATE. It is only "
            "supported in HTTP namespace");
}

TEST_F(InstanceAttributes, ReservedPrefixInAnyCaseIsInvalidInput) {
  const std::string id = HttpService();
  EXPECT_EQ(TryRegister(id, {{"AWS_MY_ATTR", "v"}}),
            "InvalidInput: Invalid attribute: [AWS_MY_ATTR]. [aws_] prefix is reserved for AWS "
            "attributes.");
  for (const char* key : {"aws_x", "Aws_X", "aws_instance_ipv4"}) {
    EXPECT_EQ(TryRegister(id, {{key, "10.0.0.1"}}),
              absl::StrCat("InvalidInput: Invalid attribute: [", key,
                           "]. [aws_] prefix is reserved for AWS attributes."));
  }
  EXPECT_EQ(TryRegister(id, {{"AWS", "v"}, {"awsx", "v"}}), "OK");
}

TEST_F(InstanceAttributes, InitialHealthIsOneOfTwoWordsInCapitals) {
  const std::string id = HttpService();
  for (const char* value : {"UNKNOWN", "healthy", ""}) {
    EXPECT_EQ(TryRegister(id, {{"AWS_INIT_HEALTH_STATUS", value}}),
              absl::StrCat("InvalidInput: No enum constant "
                           "com.amazon.route53.autonaming.model.InitHealthStatus.",
                           value));
  }
}

TEST_F(InstanceAttributes, InitialHealthIsAcceptedAndStoredWithoutACustomCheck) {
  const std::string id = HttpService();
  EXPECT_EQ(TryRegister(id, {{"AWS_INIT_HEALTH_STATUS", "UNHEALTHY"}, {"stage", "beta"}}), "OK");
  EXPECT_EQ(Get(id, "i-1").attributes().at("AWS_INIT_HEALTH_STATUS"), "UNHEALTHY");
  EXPECT_EQ(Discover("apps", "web").instances(0).health_status(), v1::HEALTH_STATUS_UNKNOWN);
}

TEST_F(InstanceAttributes, ThirtyCustomOnesAreAllowedAnd31AreNot) {
  const std::string id = HttpService();
  Attributes attributes = {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "80"}};
  std::string names;
  for (int i = 10; i < 40; ++i) {
    attributes[absl::StrCat("k", i)] = "v";
    absl::StrAppend(&names, "k", i, ", ");
  }
  EXPECT_EQ(TryRegister(id, attributes), "OK");
  attributes["k40"] = "v";
  EXPECT_EQ(TryRegister(id, attributes),
            absl::StrCat("InvalidInput: Too many attributes provided: [", names,
                         "k40]. The current limit is 30"));
}

TEST_F(InstanceAttributes, FiveThousandCharactersAreAllowedAndOneMoreIsNot) {
  const std::string id = HttpService();
  Attributes attributes;
  for (const char* key : {"a", "b", "c", "d"}) {
    attributes[key] = std::string(1023, 'x');  // 4 * 1024
  }
  attributes["e"] = std::string(903, 'x');  // 904 more: 5000
  EXPECT_EQ(TryRegister(id, attributes), "OK");
  attributes["e"] += "x";
  EXPECT_EQ(TryRegister(id, attributes),
            "InvalidInput: Instance attributes too large. Maximum allowed size of all attributes "
            "is 5000 characters.");
}

TEST_F(InstanceAttributes, AddressesAndPortsMustBeLiterals) {
  const std::string id = HttpService();
  for (const char* address : {"10.0.0", "10.0.0.256", "010.0.0.1", "::1", "", "host"}) {
    EXPECT_THAT(TryRegister(id, {{"AWS_INSTANCE_IPV4", address}}), StartsWith("InvalidInput: "))
        << address;
  }
  for (const char* address : {"10.0.0.1", "1::2::3", "[::1]", "", "host"}) {
    EXPECT_THAT(TryRegister(id, {{"AWS_INSTANCE_IPV6", address}}), StartsWith("InvalidInput: "))
        << address;
  }
  for (const char* port : {"0", "65536", "-1", "+80", "80 ", "http", "", "99999999999"}) {
    EXPECT_THAT(TryRegister(id, {{"AWS_INSTANCE_PORT", port}}), StartsWith("InvalidInput: "))
        << port;
  }
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_PORT", "65535"}}), "OK");
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_PORT", "1"}}), "OK");
}

TEST_F(InstanceAttributes, SurplusSystemAttributesAreStored) {
  const std::string id = ServiceWith(kA);
  const Attributes attributes = {{"AWS_INSTANCE_IPV4", "10.0.0.1"},
                                 {"AWS_INSTANCE_IPV6", "2001:db8::1"},
                                 {"AWS_INSTANCE_PORT", "80"}};
  EXPECT_EQ(TryRegister(id, attributes), "OK");
  EXPECT_EQ(Get(id, "i-1").attributes().size(), 3U);
}

TEST_F(InstanceAttributes, NoneAreNeededWithoutRecords) {
  EXPECT_EQ(TryRegister(HttpService(), {}), "OK");
  EXPECT_EQ(TryRegister(ServiceWith(""), {}), "OK");
}

TEST_F(InstanceAttributes, EmptyValuesAndInnerBlanksAreKept) {
  const std::string id = HttpService();
  EXPECT_EQ(TryRegister(id, {{"ENDPOINT_PORT_NAME", ""}, {"k", "a (b)\\tc "}}), "OK");
  EXPECT_EQ(Get(id, "i-1").attributes().at("k"), "a (b)\tc ");
}

class RegisterInstanceTest : public InstanceTest {};

TEST_F(RegisterInstanceTest, OperationNamesInstanceServiceAndNamespace) {
  const std::string service = HttpService();
  const std::string id = Register(service, "i-1", {{"stage", "beta"}});
  const v1::Operation operation = GetOperation(id);
  EXPECT_EQ(operation.type(), v1::OPERATION_TYPE_REGISTER_INSTANCE);
  EXPECT_EQ(operation.status(), v1::OPERATION_STATUS_SUCCESS);
  EXPECT_THAT(operation.targets(),
              UnorderedElementsAre(Pair("INSTANCE", "i-1"), Pair("SERVICE", service),
                                   Pair("NAMESPACE", GetService(service).namespace_id())));
  const std::string gone = Start(DeregisterInstance, Instance(service, "i-1"));
  EXPECT_EQ(gone.substr(0, 32), id.substr(0, 32)) << "one target, one prefix";
  EXPECT_EQ(GetOperation(gone).type(), v1::OPERATION_TYPE_DEREGISTER_INSTANCE);
  EXPECT_EQ(GetOperation(gone).targets().at("INSTANCE"), "i-1");
}

TEST_F(RegisterInstanceTest, GetInstanceGivesEverythingThatWasRegistered) {
  const std::string service = ServiceWith(absl::StrCat(kA, " health_check_custom_config {}"));
  Register(
      service, "i-1",
      {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INIT_HEALTH_STATUS", "UNHEALTHY"}, {"a", "b"}});
  const v1::GetInstanceResponse response = Read(GetInstance, Instance(service, "i-1"));
  EXPECT_EQ(response.resource_owner(), "000000000000");
  EXPECT_EQ(response.instance().id(), "i-1");
  EXPECT_EQ(response.instance().created_by_account(), "000000000000");
  EXPECT_FALSE(response.instance().creator_request_id().empty());
  EXPECT_THAT(response.instance().attributes(),
              UnorderedElementsAre(Pair("AWS_INSTANCE_IPV4", "10.0.0.1"),
                                   Pair("AWS_INIT_HEALTH_STATUS", "UNHEALTHY"), Pair("a", "b")));
  EXPECT_EQ(GetService(service).instance_count(), 1);
}

// moto appends a second copy.
TEST_F(RegisterInstanceTest, ASecondRegistrationReplacesTheFirst) {
  const std::string service = HttpService();
  Register(service, "i-1", {{"a", "1"}, {"b", "1"}});
  Register(service, "i-1", {{"a", "2"}});
  EXPECT_EQ(Read(ListInstances, absl::StrCat("service_id: '", service, "'")).instances_size(), 1);
  EXPECT_EQ(Discover("apps", "web").instances_size(), 1);
  EXPECT_EQ(GetService(service).instance_count(), 1);
  EXPECT_THAT(Get(service, "i-1").attributes(), UnorderedElementsAre(Pair("a", "2")));
}

TEST_F(RegisterInstanceTest, InstanceIdsAreCaseSensitiveAndOfOneService) {
  const std::string in = HttpNamespace("apps");
  const std::string a = Service(in, "a").id();
  const std::string b = Service(in, "b").id();
  Register(a, "i", {{"k", "1"}});
  Register(a, "I", {{"k", "2"}});
  Register(b, "i", {{"k", "3"}});
  EXPECT_EQ(Get(a, "i").attributes().at("k"), "1");
  EXPECT_EQ(Get(a, "I").attributes().at("k"), "2");
  EXPECT_EQ(Get(b, "i").attributes().at("k"), "3");
}

TEST_F(RegisterInstanceTest, UnknownServiceIsServiceNotFoundBeforeAnyRule) {
  EXPECT_EQ(TryRegister("srv-x", {{"AWS_X", "v"}}), "ServiceNotFound: Service srv-x not found.");
}

TEST_F(RegisterInstanceTest, ConstraintsComeBeforeLookup) {
  EXPECT_THAT(Try(RegisterInstance, "service_id: 'srv-x' instance_id: 'a b'"),
              StartsWith("InvalidInput: 1 validation error detected: Value 'a b' at 'instanceId'"));
}

TEST_F(RegisterInstanceTest, AServiceArnIsAsGoodAsItsId) {
  const std::string service = HttpService();
  EXPECT_EQ(TryRegister(GetService(service).arn(), {}), "OK");
  EXPECT_EQ(Get(GetService(service).arn(), "i-1").id(), "i-1");
}

TEST_F(RegisterInstanceTest, RevisionGrowsWithEveryRegistrationAndDeregistrationAndNeverShrinks) {
  const std::string service = HttpService();
  int64_t last = Revision("apps", "web");
  EXPECT_LT(last, int64_t{1} << 53);
  const auto expect_growth = [&] {
    EXPECT_GT(Revision("apps", "web"), last);
    last = Revision("apps", "web");
    EXPECT_EQ(Discover("apps", "web").instances_revision(), last);
  };
  Register(service, "i-1");
  expect_growth();
  Register(service, "i-2");
  expect_growth();
  Register(service, "i-2");
  expect_growth();
  Start(DeregisterInstance, Instance(service, "i-1"));
  expect_growth();
  Start(DeregisterInstance, Instance(service, "i-2"));
  expect_growth();
  EXPECT_EQ(Try(DeleteService, absl::StrCat("id: '", service, "'")), "OK");
  Service(GetNamespace(state.FindNamespaceByHttpName("apps")->record->id()).id(), "web");
  expect_growth();
}

TEST_F(RegisterInstanceTest, OtherServicesKeepTheirRevision) {
  const std::string in = HttpNamespace("apps");
  const std::string a = Service(in, "a").id();
  Service(in, "b");
  const int64_t before = Revision("apps", "b");
  Register(a, "i-1");
  EXPECT_EQ(Revision("apps", "b"), before);
}

TEST_F(RegisterInstanceTest, AnSrvHostNameThatDnsCannotHoldFailsTheOperation) {
  const std::string service = ServiceWith(kSrv);
  const Attributes attributes = {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "80"}};
  const int64_t revision = Revision("example.com", "web");
  for (const std::string& id : {std::string(64, 'a'), std::string("a..b"), std::string(".a")}) {
    const v1::Operation operation = GetOperation(Register(service, id, attributes));
    EXPECT_EQ(operation.status(), v1::OPERATION_STATUS_FAIL) << id;
    EXPECT_EQ(operation.error_code(), "INVALID_CHANGE_BATCH");
    EXPECT_FALSE(operation.error_message().empty());
    EXPECT_EQ(TypeOf(TryRead(GetInstance, Instance(service, id)).status()), "InstanceNotFound");
  }
  EXPECT_EQ(Revision("example.com", "web"), revision);
  EXPECT_EQ(GetOperation(Register(service, std::string(63, 'a'), attributes)).status(),
            v1::OPERATION_STATUS_SUCCESS);
}

TEST_F(RegisterInstanceTest, CnameAtTheApexFailsTheOperation) {
  const std::string service = ServiceWith(kCname, ".");
  const v1::Operation operation =
      GetOperation(Register(service, "i-1", {{"AWS_INSTANCE_CNAME", "example.org"}}));
  EXPECT_EQ(operation.status(), v1::OPERATION_STATUS_FAIL);
  EXPECT_EQ(operation.error_code(), "INVALID_CHANGE_BATCH");
}

TEST_F(RegisterInstanceTest, ARetryGetsTheEarlierOperationAndAnotherTokenUpdates) {
  const std::string service = HttpService();
  const std::string request = Registration(service, "i-1", {{"a", "1"}, {"b", "2"}});
  const std::string first = Start(RegisterInstance, request + " creator_request_id: 't1'");
  const int64_t revision = Revision("apps", "web");
  EXPECT_EQ(Start(RegisterInstance, request + " creator_request_id: 't1'"), first);
  EXPECT_EQ(Revision("apps", "web"), revision);
  EXPECT_NE(Start(RegisterInstance, request + " creator_request_id: 't2'"), first);
  EXPECT_GT(Revision("apps", "web"), revision);
  EXPECT_EQ(Get(service, "i-1").creator_request_id(), "t2");
}

TEST_F(RegisterInstanceTest, TheIdThatStandsForAMissingTokenIsNoToken) {
  const std::string service = HttpService();
  const std::string request = Registration(service, "i-1", {{"a", "1"}});
  const std::string first = Start(RegisterInstance, request);
  EXPECT_EQ(Get(service, "i-1").creator_request_id(), first);
  EXPECT_NE(Start(RegisterInstance, absl::StrCat(request, " creator_request_id: '", first, "'")),
            first);
}

TEST_F(RegisterInstanceTest, ATokenOfAnInstanceThatLeftRegistersItAgain) {
  const std::string service = HttpService();
  const std::string request =
      absl::StrCat(Registration(service, "i-1", {}), " creator_request_id: 't'");
  const std::string first = Start(RegisterInstance, request);
  Start(DeregisterInstance, Instance(service, "i-1"));
  EXPECT_NE(Start(RegisterInstance, request), first);
  EXPECT_EQ(Get(service, "i-1").id(), "i-1");
}

TEST_F(RegisterInstanceTest, OneTokenServesManyInstances) {
  const std::string service = HttpService();
  for (const char* id : {"i-1", "i-2"}) {
    Start(RegisterInstance,
          absl::StrCat(Registration(service, id, {}), " creator_request_id: 'x'"));
  }
  EXPECT_EQ(GetService(service).instance_count(), 2);
}

class PendingInstance : public InstanceTest {
 protected:
  PendingInstance() {
    service_ = HttpService();
    options.operation_delay = absl::Seconds(10);
  }
  std::string service_;
};

TEST_F(PendingInstance, IsNotFoundUntilItsOperationCompletes) {
  const int64_t revision = Revision("apps", "web");
  const std::string id = Register(service_, "i-1", {{"a", "b"}});
  EXPECT_EQ(GetOperation(id).status(), v1::OPERATION_STATUS_PENDING);
  EXPECT_EQ(TypeOf(TryRead(GetInstance, Instance(service_, "i-1")).status()), "InstanceNotFound");
  EXPECT_EQ(Revision("apps", "web"), revision);
  now += absl::Seconds(10);
  Complete(id);
  EXPECT_EQ(GetOperation(id).status(), v1::OPERATION_STATUS_SUCCESS);
  EXPECT_GT(Revision("apps", "web"), revision);
  EXPECT_EQ(Get(service_, "i-1").attributes().at("a"), "b");
}

TEST_F(PendingInstance, AnotherRegistrationOrADeregistrationIsADuplicateRequest) {
  const std::string id = Register(service_, "i-1");
  const auto again = Submit(RegisterInstance, Registration(service_, "i-1", {}));
  EXPECT_EQ(Describe(again.status()),
            absl::StrCat("DuplicateRequest: Another operation of type RegisterInstance and id ", id,
                         " is in progress"));
  EXPECT_EQ(DetailOf(again.status()).members().at("DuplicateOperationId"), id);
  EXPECT_EQ(TryType(DeregisterInstance, Instance(service_, "i-1")), "DuplicateRequest");
  EXPECT_EQ(Try(RegisterInstance, Registration(service_, "i-2", {})), "OK");
  EXPECT_EQ(TryRegister(service_, {{"AWS_X", ""}}).substr(0, 12), "InvalidInput")
      << "rules before conflicts";
}

TEST_F(PendingInstance, ARetryGetsTheSameOperation) {
  const std::string request =
      absl::StrCat(Registration(service_, "i-1", {}), " creator_request_id: 't'");
  const std::string id = Start(RegisterInstance, request);
  EXPECT_EQ(Start(RegisterInstance, request), id);
}

TEST_F(PendingInstance, ARetryOfWhatIsInForceIsOneWhateverIsPending) {
  const std::string first = absl::StrCat(Registration(service_, "i-1", {{"a", "1"}, {"b", "2"}}),
                                         " creator_request_id: 't1'");
  const std::string id = Start(RegisterInstance, first);
  Complete(id);
  const std::string second =
      absl::StrCat(Registration(service_, "i-1", {{"a", "3"}}), " creator_request_id: 't2'");
  const std::string pending = Start(RegisterInstance, second);
  EXPECT_EQ(Start(RegisterInstance, first), id);
  EXPECT_EQ(Start(RegisterInstance, second), pending);
  Complete(pending);
  EXPECT_NE(Start(RegisterInstance, first), id) << "no longer in force";
}

TEST_F(PendingInstance, DeregistrationTakesEffectWhenItCompletes) {
  Complete(Register(service_, "i-1"));
  const std::string id = Start(DeregisterInstance, Instance(service_, "i-1"));
  EXPECT_EQ(Get(service_, "i-1").id(), "i-1");
  EXPECT_EQ(Try(DeregisterInstance, Instance(service_, "i-1")),
            absl::StrCat("DuplicateRequest: Another operation of type DeregisterInstance and id ",
                         id, " is in progress"));
  Complete(id);
  EXPECT_EQ(TryType(DeregisterInstance, Instance(service_, "i-1")), "InstanceNotFound");
}

TEST_F(PendingInstance, OperationsOfOneInstanceFollowEachOther) {
  for (int i = 0; i < 3; ++i) {
    Complete(Register(service_, "i-1", {{"n", absl::StrCat(i)}}));
    EXPECT_EQ(Get(service_, "i-1").attributes().at("n"), absl::StrCat(i));
    Complete(Start(DeregisterInstance, Instance(service_, "i-1")));
  }
  EXPECT_EQ(GetService(service_).instance_count(), 0);
}

class DeregisterInstanceTest : public InstanceTest {};

TEST_F(DeregisterInstanceTest, UnknownInstanceIsInstanceNotFound) {
  const std::string service = HttpService();
  EXPECT_EQ(Try(DeregisterInstance, Instance(service, "i-x")),
            absl::StrCat("InstanceNotFound: Instance i-x not found in service ", service, "."));
  EXPECT_EQ(TryType(DeregisterInstance, Instance("srv-x", "i-x")), "ServiceNotFound");
}

class InstanceQuotas : public InstanceTest {
 protected:
  void Fill(const std::string& service, size_t count) {
    Mutation mutation;
    for (size_t i = 0; i < count; ++i) {
      InstanceRecord record;
      record.set_service_id(service);
      record.set_id(absl::StrCat("i-", i));
      mutation.Put(std::move(record));
    }
    state = Apply(state, mutation.changes(), state.revision() + 1);
  }
};

TEST_F(InstanceQuotas, AThousandPerServiceOnlyUnderAwsQuotas) {
  const std::string service = HttpService();
  Fill(service, 1000);
  const std::string one_more = Registration(service, "one-more", {});
  options.aws_quotas = true;
  EXPECT_EQ(TryType(RegisterInstance, one_more), "ResourceLimitExceeded");
  EXPECT_EQ(Try(RegisterInstance, Registration(service, "i-0", {{"a", "b"}})), "OK")
      << "an update adds nothing";
  EXPECT_THAT(Try(RegisterInstance, Registration(service, "one-more", {{"AWS_X", ""}})),
              StartsWith("InvalidInput"))
      << "rules before quotas";
  options.aws_quotas = false;
  EXPECT_EQ(Try(RegisterInstance, one_more), "OK");
}

TEST_F(InstanceQuotas, PendingRegistrationsCount) {
  const std::string service = HttpService();
  Fill(service, 999);
  options.aws_quotas = true;
  options.operation_delay = absl::Seconds(1);
  const std::string pending = Start(RegisterInstance, Registration(service, "the-1000th", {}));
  const std::string one_more = Registration(service, "one-more", {});
  EXPECT_EQ(TryType(RegisterInstance, one_more), "ResourceLimitExceeded");
  EXPECT_EQ(Try(RegisterInstance, Registration(service, "i-0", {{"a", "b"}})), "OK")
      << "an update adds nothing";
  Complete(pending);
  EXPECT_EQ(TryType(RegisterInstance, one_more), "ResourceLimitExceeded");
}

TEST_F(InstanceQuotas, TwoThousandPerNamespace) {
  const std::string in = HttpNamespace("apps");
  const std::string a = Service(in, "a").id();
  const std::string b = Service(in, "b").id();
  const std::string c = Service(in, "c").id();
  Fill(a, 1000);
  Fill(b, 999);
  options.aws_quotas = true;
  EXPECT_EQ(Try(RegisterInstance, Registration(c, "x", {})), "OK");
  EXPECT_EQ(TryType(RegisterInstance, Registration(c, "y", {})), "ResourceLimitExceeded");
  Start(DeregisterInstance, Instance(a, "i-0"));
  EXPECT_EQ(Try(RegisterInstance, Registration(c, "y", {})), "OK");
}

}  // namespace
}  // namespace cloudmap::registry
