#include "registry/store/memory_store.h"

#include <memory>

#include "gtest/gtest.h"
#include "registry/store/open_store.h"
#include "registry/store/testing/store_contract.h"

namespace cloudmap::registry {
namespace {

struct MemoryFixture {
  std::unique_ptr<Store> Open() { return std::make_unique<MemoryStore>(); }
};
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreContract, MemoryFixture);

TEST(MemoryStore, ForgetsWhenDestroyed) {
  auto store = std::make_unique<MemoryStore>();
  ASSERT_TRUE(store->Commit({1, OneOfEachKind()}).ok());
  store = std::make_unique<MemoryStore>();
  EXPECT_TRUE(store->Load()->records.empty());
}

TEST(MemoryStoreDeathTest, RevisionsMustGrow) {
  MemoryStore store;
  ASSERT_TRUE(store.Commit({5, {}}).ok());
  EXPECT_DEATH((void)store.Commit({5, {}}), "revisions grow");
}

TEST(OpenStore, UnknownKindNamesTheOption) {
  const auto store = OpenStore("etcd3", "/nonexistent");
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.status().message(), "--store etcd3 is unknown; use sqlite or memory");
}

TEST(OpenStore, MemoryNeedsNoDirectory) {
  const auto store = OpenStore("memory", "");
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->Load()->revision, 0);
}

}  // namespace
}  // namespace cloudmap::registry
