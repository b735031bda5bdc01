#include "registry/model/names.h"

#include <string>

#include "gtest/gtest.h"

namespace cloudmap::registry {
namespace {

// Four labels of 63, 63, 63 and 61 characters and three dots: 253 characters.
std::string LongestName() {
  const std::string label(63, 'a');
  return label + "." + label + "." + label + "." + std::string(61, 'a');
}

TEST(IsDnsName, TakesLabelsOf1To63BytesAnd253Characters) {
  for (const std::string& name :
       {std::string("a"), std::string("_http._tcp.corp.test"), std::string("a."),
        std::string(63, 'a'), LongestName(), LongestName() + "."}) {
    EXPECT_TRUE(IsDnsName(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("."), std::string("a.."), std::string(".a"), std::string("a..b"),
        std::string(64, 'a'), LongestName() + "a", LongestName().substr(1) + ".a"}) {
    EXPECT_FALSE(IsDnsName(name)) << name;
  }
}

TEST(WithoutTrailingDot, DropsOneDotAtTheEndAlone) {
  EXPECT_EQ(WithoutTrailingDot("corp.test."), "corp.test");
  EXPECT_EQ(WithoutTrailingDot("corp.test"), "corp.test");
  EXPECT_EQ(WithoutTrailingDot("a.."), "a.");
  EXPECT_EQ(WithoutTrailingDot("."), "");
  EXPECT_EQ(WithoutTrailingDot(""), "");
}

TEST(NameKeys, CompareAsTheNamespaceTypeDoes) {
  EXPECT_EQ(ServiceNameKey(v1::NAMESPACE_TYPE_DNS_PUBLIC, "WeB"), "web");
  EXPECT_EQ(ServiceNameKey(v1::NAMESPACE_TYPE_HTTP, "WeB"), "WeB");
  EXPECT_EQ(CanonicalDnsName("Corp.Test."), "corp.test");
  EXPECT_EQ(NamespaceNameKey(v1::NAMESPACE_TYPE_DNS_PRIVATE, "Corp.Test."),
            NamespaceNameKey(v1::NAMESPACE_TYPE_DNS_PUBLIC, "corp.test"));
  EXPECT_NE(NamespaceNameKey(v1::NAMESPACE_TYPE_HTTP, "corp"),
            NamespaceNameKey(v1::NAMESPACE_TYPE_DNS_PUBLIC, "corp"));
  EXPECT_NE(NamespaceNameKey(v1::NAMESPACE_TYPE_HTTP, "corp"),
            NamespaceNameKey(v1::NAMESPACE_TYPE_HTTP, "corp."));
}

}  // namespace
}  // namespace cloudmap::registry
