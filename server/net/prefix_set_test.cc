#include "server/net/prefix_set.h"

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cloudmap {
namespace {

std::vector<IpPrefix> Prefixes(const std::vector<std::string>& texts) {
  std::vector<IpPrefix> prefixes;
  for (const std::string& text : texts) {
    prefixes.push_back(*IpPrefix::Parse(text));
  }
  return prefixes;
}

bool Contains(const PrefixSet& set, const std::string& text) {
  const std::string ip = ParseIp(text);
  return set.Contains({reinterpret_cast<const uint8_t*>(ip.data()), ip.size()});
}

TEST(PrefixSet, KnowsBothFamiliesAndTheEndsOfEachNetwork) {
  const PrefixSet set(Prefixes({"10.0.0.0/8", "192.168.1.0/24", "192.168.1.128/25", "fc00::/7"}));
  for (const char* in : {"10.0.0.0", "10.255.255.255", "192.168.1.0", "192.168.1.255",
                         "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::ffff:10.1.2.3"}) {
    EXPECT_TRUE(Contains(set, in)) << in;
  }
  for (const char* out : {"9.255.255.255", "11.0.0.0", "192.168.0.255", "192.168.2.0",
                          "fbff::", "fe00::", "::ffff:11.0.0.0"}) {
    EXPECT_FALSE(Contains(set, out)) << out;
  }
  EXPECT_FALSE(Contains(PrefixSet(), "10.0.0.1"));
}

TEST(PrefixSet, AgreesWithLookingAtEachPrefix) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::string> texts;
    for (int i = 0; i < 40; ++i) {
      texts.push_back(absl::StrCat(random() % 4 * 64, ".", random() % 256, ".0.0/", random() % 33));
    }
    const std::vector<IpPrefix> prefixes = Prefixes(texts);
    const PrefixSet set(prefixes);
    for (int i = 0; i < 200; ++i) {
      const std::string ip = ParseIp(
          absl::StrCat(random() % 256, ".", random() % 256, ".", random() % 3, ".", random() % 3));
      const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(ip.data()), ip.size());
      bool expected = false;
      for (const IpPrefix& prefix : prefixes) {
        expected = expected || prefix.Contains(bytes);
      }
      EXPECT_EQ(set.Contains(bytes), expected);
    }
  }
}

}  // namespace
}  // namespace cloudmap
