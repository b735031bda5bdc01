#include "registry/pipeline/deadline_keeper.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "registry/decide/decide.h"
#include "registry/limits.h"
#include "registry/pipeline/commit_loop.h"
#include "registry/pipeline/testing/pipeline_harness.h"

namespace cloudmap::registry {
namespace {

// Notifies once the state holds what the test waits for.
class Watcher final : public ChangeListener {
 public:
  void OnLoad(const State&) override {}
  void OnCommit(const State&, const State& after, const std::vector<Change>&) override {
    if (!seen_.HasBeenNotified() && wanted(after)) {
      seen_.Notify();
    }
  }
  bool Wait() { return seen_.WaitForNotificationWithTimeout(kPatience); }

  // Set before the loop starts.
  std::function<bool(const State&)> wanted;

 private:
  absl::Notification seen_;
};

class DeadlineKeeperTest : public ::testing::Test {
 protected:
  DeadlineKeeperTest()
      : loop_(options_, store_, clock_, random_),
        keeper_(
            clock_,
            [this](Decider decide, Done done) { loop_.Submit(std::move(decide), std::move(done)); },
            [this] { loop_.Flush(); }) {
    loop_.AddListener(&keeper_);
    loop_.AddListener(&watcher_);
  }
  ~DeadlineKeeperTest() override {
    keeper_.Stop();
    loop_.Stop();
  }
  void Start() {
    ASSERT_TRUE(loop_.Start().ok());
    keeper_.Start();
  }
  std::string Run(Decider decide) {
    Answer answer;
    loop_.Submit(std::move(decide), answer.Take());
    return answer.Wait();
  }
  // What is in the store before the start.
  template <typename... Records>
  void Given(const Records&... records) {
    Mutation mutation;
    (mutation.Put(records), ...);
    ASSERT_TRUE(store_.Commit({1, mutation.changes()}).ok());
  }
  static OperationRecord Creation(v1::OperationStatus status, absl::Time when) {
    v1::CreateHttpNamespaceRequest request;
    request.set_name("apps");
    OperationRecord operation;
    operation.set_id("op-1");
    operation.set_type(v1::OPERATION_TYPE_CREATE_NAMESPACE);
    operation.set_method("CreateHttpNamespace");
    operation.set_namespace_id("ns-1");
    operation.set_status(status);
    operation.set_create_ms(absl::ToUnixMillis(when));
    operation.set_update_ms(absl::ToUnixMillis(when));
    if (status == v1::OPERATION_STATUS_PENDING) {
      operation.set_due_ms(absl::ToUnixMillis(when));
      operation.set_request(request.SerializeAsString());
      operation.set_lock("lock");
    }
    return operation;
  }

