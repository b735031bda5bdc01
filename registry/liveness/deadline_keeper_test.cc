#include "registry/liveness/deadline_keeper.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "registry/base/random.h"
#include "registry/base/testing/fake_clock.h"
#include "registry/base/testing/fake_timers.h"
#include "registry/decide/decide.h"
#include "registry/limits.h"
#include "registry/pipeline/commit_loop.h"
#include "registry/pipeline/testing/pipeline_harness.h"

namespace cloudmap::registry {
namespace {

// A keeper and a commit loop on the test's own thread: the store does not wait, and alarms ring
// when the test lets time pass.
class DeadlineKeeperTest : public ::testing::Test {
 protected:
  DeadlineKeeperTest()
      : loop_(options_, store_, clock_, random_),
        keeper_(
            timers_,
            [this](Decider decide, Done done) {
              ++submitted_;
              if (before_submit_ != nullptr) {
                before_submit_();
              }
              loop_.Submit(std::move(decide), std::move(done));
            },
            [this] { loop_.Flush(); }) {
    store_.SetCommitWaits(false);
    loop_.AddListener(&keeper_);
  }
  ~DeadlineKeeperTest() override {
    keeper_.Stop();
    loop_.Stop();
  }
  void Start() {
    ASSERT_TRUE(loop_.Start().ok());
    keeper_.Start();
    timers_.RingDue();
  }
  std::string Run(Decider decide) {
    Answer answer;
    loop_.Submit(std::move(decide), answer.Take());
    loop_.Flush();
    return answer.Wait();
  }
  template <typename Request>
  std::string Run(absl::StatusOr<Decision> (*function)(const State&, const CommandContext&,
                                                       const Request&),
                  const Request& request) {
    return Run([function, request](const State& state, const CommandContext& context) {
      return function(state, context, request);
    });
  }
  // What is in the store before the start.
  template <typename... Records>
  void Given(const Records&... records) {
    Mutation mutation;
    (mutation.Put(records), ...);
    ASSERT_TRUE(store_.Commit({1, mutation.changes()}).ok());
  }
  int Commits() { return static_cast<int>(store_.batches().size()); }

  // The creation of namespace `id`: pending until `when`, or finished at `when`.
  static OperationRecord Creation(v1::OperationStatus status, absl::Time when,
                                  const std::string& id = "1") {
    v1::CreateHttpNamespaceRequest request;
    request.set_name("apps-" + id);
    OperationRecord operation;
    operation.set_id("op-" + id);
    operation.set_type(v1::OPERATION_TYPE_CREATE_NAMESPACE);
    operation.set_method("CreateHttpNamespace");
    operation.set_namespace_id("ns-" + id);
    operation.set_status(status);
    operation.set_create_ms(absl::ToUnixMillis(when));
    operation.set_update_ms(absl::ToUnixMillis(when));
    if (status == v1::OPERATION_STATUS_PENDING) {
      operation.set_due_ms(absl::ToUnixMillis(when));
      operation.set_request(request.SerializeAsString());
      operation.set_lock("lock-" + id);
    }
    return operation;
  }
  static OperationRecord Pending(absl::Time due, const std::string& id = "1") {
    return Creation(v1::OPERATION_STATUS_PENDING, due, id);
  }
  v1::OperationStatus StatusOf(const std::string& id) {
    return loop_.Current()->FindOperation(id)->status();
  }
  // A service with custom health and a healthy instance.
  void GivenAnInstance() {
    ServiceRecord service = ServiceOf("srv-1", "ns-1");
    service.mutable_health_check_custom_config()->set_failure_threshold(1);
    InstanceRecord instance = InstanceOf("srv-1", "i-1");
    instance.set_custom_health(v1::HEALTH_STATUS_HEALTHY);
    Given(NamespaceOf("ns-1"), service, instance);
  }
  std::string AskForHealth(v1::CustomHealthStatus status) {
    v1::UpdateInstanceCustomHealthStatusRequest request;
    request.set_service_id("srv-1");
    request.set_instance_id("i-1");
    request.set_status(status);
    return Run(&UpdateInstanceCustomHealthStatus, request);
  }
  v1::HealthStatus Health() {
    return loop_.Current()->FindInstance("srv-1", "i-1")->custom_health();
  }

