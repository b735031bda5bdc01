#include <cstdint>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "registry/errors.h"
#include "server/json/proto_json.h"

namespace cloudmap::json {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

template <typename Request>
Request Decoded(absl::string_view text) {
  Request request;
  registry::Violations found;
  const absl::Status status = Decode(text, request, found);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(found.empty()) << found.ToStatus();
  return request;
}

// The text of the SerializationException, or "" when there is none.
template <typename Request>
std::string SerializationError(absl::string_view text) {
  Request request;
  registry::Violations found;
  const absl::Status status = Decode(text, request, found);
  if (status.ok()) {
    return "";
  }
  const v1::ErrorDetail detail = DetailOf(status);
  EXPECT_EQ(detail.type(), "SerializationException");
  return detail.message();
}

// The text of the violations that decoding found.
template <typename Request>
std::string Found(absl::string_view text) {
  Request request;
  registry::Violations found;
  const absl::Status status = Decode(text, request, found);
  EXPECT_TRUE(status.ok()) << status;
  return std::string(found.ToStatus().message());
}

TEST(Decode, ReadsEveryKindOfMember) {
  const auto request = Decoded<v1::CreateServiceRequest>(R"({
    "Name": "web", "NamespaceId": "ns-1", "Type": "HTTP",
    "DnsConfig": {"RoutingPolicy": "WEIGHTED",
                  "DnsRecords": [{"Type": "A", "TTL": 10}, {"Type": "AAAA", "TTL": 20}]},
    "HealthCheckConfig": {"Type": "TCP", "FailureThreshold": 3},
    "Tags": [{"Key": "a", "Value": ""}]})");
  EXPECT_EQ(request.name(), "web");
  EXPECT_EQ(request.type(), v1::SERVICE_TYPE_OPTION_HTTP);
  EXPECT_EQ(request.dns_config().routing_policy(), v1::ROUTING_POLICY_WEIGHTED);
  ASSERT_EQ(request.dns_config().dns_records_size(), 2);
  EXPECT_EQ(request.dns_config().dns_records(0).type(), v1::RECORD_TYPE_A);
  EXPECT_EQ(request.dns_config().dns_records(1).ttl(), 20);
  EXPECT_EQ(request.health_check_config().failure_threshold(), 3);
  EXPECT_TRUE(request.tags(0).has_value());
}

TEST(Decode, ReadsMapsAndLists) {
  EXPECT_THAT(Decoded<v1::RegisterInstanceRequest>(
                  R"({"Attributes": {"AWS_INSTANCE_IPV4": "10.0.0.1", "empty": ""}})")
                  .attributes(),
              UnorderedElementsAre(Pair("AWS_INSTANCE_IPV4", "10.0.0.1"), Pair("empty", "")));
  EXPECT_THAT(Decoded<v1::UntagResourceRequest>(R"({"TagKeys": ["a", "b", "a"]})").tag_keys(),
              ElementsAre("a", "b", "a"));
  EXPECT_EQ(Decoded<v1::GetInstancesHealthStatusResponse>(R"({"Status": {"i": "UNHEALTHY"}})")
                .status()
                .at("i"),
            v1::HEALTH_STATUS_UNHEALTHY);
}

TEST(Decode, NullIsAbsentAndAnEmptyObjectIsPresent) {
  const auto request = Decoded<v1::CreateServiceRequest>(
      R"({"Name": null, "HealthCheckCustomConfig": {}, "HealthCheckConfig": null})");
  EXPECT_FALSE(request.has_name());
  EXPECT_TRUE(request.has_health_check_custom_config());
  EXPECT_FALSE(request.has_health_check_config());
}

TEST(Decode, AnEmptyStringIsPresent) {
  EXPECT_TRUE(Decoded<v1::CreateHttpNamespaceRequest>(R"({"Name": ""})").has_name());
}

TEST(Decode, IgnoresUnknownMembersWhateverTheyHold) {
  const auto request = Decoded<v1::GetServiceRequest>(
      R"({"Unknown": {"Id": 1, "x": [[[{}]]]}, "Id": "srv-1", "id": 7})");
  EXPECT_EQ(request.id(), "srv-1");
}

TEST(Decode, MemberNamesAreExactInCase) {
  EXPECT_FALSE(Decoded<v1::GetServiceRequest>(R"({"id": "srv-1"})").has_id());
}