  RegistryOptions options_;
  TestStore store_;
  RealClock clock_;
  RealRandom random_;
  Watcher watcher_;
  CommitLoop loop_;
  DeadlineKeeper keeper_;
};

TEST_F(DeadlineKeeperTest, CompletesAPendingOperationWhenItIsDue) {
  options_.operation_delay = absl::Milliseconds(5);
  watcher_.wanted = [](const State& state) { return !state.namespaces().empty(); };
  Start();
  v1::CreateHttpNamespaceRequest request;
  request.set_name("apps");
  ASSERT_EQ(Run([request](const State& state, const CommandContext& context) {
              return CreateHttpNamespace(state, context, request);
            }),
            "OK");
  ASSERT_TRUE(watcher_.Wait());
  const std::shared_ptr<const State> state = loop_.Current();
  EXPECT_NE(state->FindNamespaceByHttpName("apps"), nullptr);
  state->operations().ForEach([](absl::string_view, const auto& operation) {
    EXPECT_EQ(operation.status(), v1::OPERATION_STATUS_SUCCESS);
    EXPECT_GE(operation.update_ms(), operation.create_ms() + 5);
  });
  EXPECT_TRUE(state->operations_by_lock().empty());
}

TEST_F(DeadlineKeeperTest, CompletesWhatFellDueWhileTheServerWasDown) {
  Given(Creation(v1::OPERATION_STATUS_PENDING, absl::Now() - absl::Hours(1)));
  watcher_.wanted = [](const State& state) { return state.FindNamespace("ns-1") != nullptr; };
  Start();
  ASSERT_TRUE(watcher_.Wait());
  EXPECT_EQ(loop_.Current()->FindOperation("op-1")->status(), v1::OPERATION_STATUS_SUCCESS);
}

TEST_F(DeadlineKeeperTest, AppliesACustomHealthWhenItsDelayIsOver) {
  options_.custom_health_delay = absl::Milliseconds(5);
  ServiceRecord service = ServiceOf("srv-1", "ns-1");
  service.mutable_health_check_custom_config()->set_failure_threshold(1);
  InstanceRecord instance = InstanceOf("srv-1", "i-1");
  instance.set_custom_health(v1::HEALTH_STATUS_HEALTHY);
  Given(NamespaceOf("ns-1"), service, instance);
  watcher_.wanted = [](const State& state) {
    return state.FindInstance("srv-1", "i-1")->custom_health() == v1::HEALTH_STATUS_UNHEALTHY;
  };
  Start();
  v1::UpdateInstanceCustomHealthStatusRequest request;
  request.set_service_id("srv-1");
  request.set_instance_id("i-1");
  request.set_status(v1::CUSTOM_HEALTH_STATUS_UNHEALTHY);
  ASSERT_EQ(Run([request](const State& state, const CommandContext& context) {
              return UpdateInstanceCustomHealthStatus(state, context, request);
            }),
            "OK");
  ASSERT_TRUE(watcher_.Wait());
  EXPECT_EQ(loop_.Current()->FindInstance("srv-1", "i-1")->pending_health(),
            v1::HEALTH_STATUS_UNSPECIFIED);
}

TEST_F(DeadlineKeeperTest, ForgetsFinishedOperationsAfterTheRetentionAndKeepsYoungerOnes) {
  OperationRecord young = Creation(v1::OPERATION_STATUS_SUCCESS, absl::Now() - absl::Hours(1));
  young.set_id("young");
  Given(Creation(v1::OPERATION_STATUS_SUCCESS, absl::Now() - kOperationRetention - absl::Hours(1)),
        young);
  watcher_.wanted = [](const State& state) { return state.FindOperation("op-1") == nullptr; };
  Start();
  ASSERT_TRUE(watcher_.Wait());
  EXPECT_NE(loop_.Current()->FindOperation("young"), nullptr);
}

// More than one command's worth, behind one that cannot go, and no other command comes.
TEST_F(DeadlineKeeperTest, ForgetsAllThatIsOfAgeBehindAPendingOne) {
  const absl::Time old = absl::Now() - kOperationRetention - absl::Hours(1);
  OperationRecord pending = Creation(v1::OPERATION_STATUS_PENDING, old);
  pending.set_id(OperationId("first", 1));
  pending.set_due_ms(absl::ToUnixMillis(absl::Now() + absl::Hours(1)));
  Mutation mutation;
  mutation.Put(pending);
  for (size_t i = 0; i < 2 * kPruneBatchMax + 1; ++i) {
    OperationRecord finished = Creation(v1::OPERATION_STATUS_SUCCESS, old);
    finished.set_id(OperationId(absl::StrCat(i), 2));
    mutation.Put(finished);
  }
  ASSERT_TRUE(store_.Commit({1, mutation.changes()}).ok());
  watcher_.wanted = [](const State& state) { return state.operations().size() == 1; };
  Start();
  EXPECT_TRUE(watcher_.Wait());
}

TEST_F(DeadlineKeeperTest, StopDoesNotWaitForDeadlines) {
  Given(Creation(v1::OPERATION_STATUS_PENDING, absl::Now() + absl::Hours(1)));
  watcher_.wanted = [](const State&) { return false; };
  Start();
  keeper_.Stop();
  keeper_.Stop();
  EXPECT_EQ(loop_.Current()->FindOperation("op-1")->status(), v1::OPERATION_STATUS_PENDING);
}

TEST_F(DeadlineKeeperTest, TriesAgainUntilTheStoreTakesIt) {
  Given(Creation(v1::OPERATION_STATUS_PENDING, absl::Now() - absl::Hours(1)));
  watcher_.wanted = [](const State& state) { return state.FindNamespace("ns-1") != nullptr; };
  store_.Fail(TestStore::Failure::kLost);
  Start();
  store_.AwaitCommits(3);  // what the store was given, and two tries
  store_.Fail(TestStore::Failure::kNone);
  ASSERT_TRUE(watcher_.Wait());
}

// Every failed commit loads anew, which must not make the keeper ask again at once.
TEST_F(DeadlineKeeperTest, WhileTheStoreFailsItWaitsBeforeItAsksAgainToForget) {
  Given(Creation(v1::OPERATION_STATUS_SUCCESS, absl::Now() - kOperationRetention - absl::Hours(1)));
  watcher_.wanted = [](const State& state) { return state.operations().empty(); };
  store_.Fail(TestStore::Failure::kLost);
  const absl::Time start = absl::Now();
  Start();
  // What the store was given and three tries, of which the second may come with the load of the
  // first.
  store_.AwaitCommits(4);
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(990));
  store_.Fail(TestStore::Failure::kNone);
  EXPECT_TRUE(watcher_.Wait());
}

// Too many operations are pruned together with the commands that bring more of them; what is too
// old must go even if nothing else comes.
TEST(DeadlineKeeperPruning, ComesAlongWithOthersUnlessItIsOfAge) {
  RealClock clock;
  absl::Mutex mutex;
  int submitted = 0;
  int flushed = 0;
  DeadlineKeeper keeper(
      clock,
      [&](const Decider&, Done done) {
        absl::MutexLock lock(&mutex);
        ++submitted;
        done(std::unique_ptr<google::protobuf::Message>());
      },
      [&] {
        absl::MutexLock lock(&mutex);
        ++flushed;
      });
  keeper.Start();
  const auto finished = [](int count, absl::Time when) {
    Mutation mutation;
    for (int i = 0; i < count; ++i) {
      OperationRecord operation;
      operation.set_id(absl::StrCat("op-", i));
      operation.set_status(v1::OPERATION_STATUS_SUCCESS);
      operation.set_update_ms(absl::ToUnixMillis(when));
      mutation.Put(std::move(operation));
    }
    return Apply(State(), mutation.changes(), 1);
  };
  const auto await = [&](const int& count) {
    absl::MutexLock lock(&mutex);
    return mutex.AwaitWithTimeout(absl::Condition(
                                      +[](const int* c) { return *c > 0; }, &count),
                                  kPatience);
  };
  keeper.OnLoad(finished(static_cast<int>(kOperationsMax + 2 * kPruneBatchMax), absl::Now()));
  ASSERT_TRUE(await(submitted));
  {
    absl::MutexLock lock(&mutex);
    EXPECT_EQ(flushed, 0);
  }
  keeper.OnLoad(finished(1, absl::Now() - kOperationRetention - absl::Hours(1)));
  EXPECT_TRUE(await(flushed));
  keeper.Stop();
}

// While commands are refused the keeper asks once a second, whatever is due.
TEST(DeadlineKeeperRetry, WaitsBeforeItAsksAgain) {
  RealClock clock;
  absl::Mutex mutex;
  std::vector<absl::Time> asked;
  absl::Notification twice;
  DeadlineKeeper keeper(
      clock,
      [&](const Decider&, Done done) {
        {
          absl::MutexLock lock(&mutex);
          asked.push_back(clock.Now());
          if (asked.size() == 4) {
            twice.Notify();
          }
        }
        done(absl::UnavailableError("refused"));
      },
      [] {});
  Mutation mutation;
  OperationRecord pending;
  pending.set_id("pending");
  pending.set_status(v1::OPERATION_STATUS_PENDING);
  pending.set_lock("lock");
  OperationRecord old;
  old.set_id("old");
  old.set_status(v1::OPERATION_STATUS_SUCCESS);
  mutation.Put(pending);
  mutation.Put(old);
  keeper.OnLoad(Apply(State(), mutation.changes(), 1));
  keeper.Start();
  ASSERT_TRUE(twice.WaitForNotificationWithTimeout(kPatience));
  keeper.Stop();
  absl::MutexLock lock(&mutex);
  // A deadline and a pruning, and both again.
  EXPECT_GE(asked[2] - asked[1], absl::Milliseconds(990));
}

}  // namespace
}  // namespace cloudmap::registry
