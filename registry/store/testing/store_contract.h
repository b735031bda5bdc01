// What every store promises, as tests. A store's test file says how it is opened and which suites
// it must pass:
//
//   struct MyFixture { std::unique_ptr<Store> Open(); };
//   INSTANTIATE_TYPED_TEST_SUITE_P(My, StoreContract, MyFixture);
//   INSTANTIATE_TYPED_TEST_SUITE_P(My, DurableStoreContract, MyFixture);
//
// For a durable store, Open() after the last store was destroyed gives the same content.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "registry/model/record.h"
#include "registry/store/record_codec.h"
#include "registry/store/store.h"

namespace cloudmap::registry {

template <typename Record>
Change Put(Record record) {
  return Change::Put(ToRecordPtr(std::move(record)));
}

inline Change Erase(RecordKind kind, std::string id, std::string instance_id = "") {
  return Change::Delete({kind, std::move(id), std::move(instance_id)});
}

inline NamespaceRecord NamespaceWith(const std::string& id, const std::string& name) {
  NamespaceRecord record;
  record.set_id(id);
  record.set_name(name);
  return record;
}

inline InstanceRecord InstanceWith(const std::string& service_id, const std::string& id,
                                   const std::string& ipv4) {
  InstanceRecord record;
  record.set_service_id(service_id);
  record.set_id(id);
  (*record.mutable_attributes())["AWS_INSTANCE_IPV4"] = ipv4;
  return record;
}

// One of each kind, with all sorts of fields set.
inline std::vector<Change> OneOfEachKind() {
  NamespaceRecord name_space = NamespaceWith("ns-1", "corp.local");
  name_space.set_type(v1::NAMESPACE_TYPE_DNS_PRIVATE);
  name_space.set_description("");
  name_space.set_soa_ttl_seconds(15);
  ServiceRecord service;
  service.set_id("srv-1");
  service.mutable_dns_config()->add_dns_records()->set_type(v1::RECORD_TYPE_A);
  service.set_create_request(std::string("\0\xff\x80 any bytes", 13));
  service.add_created_types(v1::RECORD_TYPE_A);
  InstancesRevisionRecord revision;
  revision.set_service_id("srv-1");
  revision.set_revision(int64_t{1} << 52);
  InstanceRecord instance = InstanceWith("srv-1", "i-1", "10.0.0.1");
  instance.set_custom_health(v1::HEALTH_STATUS_UNHEALTHY);
  OperationRecord operation;
  operation.set_id("op-1");
  operation.set_status(v1::OPERATION_STATUS_SUCCESS);
  operation.set_create_ms(1700000000123);
  return {Put(name_space), Put(service), Put(revision), Put(instance), Put(operation)};
}

// Records as text by key: for comparing.
using Contents = std::map<std::string, std::string>;

inline std::string TextOf(const RecordPtr& record) {
  // DebugString writes maps in the order of their keys.
  return VisitMessage(record, [](const auto& message) { return message.DebugString(); });
}

inline Contents ContentsOf(const Snapshot& snapshot) {
  Contents contents;
  for (const RecordPtr& record : snapshot.records) {
    EXPECT_TRUE(contents.emplace(EncodeKey(KeyOf(record)), TextOf(record)).second)
        << "loaded twice: " << EncodeKey(KeyOf(record));
  }
  return contents;
}

inline void ApplyTo(Contents& contents, const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    if (const PackedOperations* operations = change.forgotten()) {
      for (const PackedOperation& operation : *operations) {
        contents.erase(EncodeKey(KeyOf(operation)));
      }
    } else if (const RecordPtr* record = change.record()) {
      contents[EncodeKey(change.key())] = TextOf(*record);
    } else {
      contents.erase(EncodeKey(change.key()));
    }
  }
}

// Up to `size` changes of few keys, so that histories overwrite and delete.
inline std::vector<Change> RandomChanges(std::mt19937_64& random, size_t size) {
  std::map<std::string, Change> by_key;
  for (size_t i = 0; i < size; ++i) {
    const std::string service = absl::StrCat("srv-", random() % 4);
    const std::string instance = absl::StrCat("i-", random() % 16);
    Change change = random() % 3 == 0
                        ? Erase(RecordKind::kInstance, service, instance)
                        : Put(InstanceWith(service, instance, std::string(random() % 5000, 'x')));
    by_key.insert_or_assign(EncodeKey(change.key()), std::move(change));
  }
  std::vector<Change> changes;
  for (auto& [key, change] : by_key) {
    changes.push_back(std::move(change));
  }
  return changes;
}

