#include "registry/model/ids.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cloudmap::registry {
namespace {

using ::testing::MatchesRegex;

constexpr uint64_t kEntropy[2] = {0x0123456789abcdef, 0xfedcba9876543210};

TEST(Ids, HaveTheFormsOfAws) {
  const RegistryOptions options;
  EXPECT_THAT(NamespaceId(kEntropy), MatchesRegex("ns-[a-z2-7]{16}"));
  EXPECT_THAT(ServiceId(options, "ns-a", "web"), MatchesRegex("srv-[a-z2-7]{16}"));
  EXPECT_THAT(HostedZoneId("ns-a"), MatchesRegex("Z[A-Z2-7]{20}"));
  EXPECT_THAT(HttpNameSuffix("ns-a"), MatchesRegex("[a-z2-7]{16}"));
  EXPECT_THAT(OperationId("ns-a", 1587055860121), MatchesRegex("[a-z2-7]{32}-k9302yzd"));
}

TEST(Ids, ServiceIdDependsOnAccountRegionNamespaceAndNameAlone) {
  const RegistryOptions options;
  RegistryOptions other_account = options;
  other_account.account_id = "111122223333";
  RegistryOptions other_region = options;
  other_region.region = "eu-west-1";
  const std::string id = ServiceId(options, "ns-a", "web");
  EXPECT_EQ(ServiceId(options, "ns-a", "web"), id);
  EXPECT_NE(ServiceId(other_account, "ns-a", "web"), id);
  EXPECT_NE(ServiceId(other_region, "ns-a", "web"), id);
  EXPECT_NE(ServiceId(options, "ns-b", "web"), id);
  EXPECT_NE(ServiceId(options, "ns-a", "api"), id);
}

// Ids are on disk and in clients' hands: they must not change between releases.
TEST(Ids, AreStable) {
  EXPECT_EQ(ServiceId({}, "ns-aaaaaaaaaaaaaaaa", "web"), "srv-urtmir2c6ddl4iu4");
}

TEST(Ids, OperationsOfOneTargetShareAPrefix) {
  EXPECT_EQ(OperationId("ns-a", 1).substr(0, 32), OperationId("ns-a", 2).substr(0, 32));
  EXPECT_NE(OperationId("ns-a", 1).substr(0, 32), OperationId("ns-b", 1).substr(0, 32));
}

TEST(Arns, NamePartitionRegionAndAccount) {
  RegistryOptions options;
  EXPECT_EQ(NamespaceArn(options, "ns-a"),
            "arn:aws:servicediscovery:us-east-1:000000000000:namespace/ns-a");
  EXPECT_EQ(ServiceArn(options, "srv-a"),
            "arn:aws:servicediscovery:us-east-1:000000000000:service/srv-a");
  options.region = "cn-north-1";
  EXPECT_EQ(ServiceArn(options, "srv-a"),
            "arn:aws-cn:servicediscovery:cn-north-1:000000000000:service/srv-a");
  options.region = "us-gov-west-1";
  EXPECT_EQ(ServiceArn(options, "srv-a"),
            "arn:aws-us-gov:servicediscovery:us-gov-west-1:000000000000:service/srv-a");
}

TEST(OperationIdHash, AscendsWithTheTimeInTheId) {
  const OperationIdHash hash;
  int64_t ms = 1'587'055'860'121;
  uint64_t last = 0;
  for (int i = 0; i < 1'000; ++i, ms += 1 + i * i) {
    const uint64_t next = hash(OperationId(absl::StrCat("target-", i), ms));
    EXPECT_GT(next, last) << ms;
    last = next;
  }
}

TEST(OperationIdHash, TellsOperationsOfOneMillisecondApart) {
  std::set<uint64_t> hashes;
  for (int i = 0; i < 100; ++i) {
    hashes.insert(OperationIdHash()(OperationId(absl::StrCat("target-", i), 1'587'055'860'121)));
  }
  EXPECT_EQ(hashes.size(), 100U);
}

TEST(OperationIdHash, AnyTextHasOne) {
  const OperationIdHash hash;
  EXPECT_EQ(hash(""), hash(""));
  EXPECT_NE(hash("x"), hash("y"));
  EXPECT_NE(hash(std::string(1000, 'z')), hash(std::string(999, 'z')));
}

TEST(ResolveId, TakesIdsAndOurArnsOfTheKind) {
  const RegistryOptions options;
  EXPECT_EQ(ResolveId(options, "service", "srv-a"), "srv-a");
  EXPECT_EQ(ResolveId(options, "service", ServiceArn(options, "srv-a")), "srv-a");
  EXPECT_EQ(ResolveId(options, "namespace", NamespaceArn(options, "ns-a")), "ns-a");
}

TEST(ResolveId, OtherArnsNameNothingHere) {
  const RegistryOptions options;
  for (const char* arn : {
           "arn:aws:servicediscovery:us-east-1:000000000000:namespace/srv-a",   // kind
           "arn:aws:servicediscovery:us-east-1:111122223333:service/srv-a",     // account
           "arn:aws:servicediscovery:eu-west-1:000000000000:service/srv-a",     // region
           "arn:aws-cn:servicediscovery:us-east-1:000000000000:service/srv-a",  // partition
           "arn:aws:ecs:us-east-1:000000000000:service/srv-a",                  // product
           "arn:aws:servicediscovery:us-east-1:000000000000:service",
           "arn:aws:servicediscovery",
           "arn:",
       }) {
    EXPECT_EQ(ResolveId(options, "service", arn), "") << arn;
  }
}

}  // namespace
}  // namespace cloudmap::registry
