#include "registry/store/record_codec.h"

#include <random>
#include <string>

#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"
#include "registry/store/testing/store_contract.h"

namespace cloudmap::registry {
namespace {

TEST(EncodeKey, IsReadableText) {
  EXPECT_EQ(EncodeKey({RecordKind::kNamespace, "ns-1", ""}), "namespace/ns-1");
  EXPECT_EQ(EncodeKey({RecordKind::kService, "srv-1", ""}), "service/srv-1");
  EXPECT_EQ(EncodeKey({RecordKind::kInstancesRevision, "srv-1", ""}), "revision/srv-1");
  EXPECT_EQ(EncodeKey({RecordKind::kInstance, "srv-1", "a/b"}), "instance/srv-1/a/b");
  EXPECT_EQ(EncodeKey({RecordKind::kOperation, "op-1", ""}), "operation/op-1");
}

TEST(EncodeKey, InstancesOfOneServiceAreNeighbours) {
  const auto key = [](const char* service, const char* instance) {
    return EncodeKey({RecordKind::kInstance, service, instance});
  };
  EXPECT_LT(key("srv-1", "a"), key("srv-1", "zzz"));
  EXPECT_LT(key("srv-1", "zzz"), key("srv-10", ""));
}

TEST(EncodeKey, SlashesInAnIdDoNotMakeTwoKeysOne) {
  EXPECT_NE(EncodeKey({RecordKind::kInstance, "a/b", "c"}),
            EncodeKey({RecordKind::kInstance, "a", "b/c"}));
  EXPECT_NE(EncodeKey({RecordKind::kInstance, "a/b", "c"}),
            EncodeKey({RecordKind::kInstance, "a%2Fb", "c"}));
}

TEST(DecodeRecord, GivesBackEveryKind) {
  for (const Change& change : OneOfEachKind()) {
    const std::string key = EncodeKey(change.key());
    const absl::StatusOr<RecordPtr> record = DecodeRecord(key, EncodeRecord(*change.record()));
    ASSERT_TRUE(record.ok()) << record.status();
    EXPECT_EQ(KeyOf(*record), change.key());
    EXPECT_EQ(TextOf(*record), TextOf(*change.record()));
  }
}

TEST(DecodeRecord, ValueOfAnotherKeyIsDamagedAndNamesTheKey) {
  const std::string value = EncodeRecord(*Put(NamespaceWith("ns-1", "corp")).record());
  for (const char* key : {"namespace/ns-2", "service/ns-2", "instance/ns-1/"}) {
    const absl::StatusOr<RecordPtr> record = DecodeRecord(key, value);
    ASSERT_FALSE(record.ok());
    EXPECT_EQ(record.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(record.status().message(), std::string("record ") + key + " is damaged");
  }
}

TEST(DecodeRecord, KeyOfNoKindIsDamagedAndIsOneLine) {
  const absl::StatusOr<RecordPtr> record = DecodeRecord("zone/\n\x01", "");
  ASSERT_FALSE(record.ok());
  EXPECT_EQ(record.status().message(), "record zone/\\n\\x01 is damaged");
}

TEST(DecodeRecord, RandomBytesNeverCrash) {
  const google::protobuf::LogSilencer silence;
  std::mt19937_64 random(20);
  for (int i = 0; i < 20000; ++i) {
    std::string value(random() % 40, '\0');
    for (char& c : value) {
      c = static_cast<char>(random());
    }
    for (const Change& change : OneOfEachKind()) {
      const absl::StatusOr<RecordPtr> record = DecodeRecord(EncodeKey(change.key()), value);
      if (record.ok()) {
        EXPECT_EQ(KeyOf(*record), change.key());
      }
    }
  }
}

TEST(Checksum, ChangesWithEveryBitOfKeyAndValue) {
  const std::string key = "instance/srv-1/i-1";
  const std::string value = EncodeRecord(*Put(InstanceWith("srv-1", "i-1", "10.0.0.1")).record());
  const uint64_t good = Checksum(key, value);
  for (size_t bit = 0; bit < value.size() * 8; ++bit) {
    std::string flipped = value;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(Checksum(key, flipped), good) << "bit " << bit;
  }
  EXPECT_NE(Checksum("instance/srv-1/i-2", value), good);
  EXPECT_NE(Checksum(key, ""), good);
}

// What is on disk outlives this build: a changed encoding must raise kSchemaVersion.
TEST(Checksum, IsTheSameInEveryBuildOfASchema) {
  EXPECT_EQ(kSchemaVersion, 1);
  EXPECT_EQ(Checksum("namespace/ns-1", "value"), 10166426639107195603U);
}

}  // namespace
}  // namespace cloudmap::registry