template <typename Fixture>
class StoreContract : public testing::Test {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen() {
    store_.reset();
    store_ = fixture_.Open();
    ASSERT_NE(store_, nullptr);
  }

  void Commit(int64_t revision, std::vector<Change> changes) {
    const absl::Status status = store_->Commit({revision, std::move(changes)});
    ASSERT_TRUE(status.ok()) << status;
  }

  Snapshot Load() {
    absl::StatusOr<Snapshot> snapshot = store_->Load();
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return snapshot.ok() ? *std::move(snapshot) : Snapshot{};
  }

  Fixture fixture_;
  std::unique_ptr<Store> store_;
};

template <typename Fixture>
class DurableStoreContract : public StoreContract<Fixture> {};

TYPED_TEST_SUITE_P(StoreContract);
TYPED_TEST_SUITE_P(DurableStoreContract);

TYPED_TEST_P(StoreContract, NewStoreIsEmptyAtRevisionZero) {
  const Snapshot snapshot = this->Load();
  EXPECT_EQ(snapshot.revision, 0);
  EXPECT_TRUE(snapshot.records.empty());
}

TYPED_TEST_P(StoreContract, LoadGivesEveryKindAsCommitted) {
  const std::vector<Change> changes = OneOfEachKind();
  this->Commit(7, changes);
  Contents expected;
  ApplyTo(expected, changes);
  const Snapshot snapshot = this->Load();
  EXPECT_EQ(snapshot.revision, 7);
  EXPECT_EQ(ContentsOf(snapshot), expected);
  EXPECT_EQ(ContentsOf(this->Load()), expected) << "a second Load gives the same";
}

TYPED_TEST_P(StoreContract, LaterBatchReplacesAndDeletes) {
  this->Commit(1, {Put(NamespaceWith("ns-1", "old")), Put(NamespaceWith("ns-2", "gone"))});
  this->Commit(2, {Put(NamespaceWith("ns-1", "new")), Erase(RecordKind::kNamespace, "ns-2")});
  Contents expected;
  ApplyTo(expected, {Put(NamespaceWith("ns-1", "new"))});
  EXPECT_EQ(ContentsOf(this->Load()), expected);
}

TYPED_TEST_P(StoreContract, ForgottenOperationsAreGoneAndNoOthers) {
  std::vector<PackedOperation> operations;
  for (const char* id : {"op-1", "op/2", "op-3"}) {
    OperationRecord record;
    record.set_id(id);
    operations.emplace_back(record);
  }
  const PackedOperation kept = operations.back();
  this->Commit(1, {Change::Put(operations[0]), Change::Put(operations[1]), Change::Put(kept)});
  operations.pop_back();
  this->Commit(2, {Change::Forget(operations)});
  Contents expected;
  ApplyTo(expected, {Change::Put(kept)});
  EXPECT_EQ(ContentsOf(this->Load()), expected);
}

TYPED_TEST_P(StoreContract, DeletingWhatIsNotThereIsNoError) {
  this->Commit(1, {Erase(RecordKind::kService, "srv-none")});
  EXPECT_EQ(this->Load().revision, 1);
}

TYPED_TEST_P(StoreContract, EmptyBatchMovesTheRevision) {
  this->Commit(3, {});
  EXPECT_EQ(this->Load().revision, 3);
}

TYPED_TEST_P(StoreContract, OneIdOfDifferentKindsIsDifferentKeys) {
  ServiceRecord service;
  service.set_id("x");
  OperationRecord operation;
  operation.set_id("x");
  InstancesRevisionRecord revision;
  revision.set_service_id("x");
  this->Commit(1,
               {Put(NamespaceWith("x", "x")), Put(service), Put(operation), Put(revision),
                Put(InstanceWith("x", "", "10.0.0.1")), Put(InstanceWith("x", "x", "10.0.0.2"))});
  EXPECT_EQ(this->Load().records.size(), 6U);
  this->Commit(2, {Erase(RecordKind::kService, "x")});
  EXPECT_EQ(this->Load().records.size(), 5U);
}

