#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "registry/testing/list_fixture.h"

namespace cloudmap::registry {
namespace {

class OperationsTest : public ListTest {};

// moto throws away what has no NAMESPACE target.
TEST_F(OperationsTest, ListingForgetsNothing) {
  const std::string service = Service(HttpNamespace("apps"), "web").id();
  const std::string id = Register(service, "i-1");
  EXPECT_EQ(Operations("").count(id), 1U);
  EXPECT_EQ(GetOperation(id).status(), v1::OPERATION_STATUS_SUCCESS);
}

TEST_F(OperationsTest, SummariesAreIdAndStatus) {
  const std::string id = Start(CreateHttpNamespace, "name: 'apps'");
  const v1::ListOperationsResponse response = Read(ListOperations, "");
  ASSERT_EQ(response.operations_size(), 1);
  EXPECT_EQ(response.operations(0).id(), id);
  EXPECT_EQ(response.operations(0).status(), v1::OPERATION_STATUS_SUCCESS);
}

TEST_F(OperationsTest, OfADeletedNamespaceAreNotListedButCanBeAsked) {
  const std::string created = Start(CreateHttpNamespace, "name: 'apps'");
  const std::string in = NamespaceOf(created);
  const std::string service = Service(in, "web").id();
  const std::string registered = Register(service, "i-1");
  Start(DeregisterInstance, Instance(service, "i-1"));
  EXPECT_EQ(Try(DeleteService, absl::StrCat("id: '", service, "'")), "OK");
  const std::string other = Start(CreateHttpNamespace, "name: 'other'");
  const std::string removed = Start(DeleteNamespace, absl::StrCat("id: '", in, "'"));
  EXPECT_EQ(Operations(""), (Ids{other, removed}));
  EXPECT_EQ(GetOperation(removed).status(), v1::OPERATION_STATUS_SUCCESS);
  EXPECT_EQ(GetOperation(registered).status(), v1::OPERATION_STATUS_SUCCESS);
}

TEST_F(OperationsTest, AFailedOneOfADeletedNamespaceIsNotListedEither) {
  const std::string in = PrivateNamespace("corp");
  const std::string service =
      Service(in, "web", "dns_config { dns_records { type: RECORD_TYPE_SRV ttl: 60 } }").id();
  const std::string failed =
      Register(service, "a..b", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "80"}});
  EXPECT_EQ(Operations("").count(failed), 1U);
  EXPECT_EQ(Try(DeleteService, absl::StrCat("id: '", service, "'")), "OK");
  const std::string removed = Start(DeleteNamespace, absl::StrCat("id: '", in, "'"));
  EXPECT_EQ(Operations(""), Ids{removed});
}

TEST_F(OperationsTest, UnknownOnesAndAnotherOwnersAreOperationNotFound) {
  const std::string id = Start(CreateHttpNamespace, "name: 'apps'");
  EXPECT_EQ(Fails(registry::GetOperation, "operation_id: 'x'"), "OperationNotFound");
  const std::string request = absl::StrCat("operation_id: '", id, "' ");
  EXPECT_EQ(Fails(registry::GetOperation, request + "owner_account: '111122223333'"),
            "OperationNotFound");
  EXPECT_EQ(Fails(registry::GetOperation, request + "owner_account: '000000000000'"), "OK");
}

TEST_F(OperationsTest, PruningForgetsFinishedOnesAndTheirTokensAlone) {
  const std::string done = Start(CreateHttpNamespace, "name: 'a' creator_request_id: 't'");
  options.operation_delay = absl::Seconds(1);
  const std::string pending = Start(CreateHttpNamespace, "name: 'b'");
  now += kOperationRetention - absl::Milliseconds(10);
  EXPECT_TRUE(ApplyDecision(PruneOperations(state, NextContext())).ok());
  EXPECT_EQ(GetOperation(done).status(), v1::OPERATION_STATUS_SUCCESS);
  now += absl::Seconds(1);
  EXPECT_TRUE(ApplyDecision(PruneOperations(state, NextContext())).ok());
  EXPECT_EQ(Fails(registry::GetOperation, absl::StrCat("operation_id: '", done, "'")),
            "OperationNotFound");
  EXPECT_EQ(GetOperation(pending).status(), v1::OPERATION_STATUS_PENDING);
  EXPECT_EQ(TryType(CreateHttpNamespace, "name: 'a' creator_request_id: 't'"),
            "NamespaceAlreadyExists")
      << "the retry is forgotten, the namespace is not";
}

TEST_F(OperationsTest, PruningForgetsTheOldestOfTooMany) {
  const std::string oldest = Start(CreateHttpNamespace, "name: 'a'");
  now += absl::Seconds(1);
  const std::string older = Start(CreateHttpNamespace, "name: 'b'");
  now += absl::Seconds(1);
  Mutation many;
  for (size_t i = 0; i < kOperationsMax; ++i) {
    OperationRecord record;
    record.set_id(OperationId(absl::StrCat("target-", i), absl::ToUnixMillis(now)));
    record.set_status(v1::OPERATION_STATUS_SUCCESS);
    record.set_update_ms(absl::ToUnixMillis(now));
    many.Put(std::move(record));
  }
  state = Apply(std::move(state), many.changes(), state.revision() + 1);
  now += absl::Seconds(1);
  const std::string newest = Start(CreateHttpNamespace, "name: 'c'");
  EXPECT_EQ(CountFinished(state), kOperationsMax + 3);
  EXPECT_TRUE(ApplyDecision(PruneOperations(state, NextContext())).ok());
  EXPECT_EQ(CountFinished(state), kOperationsMax);
  EXPECT_EQ(state.FindOperation(oldest), nullptr);
  EXPECT_EQ(state.FindOperation(older), nullptr);
  EXPECT_NE(state.FindOperation(newest), nullptr);
}

