#include "cli/flags/flags_from_proto.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "cli/flags/flag_help.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/json/proto_json.h"
#include "tests/support/temporary_directory.h"

namespace cloudmap::cli {
namespace {

using google::protobuf::Message;
using ::testing::HasSubstr;

// The request that `arguments` make, as JSON, or the error's text.
template <typename Request>
std::string Built(std::vector<std::string> arguments) {
  CLI::App app;
  const RequestFlags flags(*Request::descriptor(), app);
  std::transform(arguments.begin(), arguments.end(), arguments.begin(), ProtectBrackets);
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return std::string("CLI11: ") + error.what();
  }
  const absl::StatusOr<std::unique_ptr<Message>> request = flags.BuildRequest();
  return request.ok() ? json::Encode(**request) : std::string(request.status().message());
}

TEST(RequestFlags, ScalarsEnumsAndNumbers) {
  EXPECT_EQ(Built<v1::ListInstancesRequest>({"--service-id", "srv-1", "--max-results", "7"}),
            R"({"ServiceId":"srv-1","MaxResults":7})");
  EXPECT_EQ(Built<v1::UpdateInstanceCustomHealthStatusRequest>(
                {"--service-id=srv-1", "--instance-id=i-1", "--status", "UNHEALTHY"}),
            R"({"ServiceId":"srv-1","InstanceId":"i-1","Status":"UNHEALTHY"})");
}

TEST(RequestFlags, MapsAreRepeatedOrCommaSeparatedOrJson) {
  const std::string expected =
      R"({"ServiceId":"s","InstanceId":"i","CreatorRequestId":"t","Attributes":{"a":"1","b":"2"}})";
  const std::vector<std::string> common = {"--service-id",         "s", "--instance-id", "i",
                                           "--creator-request-id", "t", "--attributes"};
  for (const std::vector<std::string>& attributes : std::vector<std::vector<std::string>>{
           {"a=1,b=2"}, {"a=1", "b=2"}, {"a=1", "--attributes", "b=2"}, {R"({"a":"1","b":"2"})"}}) {
    std::vector<std::string> arguments = common;
    arguments.insert(arguments.end(), attributes.begin(), attributes.end());
    EXPECT_EQ(Built<v1::RegisterInstanceRequest>(arguments), expected);
  }
}

TEST(RequestFlags, ListsOfWordsAreRepeatedOrCommaSeparatedOrJson) {
  const std::string expected = R"({"ResourceARN":"arn:x","TagKeys":["a","b"]})";
  for (const std::vector<std::string>& keys :
       std::vector<std::vector<std::string>>{{"--tag-keys", "a,b"},
                                             {"--tag-keys", "a", "b"},
                                             {"--tag-keys", "a", "--tag-keys", "b"},
                                             {"--tag-keys", R"(["a","b"])"},
                                             {R"(--tag-keys=["a","b"])"}}) {
    std::vector<std::string> arguments = {"--resource-arn", "arn:x"};
    arguments.insert(arguments.end(), keys.begin(), keys.end());
    EXPECT_EQ(Built<v1::UntagResourceRequest>(arguments), expected);
  }
}

TEST(RequestFlags, StructuresAreShorthandOrJson) {
  const std::string expected =
      R"({"Name":"web","CreatorRequestId":"t","DnsConfig":{"DnsRecords":[{"Type":"A","TTL":10}]}})";
  for (const char* dns_config : {"DnsRecords=[{Type=A,TTL=10}]", "DnsRecords={Type=A,TTL=10}",
                                 R"({"DnsRecords":[{"Type":"A","TTL":10}]})"}) {
    EXPECT_EQ(Built<v1::CreateServiceRequest>(
                  {"--name", "web", "--creator-request-id", "t", "--dns-config", dns_config}),
              expected);
  }
}

TEST(RequestFlags, ListsOfStructuresTakeOneOrMorePerFlag) {
  const std::string expected =
      R"({"ResourceARN":"arn:x","Tags":[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]})";
  for (const std::vector<std::string>& tags : std::vector<std::vector<std::string>>{
           {"--tags", "Key=a,Value=1", "Key=b,Value=2"},
           {"--tags", "Key=a,Value=1", "--tags", "Key=b,Value=2"},
           {"--tags", R"([{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}])"}}) {
    std::vector<std::string> arguments = {"--resource-arn", "arn:x"};
    arguments.insert(arguments.end(), tags.begin(), tags.end());
    EXPECT_EQ(Built<v1::TagResourceRequest>(arguments), expected);
  }
}

TEST(RequestFlags, BracketsInAPlainValueStay) {
  EXPECT_THAT(Built<v1::CreateHttpNamespaceRequest>({"--name", "n", "--description", "[a,b]"}),
              HasSubstr(R"("Description":"[a,b]")"));
}

TEST(RequestFlags, IdempotencyTokenIsFreshWhenLeftOut) {
  const std::vector<std::string> arguments = {"--name", "n"};
  const std::string first = Built<v1::CreateHttpNamespaceRequest>(arguments);
  EXPECT_THAT(first, ::testing::MatchesRegex(
                         ".*\"CreatorRequestId\":\"[0-9a-f]+-[0-9a-f]+-4[0-9a-f]+-[89ab][0-9a-f]+-"
                         "[0-9a-f]+\".*"));
  EXPECT_NE(first, Built<v1::CreateHttpNamespaceRequest>(arguments));
}

TEST(RequestFlags, AllMissingFlagsAreNamed) {
  EXPECT_EQ(Built<v1::RegisterInstanceRequest>({}),
            "missing --service-id, --instance-id, --attributes");
}

TEST(RequestFlags, WrongValuesNameTheFlagAndTheRemedy) {
  EXPECT_EQ(Built<v1::ListInstancesRequest>({"--service-id", "s", "--max-results", "many"}),
            "--max-results: \"many\" is no integer");
  EXPECT_EQ(Built<v1::UpdateInstanceCustomHealthStatusRequest>(
                {"--service-id", "s", "--instance-id", "i", "--status", "UP"}),
            "--status: \"UP\" is none of HEALTHY, UNHEALTHY");
  EXPECT_EQ(Built<v1::CreateServiceRequest>({"--name", "web", "--dns-config", "DnsRecords"}),
            "--dns-config: 'DnsRecords' lacks KEY=VALUE at 'DnsRecords'; write NamespaceId=TEXT,"
            "RoutingPolicy=MULTIVALUE|WEIGHTED,DnsRecords=[{Type=SRV|A|AAAA|CNAME,TTL=N},...], "
            "quote values that hold a comma, or give JSON");
  EXPECT_EQ(Built<v1::CreateServiceRequest>(
                {"--name", "web", "--dns-config", "DnsRecords=[{Type=A,Ttl=10}]"}),
            "--dns-config.DnsRecords: unknown member 'Ttl'; there are Type, TTL");
  EXPECT_EQ(Built<v1::CreateServiceRequest>(
                {"--name", "web", "--dns-config", "DnsRecords=[{Type=TXT,TTL=10}]"}),
            "--dns-config.DnsRecords.Type: \"TXT\" is none of SRV, A, AAAA, CNAME");
  EXPECT_EQ(Built<v1::CreateServiceRequest>({"--name", "web", "--dns-config", "{\"DnsRecords\":"}),
            "--dns-config: '{\"DnsRecords\":' is not valid JSON; quote it for the shell");
  EXPECT_EQ(Built<v1::RegisterInstanceRequest>(
                {"--service-id", "s", "--instance-id", "i", "--attributes", "10.0.0.1"}),
            "--attributes: '10.0.0.1' lacks KEY=VALUE at '10.0.0.1'; write KEY=VALUE[,...], quote "
            "values that hold a comma, or give JSON");
}

TEST(RequestFlags, MissingRequiredListInsideAStructureIsAnError) {
  EXPECT_THAT(
      Built<v1::CreateServiceRequest>({"--name", "web", "--dns-config", "RoutingPolicy=WEIGHTED"}),
      HasSubstr("dnsConfig.dnsRecords"));
}

class InputFile : public testing::Test {
 protected:
  std::string Holding(const std::string& text) {
    WriteFile(path_, text);
    return path_;
  }
  const TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/input.json";
};

TEST_F(InputFile, FlagsGoOverIt) {
  EXPECT_EQ(Built<v1::GetInstanceRequest>({"--cli-input-json",
                                           Holding(R"({"ServiceId":"s","InstanceId":"old"})"),
                                           "--instance-id", "new"}),
            R"({"ServiceId":"s","InstanceId":"new"})");
}

TEST_F(InputFile, UnknownMembersAndBadJsonAreErrors) {
  EXPECT_EQ(Built<v1::GetInstanceRequest>({"--cli-input-json", Holding(R"({"ServiceID":"s"})")}),
            "--cli-input-json: unknown member 'ServiceID'; there are ServiceId, InstanceId");
  EXPECT_EQ(Built<v1::GetInstanceRequest>({"--cli-input-json", Holding("{")}),
            "--cli-input-json: " + path_ + " does not hold valid JSON");
  EXPECT_EQ(Built<v1::GetInstanceRequest>({"--cli-input-json", "/nonexistent"}),
            "--cli-input-json: cannot read /nonexistent; name a readable file or -");
  EXPECT_EQ(Built<v1::GetInstanceRequest>({"--cli-input-json", "/"}),
            "--cli-input-json: cannot read /; name a readable file or -");
}

TEST(FlagHelp, ConstraintsComeFromTheRules) {
  const auto& field = [](const char* name) -> const auto& {
    return *v1::RegisterInstanceRequest::descriptor()->FindFieldByName(name);
  };
  EXPECT_EQ(ConstraintsOf(field("instance_id")),
            "at most 64 characters; matches ^[0-9a-zA-Z_/:.@-]+$");
  EXPECT_EQ(ConstraintsOf(field("creator_request_id")),
            "at most 64 characters; a new random one when left out");
  EXPECT_EQ(ConstraintsOf(*v1::ListInstancesRequest::descriptor()->FindFieldByName("max_results")),
            "1 to 100");
}

TEST(FlagHelp, ExamplesBuildRequestsOfEveryMethod) {
  const auto* service = v1::GetOperationRequest::descriptor()->file()->service(0);
  for (int i = 0; i < service->method_count(); ++i) {
    const std::string example = ExampleOf(*service->method(i));
    CLI::App app("", "cloudmapctl");
    CLI::App* command = app.add_subcommand(example.substr(12, example.find(' ', 12) - 12));
    const RequestFlags flags(*service->method(i)->input_type(), *command);
    ASSERT_NO_THROW(app.parse(example, /*program_name_included=*/true)) << example;
    EXPECT_TRUE(flags.BuildRequest().ok()) << example << ": " << flags.BuildRequest().status();
  }
}

}  // namespace
}  // namespace cloudmap::cli
