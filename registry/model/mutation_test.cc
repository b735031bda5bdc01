#include "registry/model/mutation.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "registry/model/health.h"

namespace cloudmap::registry {
namespace {

using ::testing::ElementsAre;

NamespaceRecord Namespace(const std::string& id, const std::string& name, v1::NamespaceType type,
                          int64_t create_ms = 1) {
  NamespaceRecord record;
  record.set_id(id);
  record.set_name(name);
  record.set_http_name(absl::StrCat(name, "-", id));
  record.set_type(type);
  record.set_create_ms(create_ms);
  return record;
}

ServiceRecord Service(const std::string& id, const std::string& in, const std::string& name) {
  ServiceRecord record;
  record.set_id(id);
  record.set_namespace_id(in);
  record.set_name(name);
  return record;
}

InstanceRecord Instance(const std::string& service, const std::string& id) {
  InstanceRecord record;
  record.set_service_id(service);
  record.set_id(id);
  return record;
}

OperationRecord Operation(const std::string& id, v1::OperationStatus status,
                          const std::string& lock = "", const std::string& token = "") {
  OperationRecord record;
  record.set_id(id);
  record.set_status(status);
  record.set_method("CreateHttpNamespace");
  record.set_type(v1::OPERATION_TYPE_CREATE_NAMESPACE);
  record.set_lock(lock);
  record.set_request_token(token);
  return record;
}

class ApplyTest : public ::testing::Test {
 protected:
  template <typename... Records>
  void Put(Records... records) {
    Mutation mutation;
    (mutation.Put(std::move(records)), ...);
    state_ = Apply(state_, mutation.changes(), state_.revision() + 1);
  }
  void Delete(RecordKind kind, const std::string& id, const std::string& instance_id = "") {
    Mutation mutation;
    mutation.Delete({kind, id, instance_id});
    state_ = Apply(state_, mutation.changes(), state_.revision() + 1);
  }
  State state_;
};

TEST_F(ApplyTest, LeavesTheEarlierStateAlone) {
  Put(Namespace("ns-1", "corp", v1::NAMESPACE_TYPE_HTTP));
  const State before = state_;
  Put(Service("srv-1", "ns-1", "web"), Instance("srv-1", "i-1"));
  EXPECT_EQ(before.FindService("srv-1"), nullptr);
  EXPECT_EQ(before.FindNamespace("ns-1")->services.size(), 0U);
  EXPECT_EQ(before.FindNamespace("ns-1")->instance_count, 0);
  EXPECT_EQ(before.revision(), 1);
  EXPECT_NE(state_.FindInstance("srv-1", "i-1"), nullptr);
  EXPECT_EQ(state_.revision(), 2);
}

TEST_F(ApplyTest, RevisionNeverShrinks) {
  state_ = Apply(state_, {}, 5);
  EXPECT_EQ(state_.revision(), 5);
  EXPECT_DEATH(Apply(state_, {}, 4), "I3");
}

TEST_F(ApplyTest, AServiceNeedsItsNamespaceAndAnInstanceItsService) {
  EXPECT_DEATH(Put(Service("srv-1", "ns-1", "web")), "a service has a namespace");
  EXPECT_DEATH(Put(Instance("srv-1", "i-1")), "an instance has a service");
}

TEST_F(ApplyTest, ServicesAreFoundByNameAsTheNamespaceCompares) {
  Put(Namespace("ns-d", "corp", v1::NAMESPACE_TYPE_DNS_PRIVATE),
      Namespace("ns-h", "corp", v1::NAMESPACE_TYPE_HTTP), Service("srv-d", "ns-d", "Web"),
      Service("srv-h", "ns-h", "Web"), Service("srv-i", "ns-h", "web"));
  const NamespaceEntry& dns = *state_.FindNamespace("ns-d");
  const NamespaceEntry& http = *state_.FindNamespace("ns-h");
  EXPECT_EQ(state_.FindServiceByName(dns, "wEB")->record->id(), "srv-d");
  EXPECT_EQ(state_.FindServiceByName(http, "Web")->record->id(), "srv-h");
  EXPECT_EQ(state_.FindServiceByName(http, "web")->record->id(), "srv-i");
  EXPECT_EQ(state_.FindServiceByName(http, "WEB"), nullptr);
}

TEST_F(ApplyTest, InstancesAreCountedOnceHoweverOftenTheyAreWritten) {
  Put(Namespace("ns-1", "corp", v1::NAMESPACE_TYPE_HTTP), Service("srv-1", "ns-1", "web"),
      Service("srv-2", "ns-1", "api"), Instance("srv-1", "i-1"), Instance("srv-1", "i-1"),
      Instance("srv-2", "i-1"));
  EXPECT_EQ(state_.FindNamespace("ns-1")->instance_count, 2);
  Delete(RecordKind::kInstance, "srv-1", "i-1");
  Delete(RecordKind::kInstance, "srv-1", "i-1");
  EXPECT_EQ(state_.FindNamespace("ns-1")->instance_count, 1);
  Delete(RecordKind::kService, "srv-2");
  EXPECT_EQ(state_.FindNamespace("ns-1")->instance_count, 0);
  EXPECT_EQ(state_.FindService("srv-2"), nullptr);
}

TEST_F(ApplyTest, ANewVersionOfAServiceKeepsItsInstancesAndRevision) {
  InstancesRevisionRecord revision;
  revision.set_service_id("srv-1");
  revision.set_revision(7);
  Put(Namespace("ns-1", "corp", v1::NAMESPACE_TYPE_HTTP), Service("srv-1", "ns-1", "web"), revision,
      Instance("srv-1", "i-1"));
  ServiceRecord next = Service("srv-1", "ns-1", "web");
  next.set_description("new");
  Put(next);
  EXPECT_EQ(state_.FindService("srv-1")->record->description(), "new");
  EXPECT_EQ(state_.FindService("srv-1")->instances.size(), 1U);
  EXPECT_EQ(state_.FindService("srv-1")->instances_revision, 7);
  EXPECT_EQ(state_.FindNamespace("ns-1")->services.size(), 1U);
}

TEST_F(ApplyTest, NamespacesOfANameAreListedOldestFirstWhateverTheOrderOfLoading) {
  Put(Namespace("ns-b", "corp.test", v1::NAMESPACE_TYPE_DNS_PRIVATE, 20),
      Namespace("ns-a", "Corp.Test.", v1::NAMESPACE_TYPE_DNS_PUBLIC, 30),
      Namespace("ns-c", "corp.test", v1::NAMESPACE_TYPE_DNS_PRIVATE, 10),
      Namespace("ns-d", "corp.test", v1::NAMESPACE_TYPE_HTTP, 5));
  const auto listed = [](const NamespaceIds* ids) {
    return ids == nullptr ? NamespaceIds() : *ids;
  };
  EXPECT_THAT(listed(state_.FindDnsNamespacesByName("CORP.test")),
              ElementsAre("ns-c", "ns-b", "ns-a"));
  EXPECT_THAT(listed(state_.FindHttpNamespacesByName("corp.test")), ElementsAre("ns-d"));
  EXPECT_THAT(listed(state_.FindHttpNamespacesByName("Corp.test")), ElementsAre());
  Delete(RecordKind::kNamespace, "ns-b");
  EXPECT_THAT(listed(state_.FindDnsNamespacesByName("corp.test")), ElementsAre("ns-c", "ns-a"));
  EXPECT_EQ(state_.FindNamespaceByHttpName("corp.test-ns-b"), nullptr);
  EXPECT_EQ(state_.FindNamespaceByHttpName("corp.test-ns-c")->record->id(), "ns-c");
}

TEST_F(ApplyTest, OnlyPendingOperationsHoldTheirLock) {
  Put(Operation("op-1", v1::OPERATION_STATUS_PENDING, "lock"));
  ASSERT_NE(state_.FindOperationByLock("lock"), nullptr);
  EXPECT_EQ(state_.FindOperationByLock("lock")->id(), "op-1");
  Put(Operation("op-1", v1::OPERATION_STATUS_SUCCESS));
  EXPECT_EQ(state_.FindOperationByLock("lock"), nullptr);
  EXPECT_TRUE(state_.operations_by_lock().empty());
  Put(Operation("op-2", v1::OPERATION_STATUS_PENDING, "lock"));
  Delete(RecordKind::kOperation, "op-2");
  EXPECT_EQ(state_.FindOperationByLock("lock"), nullptr);
}

TEST_F(ApplyTest, ATokenMeansTheLatestOperationThatBroughtIt) {
  const auto update = [](const char* id) {
    OperationRecord operation = Operation(id, v1::OPERATION_STATUS_SUCCESS, "", "t");
    operation.set_type(v1::OPERATION_TYPE_UPDATE_NAMESPACE);
    operation.set_method("UpdateHttpNamespace");
    operation.set_namespace_id("ns-1");
    return operation;
  };
  const std::string key = RequestKey("UpdateHttpNamespace", "ns-1", "t");
  Put(update("op-1"));
  Put(update("op-2"));
  EXPECT_EQ(state_.FindOperationByRequest(key)->id(), "op-2");
  Delete(RecordKind::kOperation, "op-1");
  EXPECT_EQ(state_.FindOperationByRequest(key)->id(), "op-2");
  Delete(RecordKind::kOperation, "op-2");
  EXPECT_EQ(state_.FindOperationByRequest(key), nullptr);
}

TEST_F(ApplyTest, DeletingWhatIsNotThereChangesNothing) {
  for (const RecordKind kind :
       {RecordKind::kNamespace, RecordKind::kService, RecordKind::kInstancesRevision,
        RecordKind::kInstance, RecordKind::kOperation}) {
    Delete(kind, "x", "y");
  }
  EXPECT_TRUE(state_.namespaces().empty());
}

TEST(Health, UnknownWithoutACheckAndTheLastSetValueWithACustomOne) {
  ServiceRecord service;
  InstanceRecord instance;
  instance.set_custom_health(v1::HEALTH_STATUS_UNHEALTHY);
  EXPECT_EQ(HealthOf(service, PackedInstance(instance)), v1::HEALTH_STATUS_UNKNOWN);
  EXPECT_FALSE(HasHealthCheck(service));
  service.mutable_health_check_custom_config();
  EXPECT_EQ(HealthOf(service, PackedInstance(instance)), v1::HEALTH_STATUS_UNHEALTHY);
  EXPECT_TRUE(HasHealthCheck(service));
  EXPECT_TRUE(CountsAsHealthy(v1::HEALTH_STATUS_UNKNOWN));
  EXPECT_FALSE(CountsAsHealthy(v1::HEALTH_STATUS_UNHEALTHY));
}

}  // namespace
}  // namespace cloudmap::registry