TEST(Decode, TheLastOfEqualKeysCounts) {
  EXPECT_EQ(Decoded<v1::GetServiceRequest>(R"({"Id": "first", "Id": "last"})").id(), "last");
  EXPECT_THAT(
      Decoded<v1::RegisterInstanceRequest>(R"({"Attributes": {"k": "1", "k": "2"}})").attributes(),
      UnorderedElementsAre(Pair("k", "2")));
}

TEST(Decode, NothingIsLeftOfAMemberThatComesAgain) {
  const auto request = Decoded<v1::CreateServiceRequest>(
      R"({"DnsConfig": {"RoutingPolicy": "WEIGHTED", "DnsRecords": [{"Type": "SRV", "TTL": 1}]},
          "Type": "HTTP", "Tags": [{"Key": "b"}, {"Key": "a"}],
          "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 2}]}, "Type": null, "Tags": null})");
  EXPECT_FALSE(request.dns_config().has_routing_policy());
  ASSERT_EQ(request.dns_config().dns_records_size(), 1);
  EXPECT_EQ(request.dns_config().dns_records(0).ttl(), 2);
  EXPECT_FALSE(request.has_type());
  EXPECT_EQ(request.tags_size(), 0);
}

TEST(Decode, WhatWasWrongWithAnEarlierOfEqualKeysIsStillWrong) {
  EXPECT_THAT(Found<v1::CreateServiceRequest>(R"({"Type": "BAD", "Type": "HTTP"})"),
              HasSubstr("Value 'BAD' at 'type'"));
  EXPECT_THAT(SerializationError<v1::GetServiceRequest>(R"({"Id": 5, "Id": "x"})"),
              HasSubstr("'id' must be a string"));
}

TEST(Decode, ViolationsAreBounded) {
  std::string body = R"({"Filters": [)";
  for (int i = 0; i < 50'000; ++i) {
    absl::StrAppend(&body, i == 0 ? "" : ",", i % 2 == 0 ? "null" : "{}");
  }
  absl::StrAppend(&body, "]}");
  EXPECT_THAT(Found<v1::ListNamespacesRequest>(body),
              StartsWith("100 validation errors detected: Value null at 'filters.1.member'"));
}

TEST(Decode, ATextThatIsNotJsonSaysSoWhateverElseIsWrong) {
  EXPECT_THAT(SerializationError<v1::GetServiceRequest>(R"({"Id": 5, "x": )"),
              HasSubstr("not valid JSON"));
  EXPECT_THAT(SerializationError<v1::CreateServiceRequest>(R"({"Type": "BAD", "Name": tru})"),
              HasSubstr("not valid JSON"));
}

TEST(Decode, IntegersMayBeWrittenAsWholeFractions) {
  EXPECT_EQ(Decoded<v1::ListServicesRequest>(R"({"MaxResults": 10.0})").max_results(), 10);
  EXPECT_EQ(Decoded<v1::ListServicesRequest>(R"({"MaxResults": 1e2})").max_results(), 100);
  EXPECT_EQ(Decoded<v1::ListServicesRequest>(R"({"MaxResults": -5})").max_results(), -5);
}

TEST(Decode, RefusesNumbersThatAreNoIntegersOfTheirSize) {
  for (const char* number : {"1.5", "2147483648", "-2147483649", "1e300", "99999999999999999999"}) {
    EXPECT_EQ(SerializationError<v1::ListServicesRequest>(
                  absl::StrCat(R"({"MaxResults": )", number, "}")),
              "Value at 'maxResults' must be an integer of 32 bits.")
        << number;
  }
  for (const char* number :
       {"9223372036854775808", "-9223372036854775809", "9223372036854775808.0", "0.5"}) {
    EXPECT_EQ(SerializationError<v1::SOA>(absl::StrCat(R"({"TTL": )", number, "}")),
              "Value at 'tTL' must be an integer of 64 bits.")
        << number;
  }
  EXPECT_EQ(Decoded<v1::SOA>(R"({"TTL": 9223372036854775807})").ttl(), INT64_MAX);
  EXPECT_EQ(Decoded<v1::SOA>(R"({"TTL": -9223372036854775808})").ttl(), INT64_MIN);
  EXPECT_THAT(SerializationError<v1::SOA>(R"({"TTL": 1e400})"), HasSubstr("too large"));
}

TEST(Decode, TimestampsAreSecondsWithAFraction) {
  const auto operation =
      Decoded<v1::Operation>(R"({"CreateDate": 1587055860.121, "UpdateDate": 1587055900})");
  EXPECT_EQ(operation.create_date().seconds(), 1587055860);
  EXPECT_EQ(operation.create_date().nanos(), 121'000'000);
  EXPECT_EQ(operation.update_date().nanos(), 0);
  EXPECT_THAT(SerializationError<v1::Operation>(R"({"CreateDate": 1e13})"),
              HasSubstr("'createDate' must be a time in the years 1 to 9999"));
  EXPECT_THAT(SerializationError<v1::Operation>(R"({"CreateDate": "2020-04-16T16:51:00Z"})"),
              HasSubstr("'createDate' must be a number of seconds"));
}

