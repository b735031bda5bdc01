#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "registry/testing/instance_fixture.h"
#include "registry/testing/service_fixture.h"

namespace cloudmap::registry {
namespace {

using ::testing::StartsWith;

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
            "InvalidInput: A valid port number must be supplied.");
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_PORT", "80"}}),
            "InvalidInput: At least one of AWS_INSTANCE_IPV4 AWS_INSTANCE_IPV6 is required.");
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_PORT", "80"}, {"AWS_INSTANCE_IPV6", "::1"}}), "OK");
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_PORT", "80"}, {"AWS_INSTANCE_IPV4", "10.0.0.1"}}),
            "OK");
}

TEST_F(InstanceAttributes, HealthCheckConfigNeedsAPort) {
  const std::string id = ServiceWith(absl::StrCat(kA, kTcpCheck));
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_IPV4", "8.8.8.8"}}),
            "InvalidInput: A valid port number must be supplied.");
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
    EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_PORT", port}}),
              "InvalidInput: A valid port number must be supplied.")
        << port;
  }
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_PORT", "65535"}}), "OK");
  EXPECT_EQ(TryRegister(id, {{"AWS_INSTANCE_PORT", "1"}}), "OK");
}

// AWS takes such services, and what each record needs is required.
TEST_F(InstanceAttributes, AddressesBesideSrvAreAllRequired) {
  const std::string id = ServiceWith(Records({"A", "AAAA", "SRV"}));
  const Attributes all = {{"AWS_INSTANCE_IPV4", "10.0.0.1"},
                          {"AWS_INSTANCE_IPV6", "2001:db8::1"},
                          {"AWS_INSTANCE_PORT", "80"}};
  EXPECT_EQ(TryRegister(id, all), "OK");
  for (const auto& [left_out, error] : std::map<std::string, std::string>{
           {"AWS_INSTANCE_IPV4", "Required attribute(s) AWS_INSTANCE_IPV4 are missing."},
           {"AWS_INSTANCE_IPV6", "Required attribute(s) AWS_INSTANCE_IPV6 are missing."},
           {"AWS_INSTANCE_PORT", "A valid port number must be supplied."}}) {
    Attributes attributes = all;
    attributes.erase(left_out);
    EXPECT_EQ(TryRegister(id, attributes), "InvalidInput: " + error);
  }
}

TEST_F(InstanceAttributes, AnAliasCannotStandBesideSrv) {
  const std::string id = ServiceWith(Records({"A", "SRV"}, "WEIGHTED"));
  EXPECT_EQ(TryRegister(id, {{"AWS_ALIAS_DNS_NAME", "lb.example.com"}}),
            "InvalidInput: ALIAS instance cannot be registered in services with SRV records");
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

}  // namespace
}  // namespace cloudmap::registry
