#include "cli/flags/shorthand.h"

#include <random>
#include <string>

#include "cli/flags/names.h"
#include "gtest/gtest.h"

namespace cloudmap::cli {
namespace {

using Json = nlohmann::json;

Json Parsed(const std::string& text) {
  const absl::StatusOr<Json> value = ParseShorthand(text);
  EXPECT_TRUE(value.ok()) << value.status();
  return value.ok() ? *value : Json();
}

std::string ErrorOf(const absl::StatusOr<Json>& value) {
  return value.ok() ? "" : std::string(value.status().message());
}

TEST(KebabCase, IsThatOfTheAwsCli) {
  EXPECT_EQ(KebabCase("RegisterInstance"), "register-instance");
  EXPECT_EQ(KebabCase("CreateHttpNamespace"), "create-http-namespace");
  EXPECT_EQ(KebabCase("ResourceARN"), "resource-arn");
  EXPECT_EQ(KebabCase("DiscoverInstancesRevision"), "discover-instances-revision");
  EXPECT_EQ(KebabCase("Id"), "id");
  EXPECT_EQ(KebabCase("SOA"), "soa");
}

TEST(Shorthand, PairsMakeAnObject) {
  EXPECT_EQ(Parsed("Type=A,TTL=10"), Json({{"Type", "A"}, {"TTL", "10"}}));
}

TEST(Shorthand, BareValuesAfterAKeyMakeAList) {
  EXPECT_EQ(Parsed("Name=TYPE,Values=HTTP,DNS_PRIVATE,Condition=IN"),
            Json({{"Name", "TYPE"}, {"Values", {"HTTP", "DNS_PRIVATE"}}, {"Condition", "IN"}}));
}

TEST(Shorthand, BracketsAndBracesNest) {
  EXPECT_EQ(
      Parsed("RoutingPolicy=MULTIVALUE,DnsRecords=[{Type=A,TTL=10},{Type=SRV,TTL=60}]"),
      Json({{"RoutingPolicy", "MULTIVALUE"},
            {"DnsRecords", {{{"Type", "A"}, {"TTL", "10"}}, {{"Type", "SRV"}, {"TTL", "60"}}}}}));
  EXPECT_EQ(Parsed("DnsProperties={SOA={TTL=60}}"),
            Json({{"DnsProperties", {{"SOA", {{"TTL", "60"}}}}}}));
  EXPECT_EQ(Parsed("A=[],B={}"), Json({{"A", Json::array()}, {"B", Json::object()}}));
  EXPECT_EQ(Parsed(" A = [ x , y ] , B = { C = z } "),
            Json({{"A", {"x", "y"}}, {"B", {{"C", "z"}}}}));
}

TEST(Shorthand, QuotesAndBackslashesKeepCommas) {
  EXPECT_EQ(Parsed("Description='a, b=c ]'"), Json({{"Description", "a, b=c ]"}}));
  EXPECT_EQ(Parsed(R"(Description="say \"hi\"",X=y)"),
            Json({{"Description", "say \"hi\""}, {"X", "y"}}));
  EXPECT_EQ(Parsed(R"(Description=a\,b)"), Json({{"Description", "a,b"}}));
  EXPECT_EQ(Parsed("Values='a,b','c'"), Json({{"Values", {"a,b", "c"}}}));
}

TEST(Shorthand, ValuesMayBeEmptyOrHoldEqualsSigns) {
  EXPECT_EQ(Parsed("A="), Json({{"A", ""}}));
  EXPECT_EQ(Parsed("Path=/health?x=1"), Json({{"Path", "/health?x=1"}}));
}

TEST(Shorthand, ErrorsSayWhatIsMissingWhere) {
  EXPECT_EQ(ErrorOf(ParseShorthand("")), "'' lacks KEY=VALUE at ''");
  EXPECT_EQ(ErrorOf(ParseShorthand("Type")), "'Type' lacks KEY=VALUE at 'Type'");
  EXPECT_EQ(ErrorOf(ParseShorthand("=A")), "'=A' lacks KEY=VALUE at '=A'");
  EXPECT_EQ(ErrorOf(ParseShorthand("R=[{Type=A}")), "'R=[{Type=A}' lacks a ']'");
  EXPECT_EQ(ErrorOf(ParseShorthand("R={Type=A")), "'R={Type=A' lacks a '}'");
  EXPECT_EQ(ErrorOf(ParseShorthand("R=x]")), "'R=x]' has a ']' too many");
  EXPECT_EQ(ErrorOf(ParseShorthand("R='x")), "'R='x' lacks a closing '");
  EXPECT_EQ(ErrorOf(ParseShorthand("A=1,A=2")), "'A=1,A=2' gives 'A' twice");
}

TEST(Shorthand, DeepNestingIsRefused) {
  EXPECT_NE(ErrorOf(ParseShorthand("A=" + std::string(100000, '['))), "");
  std::string deep;
  for (int i = 0; i < 100000; ++i) {
    deep += "A={";
  }
  EXPECT_NE(ErrorOf(ParseShorthand(deep)), "");
}

TEST(Shorthand, RandomTextNeverCrashes) {
  constexpr char kAlphabet[] = "aB=,[]{}'\"\\ 1";
  std::mt19937_64 random(7);
  int accepted = 0;
  for (int i = 0; i < 200000; ++i) {
    std::string text(random() % 16, ' ');
    for (char& c : text) {
      c = kAlphabet[random() % (sizeof(kAlphabet) - 1)];
    }
    const absl::StatusOr<Json> value = ParseShorthand(text);
    if (value.ok()) {
      ++accepted;
      EXPECT_TRUE(value->is_object()) << text;
    }
    (void)ParsePairs(text);
  }
  EXPECT_GT(accepted, 100);
}

TEST(Pairs, KeepBracketsAsTheyAre) {
  EXPECT_EQ(*ParsePairs("a=[x],b={y}"), Json({{"a", "[x]"}, {"b", "{y}"}}));
}

TEST(Pairs, ValueWithAnUnquotedCommaIsAnError) {
  EXPECT_EQ(ErrorOf(ParsePairs("colours=red,blue")),
            "'colours=red,blue' lacks KEY=VALUE at 'blue'");
  EXPECT_EQ(*ParsePairs("colours='red,blue'"), Json({{"colours", "red,blue"}}));
}

}  // namespace
}  // namespace cloudmap::cli
