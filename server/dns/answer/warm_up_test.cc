#include "server/dns/answer/warm_up.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "registry/base/random.h"
#include "server/dns/testing/test_client.h"
#include "server/dns/testing/test_registry.h"

namespace cloudmap::dns {
namespace {

class WarmUpTest : public ::testing::Test {
 protected:
  WarmUpTest() {
    registry_.AddNamespace("sd.local");
    for (int i = 0; i < 500; ++i) {
      const std::string name = absl::StrCat("s", i);
      registry_.AddService(name, {{v1::RECORD_TYPE_A, 60}});
      registry_.AddInstance(name, "i", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
    }
    registry_.Commit();
  }

  TestRegistry registry_;
};

TEST_F(WarmUpTest, IsForLargeTables) {
  EXPECT_FALSE(WarmUp::IsFor(registry_.zones()));
  EXPECT_EQ(registry_.zones().name_count(), 501U);
}

TEST_F(WarmUpTest, TheNumberOfNamesFollowsTheZones) {
  registry_.DeleteInstance("s7", "i");
  registry_.Commit();
  EXPECT_EQ(registry_.zones().name_count(), 500U);
  registry_.AddNamespace("other.test");
  registry_.Commit();
  EXPECT_EQ(registry_.zones().name_count(), 501U);
  registry_.DeleteNamespace();
  registry_.Commit();
  EXPECT_EQ(registry_.zones().name_count(), 500U);
}

// A probe ends at the entry that a look-up finds.
TEST_F(WarmUpTest, ProbesEndWhereLookUpsDo) {
  for (int i = 0; i < 1'000; ++i) {
    LookupName name;
    const std::string wire = *WireName(absl::StrCat("s", i, ".sd.local"));
    ASSERT_NE(name.Parse({reinterpret_cast<const uint8_t*>(wire.data()), wire.size()}, 0), 0U);
    name.Hash(registry_.zones().hash_key());
    const Zone& zone = *registry_.zones().Find(name).zone;
    NodeMap::Probe probe(zone.nodes(), name.suffix_hash(0));
    while (probe.Step()) {
    }
    const NodeEntry* found = zone.Find(name.suffix_hash(0), name.view());
    ASSERT_EQ(found != nullptr, i < 500);
    if (found != nullptr) {
      EXPECT_EQ(probe.value(), found);
    }
  }
}

TEST_F(WarmUpTest, TakesAnyPacketsAndAnyNumberOfThem) {
  FastRandom random(3);
  WarmUp warm_up(registry_.zones());
  for (int i = 0; i < 100; ++i) {
    const TestQuery query(absl::StrCat("s", random.Below(600), i % 7 == 0 ? ".other" : ".sd.local"),
                          type::kA);
    Bytes packet = query.Packet();
    packet.resize(random.Below(4) == 0 ? random.Below(static_cast<uint32_t>(packet.size()))
                                       : packet.size());
    if (!packet.empty()) {
      packet[random.Below(static_cast<uint32_t>(packet.size()))] =
          static_cast<uint8_t>(random.Next());
    }
    warm_up.Add(packet);
  }
  warm_up.Run();
}

TEST_F(WarmUpTest, AnEmptyTableHasNothingToWarm) {
  const ZoneTable empty({1, 2});
  WarmUp warm_up(empty);
  warm_up.Add(TestQuery("s1.sd.local", type::kA).Packet());
  warm_up.Run();
  EXPECT_EQ(empty.name_count(), 0U);
}

}  // namespace
}  // namespace cloudmap::dns
