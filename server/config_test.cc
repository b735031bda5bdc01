#include "server/config.h"

#include <cstdlib>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace cloudmap {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

absl::StatusOr<ConfigOrText> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "cloudmapd");
  return ParseConfig(static_cast<int>(arguments.size()), arguments.data());
}

// One line that names the option.
void ExpectUsageError(const std::vector<const char*>& arguments, const std::string& option) {
  const auto parsed = Parse(arguments);
  ASSERT_FALSE(parsed.ok());
  EXPECT_TRUE(absl::IsInvalidArgument(parsed.status()));
  const std::string text(parsed.status().message());
  EXPECT_THAT(text, HasSubstr(option));
  EXPECT_THAT(text, Not(HasSubstr("\n")));
}

class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Environment() { unsetenv(name_); }

 private:
  const char* name_;
};

TEST(Config, DefaultsAreTheLoopbackPorts) {
  const auto parsed = Parse({});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->config.dns_listen, ElementsAre("127.0.0.1:8053"));
  EXPECT_THAT(parsed->config.grpc_listen, ElementsAre("127.0.0.1:8054"));
  EXPECT_THAT(parsed->config.http_listen, ElementsAre("127.0.0.1:8055"));
  EXPECT_EQ(parsed->config.store, "sqlite");
  EXPECT_GE(parsed->config.dns_workers, 1);
}

TEST(Config, UnknownFlagIsAUsageErrorThatNamesIt) { ExpectUsageError({"--nope"}, "--nope"); }

TEST(Config, UnknownFlagsAreNamedInTheOrderGivenWithTheNearestKnownOnes) {
  ExpectUsageError({"--zz", "1", "--dns-lisen=127.0.0.1:53", "--stroe", "memory"},
                   "unknown option --zz, unknown option --dns-lisen (did you mean --dns-listen?), "
                   "unknown option --stroe (did you mean --store?)");
}

TEST(Config, UnknownVariablesAreWarnedOfWithTheNearestKnownOne) {
  const Environment misspelt("CLOUDMAPD_DNS_LISEN", "127.0.0.1:53");
  const Environment known("CLOUDMAPD_LOG_LEVEL", "debug");
  const auto parsed = Parse({});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->warnings,
              ElementsAre("environment variable CLOUDMAPD_DNS_LISEN is not an option; did you mean "
                          "CLOUDMAPD_DNS_LISTEN?"));
}

TEST(Config, MalformedValuesAreUsageErrorsThatNameTheOption) {
  ExpectUsageError({"--dns-listen", "localhost:53"}, "--dns-listen");
  ExpectUsageError({"--grpc-listen", "127.0.0.1"}, "--grpc-listen");
  ExpectUsageError({"--operation-delay", "5"}, "--operation-delay");
  ExpectUsageError({"--custom-health-delay", "-1s"}, "--custom-health-delay");
  ExpectUsageError({"--account-id", "12"}, "--account-id");
  ExpectUsageError({"--store", "tape"}, "--store");
  ExpectUsageError({"--dns-workers", "0"}, "--dns-workers");
  ExpectUsageError({"--soa-ttl", "-1"}, "--soa-ttl");
  ExpectUsageError({"--soa-ttl", "2147483648"}, "--soa-ttl");
  ExpectUsageError({"--discover-default", "some"}, "--discover-default");
  ExpectUsageError({"--ec2-instance", "i-1"}, "--ec2-instance");
  ExpectUsageError({"--ec2-instance", "i-1=::1"}, "--ec2-instance");
  ExpectUsageError({"--forward", "resolver.example"}, "--forward");
  ExpectUsageError({"--forward", "none", "--forward", "192.0.2.1"}, "--forward");
  ExpectUsageError({"--forward-zone", "corp.example"}, "--forward-zone");
  ExpectUsageError({"--forward-zone", "corp.example="}, "--forward-zone");
  ExpectUsageError({"--forward-zone", "corp..example=192.0.2.1"}, "--forward-zone");
  ExpectUsageError({"--forward-zone", "corp.example=192.0.2.1,host"}, "--forward-zone");
  ExpectUsageError({"--allow-recursion", "10.0.0.0/33"}, "--allow-recursion");
  ExpectUsageError({"--forward-single-labels", "yes"}, "--forward-single-labels");
  for (const char* size : {"-1", "1", "32MB", "MiB", "99999999GiB", ""}) {
    ExpectUsageError({"--cache-size", size}, "--cache-size");
  }
  ExpectUsageError({"--serve-stale", "soon"}, "--serve-stale");
  const std::string long_name(129, 'n');
  ExpectUsageError({"--nsid", long_name.c_str()}, "--nsid");
}