TEST(Decode, AWrongTypeNamesTheMember) {
  EXPECT_EQ(SerializationError<v1::GetServiceRequest>(R"({"Id": 5})"),
            "Value at 'id' must be a string, not number.");
  EXPECT_EQ(SerializationError<v1::CreateServiceRequest>(
                R"({"DnsConfig": {"DnsRecords": [{"TTL": 1}, {"TTL": "60"}]}})"),
            "Value at 'dnsConfig.dnsRecords.2.member.tTL' must be an integer of 64 bits, "
            "not string.");
  EXPECT_EQ(SerializationError<v1::CreateServiceRequest>(R"({"DnsConfig": []})"),
            "Value at 'dnsConfig' must be an object, not array.");
  EXPECT_EQ(SerializationError<v1::UntagResourceRequest>(R"({"TagKeys": "a"})"),
            "Value at 'tagKeys' must be a list, not string.");
  EXPECT_EQ(SerializationError<v1::RegisterInstanceRequest>(R"({"Attributes": {"k": true}})"),
            "Value at 'attributes.k' must be a string, not boolean.");
  EXPECT_EQ(SerializationError<v1::RegisterInstanceRequest>(R"({"Attributes": ["k"]})"),
            "Value at 'attributes' must be an object, not array.");
  EXPECT_EQ(SerializationError<v1::CreateServiceRequest>(R"({"Type": 1})"),
            "Value at 'type' must be a string, not number.");
}

TEST(Decode, TheBodyIsAnObject) {
  for (const char* text : {"[]", "null", "\"x\"", "5", "true"}) {
    EXPECT_THAT(SerializationError<v1::GetServiceRequest>(text),
                HasSubstr("The request body must be an object"))
        << text;
  }
}

TEST(Decode, RefusesWhatIsNotJson) {
  for (const char* text : {"", "{", "{\"Id\"}", "{\"Id\": 'x'}", "{} {}", "{\"Id\": \"x\",}",
                           "{\"Id\": \"\\ud800\"}", "{\"Id\": NaN}", "\xef\xbb\xbf", "Id=x"}) {
    EXPECT_THAT(SerializationError<v1::GetServiceRequest>(text), HasSubstr("not valid JSON"))
        << text;
  }
}

TEST(Decode, RefusesInvalidUtf8) {
  for (const char* text : {"{\"Id\": \"\xff\"}", "{\"Id\": \"\xc0\xaf\"}",
                           "{\"Id\": \"\xed\xa0\x80\"}", "{\"Id\": \"\xe2\x82\"}"}) {
    EXPECT_THAT(SerializationError<v1::GetServiceRequest>(text), HasSubstr("not valid JSON"));
  }
  EXPECT_EQ(Decoded<v1::GetServiceRequest>("{\"Id\": \"\xe2\x82\xac\"}").id(), "\xe2\x82\xac");
}

TEST(Decode, BoundsTheDepth) {
  const std::string open(64, '[');
  EXPECT_THAT(SerializationError<v1::GetServiceRequest>(absl::StrCat("{\"x\":", open)),
              HasSubstr("nested more than 64 levels"));
  EXPECT_THAT(
      SerializationError<v1::GetServiceRequest>(absl::StrCat("{\"x\":", std::string(1 << 20, '['))),
      HasSubstr("nested more than 64 levels"));
  const std::string allowed(63, '[');
  const std::string close(63, ']');
  EXPECT_EQ(
      Decoded<v1::GetServiceRequest>(absl::StrCat("{\"x\":", allowed, close, ",\"Id\":\"i\"}"))
          .id(),
      "i");
  // Brackets in strings do not nest, not even after an escaped quote.
  EXPECT_EQ(
      Decoded<v1::GetServiceRequest>(absl::StrCat("{\"Id\": \"\\\"", std::string(100, '{'), "\"}"))
          .id(),
      absl::StrCat("\"", std::string(100, '{')));
}

