#include "registry/liveness/operation_pruner.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "registry/limits.h"
#include "registry/model/mutation.h"

namespace cloudmap::registry {
namespace {

const absl::Time kNow = absl::FromUnixMillis(1'700'000'000'000);

OperationRecord Finished(const std::string& id, absl::Time when) {
  OperationRecord operation;
  operation.set_id(id);
  operation.set_status(v1::OPERATION_STATUS_SUCCESS);
  operation.set_update_ms(absl::ToUnixMillis(when));
  return operation;
}

OperationRecord Pending(const std::string& id, absl::Time when) {
  OperationRecord operation = Finished(id, when);
  operation.set_status(v1::OPERATION_STATUS_PENDING);
  operation.set_lock(id);
  return operation;
}

template <typename... Operations>
State With(const Operations&... operations) {
  Mutation mutation;
  (mutation.Put(operations), ...);
  return Apply(State(), mutation.changes(), 1);
}

State WithFinished(size_t count) {
  Mutation mutation;
  for (size_t i = 0; i < count; ++i) {
    mutation.Put(Finished(absl::StrCat("op-", i), kNow));
  }
  return Apply(State(), mutation.changes(), 1);
}

TEST(OperationPruner, WithoutOperationsThereIsNothingToForget) {
  OperationPruner pruner;
  pruner.OnLoad(State(), kNow);
  EXPECT_EQ(pruner.due(), absl::InfiniteFuture());
}

TEST(OperationPruner, IsDueWhenTheOldestFinishedOperationIsOfAge) {
  OperationPruner pruner;
  pruner.OnLoad(With(Finished("a", kNow - absl::Hours(2)), Finished("b", kNow - absl::Hours(3))),
                kNow);
  const absl::Time due = pruner.due();
  EXPECT_GE(due, kNow - absl::Hours(3) + kOperationRetention) << "not before the oldest is";
  EXPECT_LE(due, kNow - absl::Hours(2) + kOperationRetention + kExpirySlack);
}

TEST(OperationPruner, LooksPastPendingOperations) {
  OperationPruner pruner;
  pruner.OnLoad(With(Pending("a", kNow), Finished("b", kNow - absl::Hours(3))), kNow);
  EXPECT_EQ(pruner.due(), kNow - absl::Hours(3) + kOperationRetention + kExpirySlack);
}

TEST(OperationPruner, TooManyAreForgottenAtOnceWithSomeSlack) {
  OperationPruner pruner;
  pruner.OnLoad(WithFinished(kOperationsMax + kOperationsSlack), kNow);
  EXPECT_GT(pruner.due(), kNow) << "as many may wait for each other";
  pruner.OnCommit(WithFinished(kOperationsMax + kOperationsSlack + 1), /*forgot=*/false, kNow);
  EXPECT_EQ(pruner.due(), absl::InfinitePast());
}

TEST(OperationPruner, OneCommandIsOnItsWayAtATime) {
  OperationPruner pruner;
  const State many = WithFinished(kOperationsMax + 2 * kOperationsSlack);
  pruner.OnLoad(many, kNow);
  pruner.OnSubmitted();
  pruner.OnCommit(many, /*forgot=*/false, kNow);
  EXPECT_EQ(pruner.due(), absl::InfiniteFuture());
  pruner.OnLoad(many, kNow);
  EXPECT_EQ(pruner.due(), absl::InfiniteFuture()) << "its answer is still to come";
  pruner.OnAnswered(/*made=*/false, kNow);
  EXPECT_EQ(pruner.due(), kNow);
}

// A caller may be answered before or after listeners are told of the commit.
TEST(OperationPruner, AfterACommandHasForgottenTheNextIsDueByTheState) {
  const State rest = With(Finished("young", kNow));
  for (const bool answered_first : {true, false}) {
    OperationPruner pruner;
    pruner.OnLoad(With(Finished("old", kNow - 2 * kOperationRetention)), kNow);
    EXPECT_LE(pruner.due(), kNow);
    pruner.OnSubmitted();
    if (answered_first) {
      pruner.OnAnswered(/*made=*/true, kNow);
    }
    pruner.OnCommit(rest, /*forgot=*/true, kNow);
    if (!answered_first) {
      pruner.OnAnswered(/*made=*/true, kNow);
    }
    EXPECT_EQ(pruner.due(), kNow + kOperationRetention + kExpirySlack);
    pruner.OnSubmitted();
    pruner.OnCommit(State(), /*forgot=*/true, kNow);
    EXPECT_EQ(pruner.due(), absl::InfiniteFuture()) << "nothing is left to forget";
  }
}

TEST(OperationPruner, ACommandThatFoundNothingIsNotRepeatedAtOnce) {
  OperationPruner pruner;
  pruner.OnLoad(With(Finished("old", kNow - 2 * kOperationRetention)), kNow);
  pruner.OnSubmitted();
  pruner.OnAnswered(/*made=*/true, kNow);
  EXPECT_EQ(pruner.due(), kNow + kEmptyPruneDelay);
}

}  // namespace
}  // namespace cloudmap::registry