TEST(Config, ForwardingIsToTheSystemsResolversUnlessOthersAreNamed) {
  EXPECT_THAT(Parse({})->config.forward, ElementsAre("system"));
  EXPECT_THAT(Parse({"--forward", "none"})->config.forward, ElementsAre("none"));
  EXPECT_THAT(Parse({"--forward", "192.0.2.1,192.0.2.2:5353"})->config.forward,
              ElementsAre("192.0.2.1", "192.0.2.2:5353"));
  EXPECT_THAT(
      Parse({"--forward-zone", "a.test=192.0.2.1,192.0.2.2", "--forward-zone", "b.test=192.0.2.3"})
          ->config.forward_zones,
      ElementsAre("a.test=192.0.2.1,192.0.2.2", "b.test=192.0.2.3"));
}

TEST(Config, SizesAreBytesOrHaveAUnit) {
  EXPECT_EQ(Parse({})->config.cache_bytes, 32U << 20);
  EXPECT_EQ(Parse({"--cache-size", "1MiB"})->config.cache_bytes, 1U << 20);
  EXPECT_EQ(Parse({"--cache-size", "100000"})->config.cache_bytes, 100'000U);
  EXPECT_EQ(Parse({"--cache-size", "0"})->config.cache_bytes, 0U);
}

TEST(Config, RepeatedAddressesAddUp) {
  const auto parsed = Parse({"--dns-listen", "127.0.0.1:1", "--dns-listen", "[::1]:2"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->config.dns_listen, ElementsAre("127.0.0.1:1", "[::1]:2"));
}

TEST(Config, EmulateAwsTurnsOnEveryRestriction) {
  const auto parsed = Parse({"--emulate", "aws"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_TRUE(parsed->config.emulate_aws);
  EXPECT_TRUE(parsed->config.aws_quotas);
  EXPECT_EQ(parsed->config.custom_health_delay, absl::Seconds(30));
}

TEST(Config, SingleRestrictionsWinOverEmulate) {
  const auto parsed =
      Parse({"--emulate", "aws", "--quotas", "none", "--custom-health-delay", "2s"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_FALSE(parsed->config.aws_quotas);
  EXPECT_EQ(parsed->config.custom_health_delay, absl::Seconds(2));
}

TEST(Config, FlagWinsOverEnvironmentAndEnvironmentOverFile) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/config.toml";
  WriteFile(path,
            "region = \"from-file\"\naccount-id = \"111111111111\"\n"
            "dns-listen = [\"127.0.0.1:5\", \"127.0.0.1:6\"]\n"
            "operation-delay = \"3s\"\n");
  const Environment region("CLOUDMAPD_REGION", "from-environment");
  const Environment account("CLOUDMAPD_ACCOUNT_ID", "222222222222");
  const auto parsed = Parse({"--config", path.c_str(), "--region", "from-flag"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->config.region, "from-flag");
  EXPECT_EQ(parsed->config.account_id, "222222222222");
  EXPECT_EQ(parsed->config.operation_delay, absl::Seconds(3));
  EXPECT_THAT(parsed->config.dns_listen, ElementsAre("127.0.0.1:5", "127.0.0.1:6"));
}

TEST(Config, EnvironmentTakesSeveralAddressesWithCommas) {
  const Environment listen("CLOUDMAPD_DNS_LISTEN", "127.0.0.1:1,127.0.0.2:2");
  const auto parsed = Parse({});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->config.dns_listen, ElementsAre("127.0.0.1:1", "127.0.0.2:2"));
}

TEST(Config, UnknownKeyInTheFileIsAUsageError) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/config.toml";
  WriteFile(path, "colour = \"blue\"\n");
  ExpectUsageError({"--config", path.c_str()}, "colour");
}

TEST(Config, OpenApiOnTheNetworkNeedsAGuard) {
  ExpectUsageError({"--http-listen", "0.0.0.0:0"}, "--http-listen");
  ExpectUsageError({"--grpc-listen", "[::]:0"}, "--grpc-listen");
  ExpectUsageError({"--grpc-listen", "127.0.0.1:0", "--grpc-listen", "[::]:0"},
                   "--grpc-listen [::]:0");
  // Signatures guard HTTP only.
  ExpectUsageError({"--grpc-listen", "0.0.0.0:0", "--credentials", "keys"}, "--grpc-listen");
  EXPECT_TRUE(Parse({"--http-listen", "0.0.0.0:0", "--credentials", "keys"}).ok());
  EXPECT_TRUE(
      Parse({"--grpc-listen", "0.0.0.0:0", "--http-listen", "0.0.0.0:0", "--insecure-listen"})
          .ok());
  EXPECT_TRUE(Parse({"--grpc-listen", "0.0.0.0:0", "--tls-cert", "c", "--tls-key", "k"}).ok());
}

TEST(Config, CertificateAndKeyGoTogether) {
  ExpectUsageError({"--tls-cert", "c"}, "--tls-key");
  ExpectUsageError({"--tls-client-ca", "c"}, "--tls-client-ca");
}

TEST(Config, HelpAndVersionAreTexts) {
  EXPECT_THAT(Parse({"--help"})->text, HasSubstr("--dns-listen"));
  EXPECT_THAT(Parse({"--version"})->text, HasSubstr("cloudmapd 0."));
}

}  // namespace
}  // namespace cloudmap