TEST_F(OperationsTest, PruningGoesOnPastOnesThatArePendingForLong) {
  const std::string first = Start(CreateHttpNamespace, "name: 'a'");
  now += absl::Seconds(1);
  options.operation_delay = 2 * kOperationRetention;
  const std::string pending = Start(CreateHttpNamespace, "name: 'b'");
  options.operation_delay = absl::ZeroDuration();
  now += absl::Seconds(1);
  const std::string second = Start(CreateHttpNamespace, "name: 'c'");
  now += kOperationRetention;
  const std::string young = Start(CreateHttpNamespace, "name: 'd'");
  EXPECT_TRUE(ApplyDecision(PruneOperations(state, NextContext())).ok());
  EXPECT_EQ(state.FindOperation(first), nullptr);
  EXPECT_EQ(state.FindOperation(second), nullptr);
  EXPECT_NE(state.FindOperation(pending), nullptr);
  EXPECT_NE(state.FindOperation(young), nullptr);
  EXPECT_TRUE(PruneOperations(state, NextContext())->mutation.changes().empty());
}

TEST_F(OperationsTest, PruningTakesNoMoreThanABatchAtOnce) {
  Mutation many;
  for (size_t i = 0; i < kPruneBatchMax + 3; ++i) {
    OperationRecord record;
    // All in one millisecond, so that the place of some may be shared.
    record.set_id(OperationId(absl::StrCat("target-", i), 1000));
    record.set_status(v1::OPERATION_STATUS_SUCCESS);
    record.set_update_ms(1000);
    record.set_method("CreateHttpNamespace");
    record.set_request_token(absl::StrCat("t-", i));
    many.Put(std::move(record));
  }
  state = Apply(std::move(state), many.changes(), state.revision() + 1);
  EXPECT_TRUE(ApplyDecision(PruneOperations(state, NextContext())).ok());
  EXPECT_GE(CountFinished(state), 3U);
  EXPECT_LT(CountFinished(state), 10U);
  EXPECT_TRUE(ApplyDecision(PruneOperations(state, NextContext())).ok());
  EXPECT_EQ(CountFinished(state), 0U);
  EXPECT_EQ(state.FindOperationByRequest(RequestKey("CreateHttpNamespace", "", "t-1")), nullptr);
}

TEST_F(OperationsTest, ANewOneIsTheNewestThoughTheClockWasSetBack) {
  std::vector<std::string> ids = {Start(CreateHttpNamespace, "name: 'a'")};
  now -= absl::Hours(1);
  for (const char* name : {"b", "c", "d", "e"}) {
    ids.push_back(Start(CreateHttpNamespace, absl::StrCat("name: '", name, "'")));
    EXPECT_GT(OperationIdHash()(ids.back()), OperationIdHash()(ids[ids.size() - 2]));
  }
  EXPECT_EQ(GetOperation(ids[1]).create_date().seconds(),
            GetOperation(ids[0]).create_date().seconds() - 3600)
      << "the time that is shown is the clock's";
}

TEST_F(OperationsTest, PruningGoesOnPastOneThatFinishedWhileTheClockWasAhead) {
  now += 365 * absl::Hours(24);
  const std::string ahead = Start(CreateHttpNamespace, "name: 'a'");
  now -= 365 * absl::Hours(24);
  const std::string normal = Start(CreateHttpNamespace, "name: 'b'");
  now += kOperationRetention + absl::Seconds(1);
  EXPECT_TRUE(ApplyDecision(PruneOperations(state, NextContext())).ok());
  EXPECT_NE(state.FindOperation(ahead), nullptr);
  EXPECT_EQ(state.FindOperation(normal), nullptr);
}

TEST_F(OperationsTest, ManyOnOneTargetInOneMillisecondHaveDistinctIds) {
  const std::string service = Service(HttpNamespace("apps"), "web").id();
  Ids ids;
  for (int i = 0; i < 20; ++i) {
    ids.insert(Register(service, "i-1"));
  }
  EXPECT_EQ(ids.size(), 20U);
}

TEST_F(OperationsTest, RejectedRequestsLeaveNoTrace) {
  const std::string in = HttpNamespace("apps");
  const std::string service = Service(in, "web").id();
  Register(service, "i-1");
  const int64_t revision = state.revision();
  const size_t operations = Operations("").size();
  EXPECT_EQ(TryRegister(service, {{"AWS_X", ""}}).substr(0, 12), "InvalidInput");
  EXPECT_NE(TryType(CreateHttpNamespace, "name: 'apps'"), "OK");
  EXPECT_NE(TryType(CreateService, absl::StrCat("name: 'web' namespace_id: '", in, "'")), "OK");
  EXPECT_NE(TryType(DeleteService, absl::StrCat("id: '", service, "'")), "OK");
  EXPECT_NE(TryType(DeleteNamespace, absl::StrCat("id: '", in, "'")), "OK");
  EXPECT_NE(TryType(DeregisterInstance, Instance(service, "i-2")), "OK");
  EXPECT_EQ(state.revision(), revision);
  EXPECT_EQ(Operations("").size(), operations);
}

}  // namespace
}  // namespace cloudmap::registry