  RegistryOptions options_;
  TestStore store_;
  FakeClock clock_;
  FakeTimers timers_{clock_};
  RealRandom random_;
  int submitted_ = 0;  // by the keeper
  std::function<void()> before_submit_;
  CommitLoop loop_;
  DeadlineKeeper keeper_;
};

TEST_F(DeadlineKeeperTest, CompletesAPendingOperationWhenItIsDueAndNotBefore) {
  options_.operation_delay = absl::Milliseconds(500);
  Start();
  v1::CreateHttpNamespaceRequest request;
  request.set_name("apps");
  ASSERT_EQ(Run(&CreateHttpNamespace, request), "OK");
  timers_.Advance(absl::Milliseconds(499));
  EXPECT_TRUE(loop_.Current()->namespaces().empty());
  EXPECT_EQ(submitted_, 0);
  timers_.Advance(absl::Milliseconds(1));
  const std::shared_ptr<const State> state = loop_.Current();
  EXPECT_NE(state->FindNamespaceByHttpName("apps"), nullptr);
  state->operations().ForEach([](absl::string_view, const auto& operation) {
    EXPECT_EQ(operation.status(), v1::OPERATION_STATUS_SUCCESS);
    EXPECT_EQ(operation.update_ms(), operation.create_ms() + 500);
  });
  EXPECT_TRUE(state->operations_by_lock().empty());
  timers_.Advance(absl::Hours(1));
  EXPECT_EQ(submitted_, 1) << "what is done is not done again";
}

TEST_F(DeadlineKeeperTest, CompletesWhatFellDueWhileTheServerWasDown) {
  Given(Pending(clock_.Now() - absl::Hours(1)));
  Start();
  EXPECT_EQ(StatusOf("op-1"), v1::OPERATION_STATUS_SUCCESS);
  EXPECT_NE(loop_.Current()->FindNamespace("ns-1"), nullptr);
}

TEST_F(DeadlineKeeperTest, AppliesACustomHealthWhenItsDelayIsOver) {
  options_.custom_health_delay = absl::Seconds(30);
  GivenAnInstance();
  Start();
  ASSERT_EQ(AskForHealth(v1::CUSTOM_HEALTH_STATUS_UNHEALTHY), "OK");
  timers_.Advance(absl::Seconds(30) - absl::Milliseconds(1));
  EXPECT_EQ(Health(), v1::HEALTH_STATUS_HEALTHY);
  timers_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Health(), v1::HEALTH_STATUS_UNHEALTHY);
  EXPECT_EQ(loop_.Current()->FindInstance("srv-1", "i-1")->pending_health(),
            v1::HEALTH_STATUS_UNSPECIFIED);
}

TEST_F(DeadlineKeeperTest, ADeadlineThatIsTakenBackBringsNoCommand) {
  options_.custom_health_delay = absl::Seconds(30);
  GivenAnInstance();
  Start();
  ASSERT_EQ(AskForHealth(v1::CUSTOM_HEALTH_STATUS_UNHEALTHY), "OK");
  ASSERT_EQ(AskForHealth(v1::CUSTOM_HEALTH_STATUS_HEALTHY), "OK");
  timers_.Advance(absl::Minutes(5));
  EXPECT_EQ(submitted_, 0);
  ASSERT_EQ(AskForHealth(v1::CUSTOM_HEALTH_STATUS_UNHEALTHY), "OK");
  ASSERT_EQ(Run([](const State&, const CommandContext&) -> absl::StatusOr<Decision> {
              Decision decision;
              decision.mutation.Delete({RecordKind::kInstance, "srv-1", "i-1"});
              return decision;
            }),
            "OK");
  timers_.Advance(absl::Minutes(5));
  EXPECT_EQ(submitted_, 0);
}

TEST_F(DeadlineKeeperTest, ADeadlineFollowsAWallClockThatIsSet) {
  Given(Pending(clock_.Now() + absl::Hours(2)));
  Start();
  clock_.StepWall(-absl::Hours(1));
  timers_.Advance(absl::Hours(3) - absl::Seconds(1));
  EXPECT_EQ(StatusOf("op-1"), v1::OPERATION_STATUS_PENDING) << "put off by as much";
  clock_.StepWall(absl::Hours(5));
  timers_.Advance(kWallClockLookInterval);
  EXPECT_EQ(StatusOf("op-1"), v1::OPERATION_STATUS_SUCCESS) << "noticed at the next look";
}

TEST_F(DeadlineKeeperTest, ACommandThatFindsTheClockSetBackIsTriedAgain) {
  options_.custom_health_delay = absl::Seconds(30);
  GivenAnInstance();
  Start();
  ASSERT_EQ(AskForHealth(v1::CUSTOM_HEALTH_STATUS_UNHEALTHY), "OK");
  // Between the alarm and the decision.
  before_submit_ = [this] { clock_.StepWall(-absl::Seconds(10)); };
  timers_.Advance(absl::Seconds(30));
  EXPECT_EQ(submitted_, 1);
  EXPECT_EQ(Health(), v1::HEALTH_STATUS_HEALTHY);
  before_submit_ = nullptr;
  timers_.Advance(absl::Seconds(10));
  EXPECT_EQ(Health(), v1::HEALTH_STATUS_UNHEALTHY);
}

TEST_F(DeadlineKeeperTest, StopEndsItAndDoesNotWaitForDeadlines) {
  Given(Pending(clock_.Now() + absl::Hours(1)));
  Start();
  keeper_.Stop();
  keeper_.Stop();
  timers_.Advance(absl::Hours(2));
  EXPECT_EQ(StatusOf("op-1"), v1::OPERATION_STATUS_PENDING);
  EXPECT_EQ(submitted_, 0);
}

TEST_F(DeadlineKeeperTest, BeforeTheStartNothingIsSubmitted) {
  Given(Pending(clock_.Now() - absl::Hours(1)));
  ASSERT_TRUE(loop_.Start().ok());
  timers_.Advance(absl::Hours(1));
  EXPECT_EQ(submitted_, 0);
  keeper_.Start();
  timers_.RingDue();
  EXPECT_EQ(StatusOf("op-1"), v1::OPERATION_STATUS_SUCCESS);
}

// Every failed commit loads anew, which must not make the keeper ask again at once.
TEST_F(DeadlineKeeperTest, WhileTheStoreFailsItAsksOnceASecondUntilTheStoreTakesIt) {
  Given(Pending(clock_.Now() - absl::Hours(1)));
  store_.Fail(TestStore::Failure::kLost);
  Start();
  EXPECT_EQ(submitted_, 1);
  for (int second = 1; second < 5; ++second) {
    timers_.Advance(kDueRetryDelay - absl::Milliseconds(1));
    EXPECT_EQ(submitted_, second);
    timers_.Advance(absl::Milliseconds(1));
    EXPECT_EQ(submitted_, second + 1);
  }
  store_.Fail(TestStore::Failure::kNone);
  timers_.Advance(kDueRetryDelay);
  EXPECT_EQ(StatusOf("op-1"), v1::OPERATION_STATUS_SUCCESS);
}

TEST_F(DeadlineKeeperTest, AWallClockThatIsSetDoesNotChangeTheDelayAfterARefusal) {
  Given(Pending(clock_.Now() - absl::Hours(1)));
  store_.Fail(TestStore::Failure::kLost);
  Start();
  store_.Fail(TestStore::Failure::kNone);
  clock_.StepWall(absl::Hours(5));
  timers_.Advance(kDueRetryDelay - absl::Milliseconds(1));
  EXPECT_EQ(submitted_, 1);
  clock_.StepWall(-absl::Hours(5));
  timers_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(StatusOf("op-1"), v1::OPERATION_STATUS_SUCCESS);
}

TEST_F(DeadlineKeeperTest, WhatFallsDueTogetherIsBatchesAndAllOfItIsDone) {
  Mutation mutation;
  const size_t count = 2 * kDueCommandsMax + 7;
  for (size_t i = 0; i < count; ++i) {
    mutation.Put(Pending(clock_.Now() + absl::Seconds(1), absl::StrCat(i)));
  }
  ASSERT_TRUE(store_.Commit({1, mutation.changes()}).ok());
  Start();
  timers_.Advance(absl::Seconds(1));
  EXPECT_EQ(loop_.Current()->namespaces().size(), count);
  EXPECT_TRUE(loop_.Current()->operations_by_lock().empty());
  EXPECT_EQ(submitted_, static_cast<int>(count));
  EXPECT_LE(Commits() - 1, static_cast<int>(count / kBatchCommandsMax) + 4);
}

TEST_F(DeadlineKeeperTest, ForgetsFinishedOperationsAfterTheRetentionAndKeepsYoungerOnes) {
  Given(Creation(v1::OPERATION_STATUS_SUCCESS, clock_.Now() - absl::Hours(1), "old"),
        Creation(v1::OPERATION_STATUS_SUCCESS, clock_.Now(), "young"));
  Start();
  timers_.Advance(kOperationRetention - absl::Hours(1));
  EXPECT_NE(loop_.Current()->FindOperation("op-old"), nullptr);
  timers_.Advance(kExpirySlack);
  EXPECT_EQ(loop_.Current()->FindOperation("op-old"), nullptr);
  EXPECT_NE(loop_.Current()->FindOperation("op-young"), nullptr);
  timers_.Advance(absl::Hours(1));
  EXPECT_TRUE(loop_.Current()->operations().empty());
}

// More than one command's worth, behind one that cannot go, and no other command comes.
TEST_F(DeadlineKeeperTest, ForgetsAllThatIsOfAgeBehindAPendingOne) {
  const absl::Time old = clock_.Now() - kOperationRetention - absl::Hours(1);
  OperationRecord pending = Pending(old);
  pending.set_id(OperationId("first", 1));
  pending.set_due_ms(absl::ToUnixMillis(clock_.Now() + absl::Hours(1)));
  Mutation mutation;
  mutation.Put(pending);
  for (size_t i = 0; i < 2 * kPruneBatchMax + 1; ++i) {
    OperationRecord finished = Creation(v1::OPERATION_STATUS_SUCCESS, old);
    finished.set_id(OperationId(absl::StrCat(i), 2));
    mutation.Put(finished);
  }
  ASSERT_TRUE(store_.Commit({1, mutation.changes()}).ok());
  Start();
  EXPECT_EQ(loop_.Current()->operations().size(), 1U);
}

TEST_F(DeadlineKeeperTest, ForgettingIsAskedForOnceASecondWhileTheStoreFails) {
  Given(
      Creation(v1::OPERATION_STATUS_SUCCESS, clock_.Now() - kOperationRetention - absl::Hours(1)));
  store_.Fail(TestStore::Failure::kLost);
  Start();
  EXPECT_EQ(submitted_, 1);
  timers_.Advance(3 * kDueRetryDelay);
  EXPECT_EQ(submitted_, 4);
  store_.Fail(TestStore::Failure::kNone);
  timers_.Advance(kDueRetryDelay);
  EXPECT_TRUE(loop_.Current()->operations().empty());
}

// A keeper whose commands the test answers itself.
TEST(DeadlineKeeperQueue, KeepsABoundedNumberOfCommandsOnTheirWay) {
  FakeClock clock;
  FakeTimers timers(clock);
  std::vector<Done> waiting;
  DeadlineKeeper keeper(
      timers, [&](const Decider&, Done done) { waiting.push_back(std::move(done)); },
      [count = 0]() mutable { ++count; });
  Mutation mutation;
  for (size_t i = 0; i < 3 * kDueCommandsMax; ++i) {
    OperationRecord operation;
    operation.set_id(absl::StrCat("op-", i));
    operation.set_status(v1::OPERATION_STATUS_PENDING);
    operation.set_lock(absl::StrCat("lock-", i));
    operation.set_update_ms(absl::ToUnixMillis(clock.Now()));
    mutation.Put(operation);
  }
  keeper.OnLoad(Apply(State(), mutation.changes(), 1));
  keeper.Start();
  timers.Advance(absl::Minutes(5));
  EXPECT_EQ(waiting.size(), kDueCommandsMax);
  std::vector<Done> answered = std::move(waiting);
  waiting.clear();
  for (Done& done : answered) {
    done(std::unique_ptr<google::protobuf::Message>());
  }
  timers.RingDue();
  EXPECT_EQ(waiting.size(), kDueCommandsMax);
  keeper.Stop();
}

}  // namespace
}  // namespace cloudmap::registry
