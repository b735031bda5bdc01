#include "server/net/address.h"

#include "gtest/gtest.h"

namespace cloudmap {
namespace {

TEST(SocketAddress, ParsesAndFormatsBothFamilies) {
  for (const char* text : {"127.0.0.1:8053", "0.0.0.0:0", "[::1]:53", "[2001:db8::1]:65535"}) {
    const auto address = SocketAddress::Parse(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->ToString(), text);
  }
}

TEST(SocketAddress, RejectsWhatIsNotAnAddressAndPort) {
  for (const char* text : {"", "127.0.0.1", "localhost:53", "::1:53", "[127.0.0.1]:53", "[::1]",
                           "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+5",
                           "127.0.0.1: 53", "1.2.3:53"}) {
    EXPECT_FALSE(SocketAddress::Parse(text).ok()) << text;
  }
}

TEST(SocketAddress, DefaultPortAppliesToAnAddressAlone) {
  EXPECT_EQ(SocketAddress::Parse("192.0.2.1", 53)->ToString(), "192.0.2.1:53");
  EXPECT_EQ(SocketAddress::Parse("2001:db8::1", 53)->ToString(), "[2001:db8::1]:53");
  EXPECT_EQ(SocketAddress::Parse("192.0.2.1:54", 53)->ToString(), "192.0.2.1:54");
}

TEST(SocketAddress, KnowsWildcardAndLoopback) {
  EXPECT_TRUE(SocketAddress::Parse("0.0.0.0:1")->is_wildcard());
  EXPECT_TRUE(SocketAddress::Parse("[::]:1")->is_wildcard());
  EXPECT_FALSE(SocketAddress::Parse("127.0.0.1:1")->is_wildcard());
  EXPECT_TRUE(SocketAddress::Parse("127.9.0.1:1")->is_loopback());
  EXPECT_TRUE(SocketAddress::Parse("[::1]:1")->is_loopback());
  EXPECT_FALSE(SocketAddress::Parse("10.0.0.1:1")->is_loopback());
}

TEST(IpPrefix, ContainsByLeadingBits) {
  const auto contains = [](const char* prefix, const char* ip) {
    const std::string bytes = ParseIp(ip);
    return IpPrefix::Parse(prefix)->Contains(
        {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  };
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(contains("172.16.0.0/12", "172.31.255.255"));
  EXPECT_FALSE(contains("172.16.0.0/12", "172.32.0.0"));
  EXPECT_TRUE(contains("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(contains("192.0.2.7", "192.0.2.6"));
  EXPECT_TRUE(contains("0.0.0.0/0", "8.8.8.8"));
  EXPECT_FALSE(contains("0.0.0.0/0", "::1"));
  EXPECT_TRUE(contains("fd00::/8", "fdff::1"));
  for (const char* bad : {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "x/8", "::/129"}) {
    EXPECT_FALSE(IpPrefix::Parse(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace cloudmap