TYPED_TEST_P(StoreContract, InstanceIdsMayHoldSlashesAndDiffer) {
  this->Commit(1, {Put(InstanceWith("srv-1", "a/b", "1")), Put(InstanceWith("srv-1", "a", "2")),
                   Put(InstanceWith("srv-1/a", "b", "3")), Put(InstanceWith("srv-10", "a", "4"))});
  EXPECT_EQ(ContentsOf(this->Load()).size(), 4U);
}

TYPED_TEST_P(StoreContract, LargeRecordsAndBatchesAreKept) {
  std::vector<Change> changes = {Put(InstanceWith("srv-1", "big", std::string(1 << 20, 'x')))};
  for (int i = 0; i < 2000; ++i) {
    changes.push_back(Put(InstanceWith("srv-2", absl::StrCat("i-", i), "10.0.0.1")));
  }
  Contents expected;
  ApplyTo(expected, changes);
  this->Commit(1, std::move(changes));
  EXPECT_EQ(ContentsOf(this->Load()), expected);
}

TYPED_TEST_P(StoreContract, RandomHistoryEqualsAMap) {
  const auto seed = static_cast<uint64_t>(testing::UnitTest::GetInstance()->random_seed()) + 1;
  SCOPED_TRACE(absl::StrCat("replay with --gtest_random_seed=", seed - 1));
  std::mt19937_64 random(seed);
  Contents expected;
  for (int64_t revision = 1; revision <= 100; ++revision) {
    std::vector<Change> changes = RandomChanges(random, random() % 20);
    ApplyTo(expected, changes);
    this->Commit(revision, std::move(changes));
    ASSERT_EQ(ContentsOf(this->Load()), expected) << "at revision " << revision;
  }
}

REGISTER_TYPED_TEST_SUITE_P(StoreContract, NewStoreIsEmptyAtRevisionZero,
                            LoadGivesEveryKindAsCommitted, LaterBatchReplacesAndDeletes,
                            ForgottenOperationsAreGoneAndNoOthers, DeletingWhatIsNotThereIsNoError,
                            EmptyBatchMovesTheRevision, OneIdOfDifferentKindsIsDifferentKeys,
                            InstanceIdsMayHoldSlashesAndDiffer, LargeRecordsAndBatchesAreKept,
                            RandomHistoryEqualsAMap);

TYPED_TEST_P(DurableStoreContract, ReopenedStoreHoldsTheLastBatch) {
  const std::vector<Change> changes = OneOfEachKind();
  this->Commit(41, changes);
  this->Commit(42, {Erase(RecordKind::kOperation, "op-1")});
  this->Reopen();
  Contents expected;
  ApplyTo(expected, changes);
  ApplyTo(expected, {Erase(RecordKind::kOperation, "op-1")});
  const Snapshot snapshot = this->Load();
  EXPECT_EQ(snapshot.revision, 42);
  EXPECT_EQ(ContentsOf(snapshot), expected);
}

TYPED_TEST_P(DurableStoreContract, RandomHistoryWithReopensEqualsAMap) {
  const auto seed = static_cast<uint64_t>(testing::UnitTest::GetInstance()->random_seed()) + 1;
  SCOPED_TRACE(absl::StrCat("replay with --gtest_random_seed=", seed - 1));
  std::mt19937_64 random(seed);
  Contents expected;
  for (int64_t revision = 1; revision <= 60; ++revision) {
    std::vector<Change> changes = RandomChanges(random, random() % 20);
    ApplyTo(expected, changes);
    this->Commit(revision, std::move(changes));
    if (random() % 3 == 0) {
      this->Reopen();
      const Snapshot snapshot = this->Load();
      ASSERT_EQ(snapshot.revision, revision);
      ASSERT_EQ(ContentsOf(snapshot), expected) << "at revision " << revision;
    }
  }
}

REGISTER_TYPED_TEST_SUITE_P(DurableStoreContract, ReopenedStoreHoldsTheLastBatch,
                            RandomHistoryWithReopensEqualsAMap);

}  // namespace cloudmap::registry
