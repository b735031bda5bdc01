#include "server/dns/message/name.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace cloudmap::dns {
namespace {

constexpr SipKey kKey{0x1111, 0x2222};

std::vector<uint8_t> Wire(absl::string_view text) {
  const std::string wire = *WireName(text);
  return {wire.begin(), wire.end()};
}

std::vector<uint8_t> Raw(const std::string& bytes) { return {bytes.begin(), bytes.end()}; }

LookupName Parsed(absl::string_view text) {
  const auto wire = Wire(text);
  LookupName name;
  EXPECT_EQ(name.Parse(wire, 0), wire.size());
  name.Hash(kKey);
  return name;
}

TEST(WireName, WritesLabelsInTheirOwnCase) {
  EXPECT_EQ(*WireName("My-App.sd"), std::string("\6My-App\2sd\0", 11));
  EXPECT_EQ(*WireName("a.b."), *WireName("a.b"));
  EXPECT_EQ(*WireName("."), std::string(1, '\0'));
  EXPECT_EQ(*WireName(""), std::string(1, '\0'));
}

TEST(WireName, RefusesEmptyAndLongLabelsAndNames) {
  EXPECT_FALSE(WireName("a..b").has_value());
  EXPECT_FALSE(WireName(".a").has_value());
  EXPECT_FALSE(WireName("a..").has_value());
  EXPECT_TRUE(WireName(std::string(63, 'x')).has_value());
  EXPECT_FALSE(WireName(std::string(64, 'x')).has_value());
  // Four labels of 63, 63, 63 and 61 bytes take 255 on the wire.
  const std::string x63(63, 'x');
  const std::string longest = x63 + "." + x63 + "." + x63 + "." + std::string(61, 'x');
  EXPECT_EQ(WireName(longest)->size(), kMaxNameSize);
  EXPECT_FALSE(WireName(longest + "x").has_value());
}

TEST(IsWithin, ComparesWholeLabels) {
  const auto within = [](absl::string_view name, absl::string_view zone) {
    return IsWithin(Parsed(name).view(), Parsed(zone).view());
  };
  EXPECT_TRUE(within("sd.local", "sd.local"));
  EXPECT_TRUE(within("a.b.sd.local", "sd.local"));
  EXPECT_TRUE(within("sd.local", "."));
  EXPECT_FALSE(within("local", "sd.local"));
  EXPECT_FALSE(within("xsd.local", "sd.local"));
  // The label "\2sd\5local" ends in the bytes of the zone.
  const auto label = Raw(std::string("\11x\2sd\5local\0", 11));
  EXPECT_FALSE(IsWithin({label.data(), label.size()}, Parsed("sd.local").view()));
}

TEST(LookupName, ReadsWhatWireNameWrites) {
  const std::string x63(63, 'x');
  for (const std::string& text : {std::string("."), std::string("a"), std::string("a.b.c"),
                                  x63 + "." + x63 + "." + x63 + "." + std::string(61, 'y')}) {
    const LookupName name = Parsed(text);
    EXPECT_EQ(NameText(name.view()), text == "." ? "." : text + ".");
  }
}

TEST(LookupName, HoldsOneHundredAndTwentySevenLabels) {
  std::string text;
  for (int i = 0; i < 127; ++i) {
    text += "a.";
  }
  const LookupName name = Parsed(text);
  EXPECT_EQ(name.label_count(), 127);
  EXPECT_EQ(name.view().size, kMaxNameSize);
}

TEST(LookupName, CutShortTooLongCompressedOrExtendedIsMalformed) {
  LookupName name;
  EXPECT_EQ(name.Parse(Raw(""), 0), 0U);
  EXPECT_EQ(name.Parse(Raw("\3ab"), 0), 0U);
  EXPECT_EQ(name.Parse(Raw("\3abc"), 0), 0U);
  EXPECT_EQ(name.Parse(Raw(std::string("\xc0\0", 2)), 0), 0U);
  EXPECT_EQ(name.Parse(Raw(std::string("\x40"
                                       "a\0",
                                       3)),
                       0),
            0U);
  EXPECT_EQ(name.Parse(Raw(std::string("\x80"
                                       "a\0",
                                       3)),
                       0),
            0U);
  std::string long_name;
  for (int i = 0; i < 4; ++i) {
    long_name += "\77" + std::string(63, 'x');
  }
  EXPECT_EQ(name.Parse(Raw(long_name + std::string(1, '\0')), 0), 0U);
}

TEST(LookupName, Rfc4343FoldsAsciiCaseOnly) {
  // Every byte but the 26 capital letters stays as it is.
  for (int byte = 0; byte < 256; ++byte) {
    for (int position = 0; position < 9; ++position) {
      std::string label(9, 'm');
      label[static_cast<size_t>(position)] = static_cast<char>(byte);
      std::string folded = label;
      if (byte >= 'A' && byte <= 'Z') {
        folded[static_cast<size_t>(position)] = static_cast<char>(byte + 32);
      }
      LookupName name;
      ASSERT_EQ(name.Parse(Raw("\11" + label + std::string(1, '\0')), 0), 11U);
      const auto expected = Raw("\11" + folded + std::string(1, '\0'));
      EXPECT_TRUE(name.view() == (NameView{expected.data(), expected.size()})) << byte;
    }
  }
}

TEST(LookupName, Rfc9267NulAndDotInsideALabelAreLabelBytes) {
  LookupName with_nul;
  ASSERT_EQ(with_nul.Parse(Raw(std::string("\3a\0b\0", 5)), 0), 5U);
  EXPECT_EQ(with_nul.label_count(), 1);
  LookupName with_dot;
  ASSERT_EQ(with_dot.Parse(Raw(std::string("\3a.b\0", 5)), 0), 5U);
  EXPECT_EQ(with_dot.label_count(), 1);
  EXPECT_FALSE(with_dot.view() == Parsed("a.b").view());
  EXPECT_EQ(NameText(with_dot.view()), "a\\.b.");
  EXPECT_EQ(NameText(with_nul.view()), "a\\000b.");
}

TEST(LookupName, SuffixHashesAreThoseOfTheSuffixesThemselves) {
  const LookupName name = Parsed("_http._tcp.Some-Longer-Label.example.COM");
  const char* suffixes[] = {"_http._tcp.some-longer-label.example.com",
                            "_tcp.some-longer-label.example.com",
                            "some-longer-label.example.com",
                            "example.com",
                            "com",
                            "."};
  ASSERT_EQ(name.label_count(), 5);
  std::vector<uint64_t> hashes;
  for (int label = 0; label <= 5; ++label) {
    const LookupName suffix = Parsed(suffixes[label]);
    EXPECT_TRUE(name.suffix(label) == suffix.view());
    EXPECT_EQ(name.suffix_hash(label), suffix.suffix_hash(0));
    hashes.push_back(name.suffix_hash(label));
  }
  std::sort(hashes.begin(), hashes.end());
  EXPECT_EQ(std::unique(hashes.begin(), hashes.end()), hashes.end());
}

TEST(LookupName, HashesOfManyNamesAreDistinctAndSpread) {
  std::vector<uint64_t> hashes;
  std::vector<int> buckets(32);
  constexpr int kNames = 100000;
  for (int i = 0; i < kNames; ++i) {
    hashes.push_back(Parsed("app" + std::to_string(i) + ".sd.local").suffix_hash(0));
    ++buckets[hashes.back() >> 59];
  }
  std::sort(hashes.begin(), hashes.end());
  EXPECT_EQ(std::unique(hashes.begin(), hashes.end()), hashes.end());
  for (const int count : buckets) {
    EXPECT_NEAR(count, kNames / 32, kNames / 32 / 5);
  }
}

}  // namespace
}  // namespace cloudmap::dns