TEST(Decode, ARequiredListOrMapThatIsAbsentIsAViolation) {
  constexpr char kAttributes[] =
      "1 validation error detected: Value null at 'attributes' failed to satisfy constraint: "
      "Member must not be null";
  EXPECT_EQ(Found<v1::RegisterInstanceRequest>("{}"), kAttributes);
  EXPECT_EQ(Found<v1::RegisterInstanceRequest>(R"({"Attributes": null})"), kAttributes);
  EXPECT_EQ(Found<v1::RegisterInstanceRequest>(R"({"Attributes": {}})"), "");
  EXPECT_THAT(Found<v1::CreateServiceRequest>(R"({"DnsConfig": {}})"),
              HasSubstr("Value null at 'dnsConfig.dnsRecords'"));
  EXPECT_THAT(Found<v1::ListServicesRequest>(R"({"Filters": [{"Name": "NAMESPACE_ID"}]})"),
              HasSubstr("Value null at 'filters.1.member.values'"));
  EXPECT_EQ(Found<v1::ListServicesRequest>("{}"), "");
}

TEST(Decode, AnEmptyListIsAViolationWhereOneElementIsTheLeast) {
  EXPECT_EQ(Found<v1::GetInstancesHealthStatusRequest>(R"({"ServiceId": "s", "Instances": []})"),
            "1 validation error detected: Value '[]' at 'instances' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1");
  EXPECT_EQ(Found<v1::GetInstancesHealthStatusRequest>(R"({"ServiceId": "s"})"), "");
  EXPECT_EQ(Found<v1::ListServicesRequest>(R"({"Filters": []})"), "");
}

TEST(Decode, ANullElementIsAViolation) {
  EXPECT_THAT(Found<v1::UntagResourceRequest>(R"({"TagKeys": ["a", null]})"),
              HasSubstr("Value null at 'tagKeys.2.member'"));
  EXPECT_THAT(
      Found<v1::RegisterInstanceRequest>(R"({"Attributes": {"k": null, "a": "b", "j": null}})"),
      AllOf(StartsWith("1 validation error detected: Value '{a=b, j=null, k=null}' at 'attributes' "
                       "failed to satisfy constraint: Map value must satisfy constraint: [Member "
                       "must have length less than or equal to 1024, "),
            EndsWith(", Member must not be null]")));
}

TEST(Decode, AnUnknownEnumValueIsAViolation) {
  EXPECT_EQ(Found<v1::CreateServiceRequest>(R"({"DnsConfig": {"DnsRecords": [{"Type": "MX"}]}})"),
            "1 validation error detected: Value 'MX' at 'dnsConfig.dnsRecords.1.member.type' "
            "failed to satisfy constraint: Member must satisfy enum value set: "
            "[SRV, A, AAAA, CNAME]");
  for (const char* name : {"", "a", "RECORD_TYPE_A", "UNSPECIFIED"}) {
    EXPECT_THAT(Found<v1::DnsRecord>(absl::StrCat(R"({"Type": ")", name, R"("})")),
                HasSubstr("enum value set"))
        << name;
  }
}

// Bytes that JSON is made of, in random order and as random edits of a good request.
TEST(Decode, SurvivesRandomInput) {
  constexpr absl::string_view kGood =
      R"({"Name":"web","DnsConfig":{"DnsRecords":[{"Type":"A","TTL":10}]},"Tags":[{"Key":"a"}]})";
  constexpr absl::string_view kAlphabet =
      "{}[]\",:\\0123456789.eE+-truefalsnNameDConigR \n\xff\x80";
  constexpr uint32_t kSeed = 20170314;
  std::mt19937 random(kSeed);
  const auto below = [&random](size_t bound) { return random() % bound; };
  int decoded = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    if (round % 2 == 0) {
      text = std::string(kGood);
      for (size_t edits = 1 + below(3); edits > 0; --edits) {
        text[below(text.size())] = kAlphabet[below(kAlphabet.size())];
      }
    } else {
      for (size_t size = below(40); size > 0; --size) {
        text.push_back(kAlphabet[below(kAlphabet.size())]);
      }
    }
    v1::CreateServiceRequest request;
    registry::Violations found;
    const absl::Status status = Decode(text, request, found);
    if (status.ok()) {
      ++decoded;
      // What was read can be written and read again.
      v1::CreateServiceRequest again;
      registry::Violations again_found;
      ASSERT_TRUE(Decode(Encode(request), again, again_found).ok()) << "round " << round;
      ASSERT_EQ(request.SerializeAsString(), again.SerializeAsString()) << "round " << round;
    } else {
      ASSERT_EQ(DetailOf(status).code(), v1::ERROR_CODE_SERIALIZATION) << "round " << round;
    }
  }
  EXPECT_GT(decoded, 100);
}

}  // namespace
}  // namespace cloudmap::json
