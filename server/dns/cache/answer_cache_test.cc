#include "server/dns/cache/answer_cache.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cloudmap::dns {
namespace {

constexpr SipKey kKey{1, 2};

uint64_t HashOfText(const std::string& text) {
  const std::string wire = *WireName(text);
  LookupName name;
  EXPECT_EQ(name.Parse({reinterpret_cast<const uint8_t*>(wire.data()), wire.size()}, 0),
            wire.size());
  name.Hash(kKey);
  return name.suffix_hash(0);
}

// A name in wire form with the key of one of its types.
struct Asked {
  explicit Asked(const std::string& text, uint16_t type = type::kA)
      : wire(std::make_shared<const std::string>(*WireName(text))), hash(HashOfText(text)) {
    key.name = {reinterpret_cast<const uint8_t*>(wire->data()), wire->size()};
    key.type = type;
  }
  std::shared_ptr<const std::string> wire;  // stays where it is when an Asked is moved
  uint64_t hash;
  AnswerKey key;
};

CachedAnswerPtr Address(const Asked& asked, uint32_t ttl = 60, uint32_t now = 1000) {
  AnswerContent content;
  content.ttl = ttl;
  content.AddRecord(type::kA, "\x01\x02\x03\x04");
  return CachedAnswer::Make(asked.key, content, now);
}

CachedAnswerPtr Denial(const Asked& asked) {
  AnswerContent content;
  content.ttl = 60;
  content.rcode = Rcode::kNxDomain;
  return CachedAnswer::Make(asked.key, content, 1000);
}

class AnswerCacheTest : public ::testing::Test {
 protected:
  static constexpr size_t kBytes = 1 << 20;

  void Put(const Asked& asked, const CachedAnswerPtr& answer) { cache_.Put(asked.hash, answer); }
  bool Has(const Asked& asked) const { return cache_.Find(asked.hash, asked.key) != nullptr; }

  AnswerCache cache_{kBytes, kKey};
};

TEST_F(AnswerCacheTest, ReadersSeeWhatWasPublished) {
  const Asked web("web.example");
  Published<CacheTable>::Reader reader(cache_.table());
  Put(web, Address(web));
  EXPECT_EQ(reader.Current().Find(web.hash, web.key), nullptr);
  cache_.Publish();
  const CachedAnswer* found = reader.Current().Find(web.hash, web.key);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->record_count(), 1);
  EXPECT_EQ(found->stride(), 16);
}

TEST_F(AnswerCacheTest, TypeAndTheDoAndCdBitsArePartOfTheQuestion) {
  Asked web("web.example");
  Put(web, Address(web));
  EXPECT_TRUE(Has(web));
  EXPECT_FALSE(Has(Asked("web.example", type::kAaaa)));
  web.key.dnssec_ok = true;
  EXPECT_FALSE(Has(web));
  web.key.dnssec_ok = false;
  web.key.checking_disabled = true;
  EXPECT_FALSE(Has(web));
}

TEST_F(AnswerCacheTest, TtlsCountDownFromTheMomentOfArrival) {
  const Asked web("web.example");
  const CachedAnswerPtr answer = Address(web, /*ttl=*/60, /*now=*/1000);
  EXPECT_EQ(answer->TtlLeft(1000), 60U);
  EXPECT_EQ(answer->TtlLeft(1059), 1U);
  EXPECT_EQ(answer->TtlLeft(1060), 0U);
  EXPECT_EQ(answer->Staleness(1059), 0U);
  EXPECT_EQ(answer->Staleness(1060), 1U);
}

TEST_F(AnswerCacheTest, ANewAnswerTakesThePlaceOfAnOlderOne) {
  const Asked web("web.example");
  Put(web, Address(web, 60));
  Put(web, Address(web, 30));
  EXPECT_EQ(cache_.size(), 1U);
  EXPECT_EQ(cache_.Find(web.hash, web.key)->ttl(), 30U);
}

TEST_F(AnswerCacheTest, AFloodOfNamesAskedOnceLeavesWhatIsUsed) {
  std::vector<Asked> used;
  for (int i = 0; i < 500; ++i) {
    used.emplace_back(absl::StrCat("used", i, ".example"));
    Put(used.back(), Address(used.back()));
    cache_.Find(used.back().hash, used.back().key)->MarkUsed();
  }
  for (int i = 0; i < 100'000; ++i) {
    const Asked random(absl::StrCat("random", i, ".example"));
    Put(random, Address(random));
    ASSERT_LE(cache_.bytes(), kBytes);
  }
  for (const Asked& asked : used) {
    EXPECT_TRUE(Has(asked));
  }
}

TEST_F(AnswerCacheTest, DenialsTakeAQuarterAtMost) {
  const Asked web("web.example");
  Put(web, Address(web));
  for (int i = 0; i < 20'000; ++i) {
    const Asked random(absl::StrCat("random", i, ".example"), kDeniedName);
    Put(random, Denial(random));
    ASSERT_LE(cache_.bytes(), kBytes / 4 + 1000);
  }
  EXPECT_TRUE(Has(web)) << "an answer never makes room for denials";
}

TEST_F(AnswerCacheTest, AnAnswerOverATenthOfTheCacheIsNotKept) {
  const Asked web("web.example");
  AnswerContent content;
  content.ttl = 60;
  content.AddRecord(type::kTxt, std::string(60'000, 'x'));
  AnswerCache small(100'000, kKey);
  small.Put(web.hash, CachedAnswer::Make(web.key, content, 1000));
  EXPECT_EQ(small.size(), 0U);
}

TEST_F(AnswerCacheTest, SizeZeroKeepsNothing) {
  AnswerCache off(0, kKey);
  const Asked web("web.example");
  off.Put(web.hash, Address(web));
  EXPECT_EQ(off.size(), 0U);
}

TEST_F(AnswerCacheTest, FlushForgetsANameAndTheNamesBelowIt) {
  const Asked apex("example.com");
  const Asked below("a.b.example.com");
  const Asked beside("notexample.com");
  for (const Asked* asked : {&apex, &below, &beside}) {
    Put(*asked, Address(*asked));
  }
  EXPECT_EQ(cache_.Flush(apex.key.name), 2U);
  EXPECT_FALSE(Has(apex));
  EXPECT_FALSE(Has(below));
  EXPECT_TRUE(Has(beside)) << "a name that merely ends alike is not below";
  const std::string root(1, '\0');
  EXPECT_EQ(cache_.Flush({reinterpret_cast<const uint8_t*>(root.data()), root.size()}), 1U);
  EXPECT_EQ(cache_.size(), 0U);
  EXPECT_EQ(cache_.bytes(), 0U);
}

TEST_F(AnswerCacheTest, OneCallerIsToRefreshAnAnswer) {
  const Asked web("web.example");
  const CachedAnswerPtr answer = Address(web);
  EXPECT_TRUE(answer->ClaimRefresh());
  EXPECT_FALSE(answer->ClaimRefresh());
}

}  // namespace
}  // namespace cloudmap::dns
