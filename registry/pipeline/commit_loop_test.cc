#include "registry/pipeline/commit_loop.h"

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "registry/base/random.h"
#include "registry/base/testing/fake_clock.h"
#include "registry/limits.h"
#include "registry/pipeline/testing/pipeline_harness.h"

namespace cloudmap::registry {
namespace {

class CommitLoopTest : public ::testing::Test {
 protected:
  CommitLoopTest() { NewLoop(); }

  // A loop on the same store, as after a restart.
  void NewLoop() {
    loop_ = std::make_unique<CommitLoop>(options_, store_, clock_, random_);
    loop_->AddListener(&listener_);
  }
  void Start() { ASSERT_TRUE(loop_->Start().ok()); }

  // Submits without waiting.
  Answer& Submit(Decider decide) {
    Answer& answer = answers_.emplace_back();
    loop_->Submit(std::move(decide), answer.Take());
    return answer;
  }
  // Submits and waits.
  std::string Run(Decider decide) { return Submit(std::move(decide)).Wait(); }

  // Holds one command in the store, so that what follows is one batch.
  void HoldBack() {
    const int before = static_cast<int>(store_.batches().size());
    store_.Shut();
    Submit(Puts(NamespaceOf("held")));
    store_.AwaitCommits(before + 1);
  }

  RegistryOptions options_;
  TestStore store_;
  FakeClock clock_;
  RealRandom random_;
  TestListener listener_;
  std::deque<Answer> answers_;
  std::unique_ptr<CommitLoop> loop_;  // goes first: answers what is left
};

TEST_F(CommitLoopTest, AnswersAfterTheChangeIsDurableVisibleAndToldToListeners) {
  Start();
  absl::Notification answered;
  bool durable = false;
  bool visible = false;
  bool told = false;
  loop_->Submit(Puts(NamespaceOf("ns-1")), [&](const auto& answer) {
    EXPECT_TRUE(answer.ok());
    durable = store_.batches().size() == 1;
    visible = loop_->Current()->FindNamespace("ns-1") != nullptr;
    told = listener_.commits() == 1;
    answered.Notify();
  });
  ASSERT_TRUE(answered.WaitForNotificationWithTimeout(kPatience));
  EXPECT_TRUE(durable);
  EXPECT_TRUE(visible);
  EXPECT_TRUE(told);
}

TEST_F(CommitLoopTest, NothingIsVisibleBeforeItIsDurable) {
  Start();
  HoldBack();
  EXPECT_EQ(loop_->Current()->FindNamespace("held"), nullptr);
  EXPECT_FALSE(answers_[0].given());
  store_.Open();
  EXPECT_EQ(answers_[0].Wait(), "OK");
  EXPECT_NE(loop_->Current()->FindNamespace("held"), nullptr);
}

TEST_F(CommitLoopTest, WhatQueuedDuringACommitIsOneBatch) {
  Start();
  HoldBack();
  for (int i = 0; i < 50; ++i) {
    Submit(Puts(NamespaceOf(absl::StrCat("ns-", i))));
  }
  store_.Open();
  for (Answer& answer : answers_) {
    EXPECT_EQ(answer.Wait(), "OK");
  }
  ASSERT_EQ(store_.batches().size(), 2U);
  EXPECT_EQ(store_.batches()[1].changes.size(), 50U);
  EXPECT_EQ(store_.batches()[1].revision, store_.batches()[0].revision + 1);
  EXPECT_EQ(loop_->Current()->revision(), store_.batches()[1].revision);
}

TEST_F(CommitLoopTest, ABatchIsBounded) {
  Start();
  HoldBack();
  for (size_t i = 0; i < 2 * kBatchCommandsMax; ++i) {
    Submit(Puts(NamespaceOf(absl::StrCat("ns-", i))));
  }
  store_.Open();
  EXPECT_EQ(answers_.back().Wait(), "OK");
  ASSERT_EQ(store_.batches().size(), 3U);
  EXPECT_EQ(store_.batches()[1].changes.size(), kBatchCommandsMax);
}

TEST_F(CommitLoopTest, CommandsSeeTheOnesBeforeThemInTheirBatch) {
  Start();
  HoldBack();
  Submit(Puts(NamespaceOf("ns-1")));
  Answer& second = Submit([](const State& state, const CommandContext& context) {
    EXPECT_NE(state.FindNamespace("ns-1"), nullptr);
    EXPECT_GT(context.revision, 0);
    return absl::StatusOr<Decision>(Decision());
  });
  store_.Open();
  EXPECT_EQ(second.Wait(), "OK");
}

TEST_F(CommitLoopTest, ChangesOfABatchHoldEachKeyOnceAndParentsFirst) {
  Start();
  ASSERT_EQ(Run(Puts(NamespaceOf("ns-1"))), "OK");
  HoldBack();
  Submit(Puts(ServiceOf("srv-1", "ns-1", "first")));
  Submit(Puts(InstanceOf("srv-1", "i-1")));
  Submit(Puts(InstanceOf("srv-1", "i-2")));
  Submit(Puts(ServiceOf("srv-1", "ns-1", "second")));
  Submit([](const State&, const CommandContext&) {
    Decision decision;
    decision.mutation.Delete({RecordKind::kInstance, "srv-1", "i-2"});
    return absl::StatusOr<Decision>(std::move(decision));
  });
  store_.Open();
  EXPECT_EQ(answers_.back().Wait(), "OK");
  // That they lead from one state to the next is checked by the listener.
  const std::vector<Change> changes = store_.batches().back().changes;
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].key().kind, RecordKind::kService);
  EXPECT_EQ(std::get<std::shared_ptr<const ServiceRecord>>(*changes[0].record())->description(),
            "second");
  EXPECT_EQ(loop_->Current()->FindService("srv-1")->instances.size(), 1U);
}

TEST_F(CommitLoopTest, WhatIsPutAgainAfterItWasForgottenStays) {
  OperationRecord operation;
  operation.set_id(OperationId("target", 7));
  operation.set_status(v1::OPERATION_STATUS_SUCCESS);
  Start();
  HoldBack();
  Submit(Puts(operation));
  Submit([operation](const State&, const CommandContext&) {
    Decision decision;
    decision.mutation.Forget({PackedOperation(operation)});
    return absl::StatusOr<Decision>(std::move(decision));
  });
  Submit(Puts(operation));
  store_.Open();
  EXPECT_EQ(answers_.back().Wait(), "OK");
  EXPECT_NE(loop_->Current()->FindOperation(operation.id()), nullptr);
  const auto before = Dump(*loop_->Current());
  loop_->Stop();
  NewLoop();
  Start();
  EXPECT_EQ(Dump(*loop_->Current()), before);
}

TEST_F(CommitLoopTest, ARejectedCommandLeavesTheBatchAndTheStateAlone) {
  Start();
  const auto before = Dump(*loop_->Current());
  const int64_t revision = loop_->Current()->revision();
  const auto reject = [](const State&, const CommandContext&) {
    return absl::StatusOr<Decision>(InvalidInput("no"));
  };
  EXPECT_EQ(Run(reject), "InvalidInput");
  EXPECT_EQ(loop_->Current()->revision(), revision);
  EXPECT_EQ(Dump(*loop_->Current()), before);
  EXPECT_TRUE(store_.batches().empty());
  EXPECT_EQ(listener_.commits(), 0);
  HoldBack();
  Answer& good = Submit(Puts(NamespaceOf("ns-1")));
  Answer& bad = Submit(reject);
  Answer& also_good = Submit(Puts(NamespaceOf("ns-2")));
  store_.Open();
  EXPECT_EQ(good.Wait(), "OK");
  EXPECT_EQ(bad.Wait(), "InvalidInput");
  EXPECT_EQ(also_good.Wait(), "OK");
  EXPECT_EQ(store_.batches().back().changes.size(), 2U);
}

TEST_F(CommitLoopTest, AFailedCommitIsAnsweredSoAndNothingOfItIsVisible) {
  Start();
  ASSERT_EQ(Run(Puts(NamespaceOf("ns-1"))), "OK");
  const auto before = Dump(*loop_->Current());
  store_.Fail(TestStore::Failure::kLost);
  EXPECT_EQ(Run(Puts(NamespaceOf("ns-2"))), "ServiceUnavailable");
  EXPECT_EQ(Dump(*loop_->Current()), before);
  EXPECT_EQ(listener_.commits(), 1);
  store_.Fail(TestStore::Failure::kNone);
  EXPECT_EQ(Run(Puts(NamespaceOf("ns-3"))), "OK");
  EXPECT_EQ(listener_.loads(), 2) << "read anew before the next batch";
  EXPECT_EQ(loop_->Current()->FindNamespace("ns-2"), nullptr);
  EXPECT_NE(loop_->Current()->FindNamespace("ns-1"), nullptr);
  EXPECT_NE(loop_->Current()->FindNamespace("ns-3"), nullptr);
}

TEST_F(CommitLoopTest, ACommitOfUnknownResultIsReadBack) {
  Start();
  store_.Fail(TestStore::Failure::kStoredButUnknown);
  EXPECT_EQ(Run(Puts(NamespaceOf("ns-1"))), "ServiceUnavailable");
  EXPECT_EQ(loop_->Current()->FindNamespace("ns-1"), nullptr);
  store_.Fail(TestStore::Failure::kNone);
  EXPECT_EQ(Run([](const State& state, const CommandContext&) {
              EXPECT_NE(state.FindNamespace("ns-1"), nullptr);
              return absl::StatusOr<Decision>(Decision());
            }),
            "OK");
  EXPECT_NE(loop_->Current()->FindNamespace("ns-1"), nullptr);
}

TEST_F(CommitLoopTest, WhileTheStoreCannotBeReadCommandsFailAndLaterSucceed) {
  Start();
  store_.Fail(TestStore::Failure::kLost);
  EXPECT_EQ(Run(Puts(NamespaceOf("ns-1"))), "ServiceUnavailable");
  store_.FailLoad(true);
  EXPECT_EQ(Run(Puts(NamespaceOf("ns-2"))), "ServiceUnavailable");
  store_.FailLoad(false);
  store_.Fail(TestStore::Failure::kNone);
  EXPECT_EQ(Run(Puts(NamespaceOf("ns-3"))), "OK");
}

TEST_F(CommitLoopTest, AClockSetBackDoesNotShrinkTheRevisionOfAnEmptyStore) {
  Start();
  EXPECT_EQ(loop_->Current()->revision(), 101'571'575'047) << "where clocks stand";
  store_.Fail(TestStore::Failure::kLost);
  EXPECT_EQ(Run(Puts(NamespaceOf("ns-1"))), "ServiceUnavailable");
  store_.Fail(TestStore::Failure::kNone);
  clock_.SetWall(absl::UnixEpoch());
  EXPECT_EQ(Run(Puts(NamespaceOf("ns-1"))), "OK");
  EXPECT_GT(loop_->Current()->revision(), 101'571'575'047);
}

TEST_F(CommitLoopTest, AFullQueueRefusesAtOnce) {
  Start();
  HoldBack();
  for (size_t i = 0; i < kCommandQueueMax; ++i) {
    loop_->Submit([](const State&, const CommandContext&) { return Decision(); },
                  [](const auto& answer) { EXPECT_TRUE(answer.ok()); });
  }
  Answer& refused = Submit(Puts(NamespaceOf("ns-1")));
  EXPECT_TRUE(refused.given());
  EXPECT_EQ(refused.Wait(), "RequestLimitExceeded");
  store_.Open();
  EXPECT_EQ(answers_[0].Wait(), "OK");
  loop_->Stop();
  EXPECT_EQ(loop_->Current()->FindNamespace("ns-1"), nullptr);
}

TEST_F(CommitLoopTest, StopAnswersWhatWasAcceptedAndRefusesTheRest) {
  Start();
  HoldBack();
  for (int i = 0; i < 300; ++i) {
    Submit(Puts(NamespaceOf(absl::StrCat("ns-", i))));
  }
  std::thread stopper([this] { loop_->Stop(); });
  // Stop has begun once a command is refused.
  std::string refusal = "OK";
  for (int i = 0; i < 1'000'000 && refusal == "OK"; ++i) {
    auto answer = std::make_shared<Answer>();
    loop_->Submit([](const State&, const CommandContext&) { return Decision(); },
                  [answer, take = answer->Take()](auto given) mutable { take(std::move(given)); });
    if (answer->given()) {
      refusal = answer->Wait();
    }
  }
  EXPECT_TRUE(refusal == "ServiceUnavailable" || refusal == "RequestLimitExceeded") << refusal;
  store_.Open();
  stopper.join();
  for (Answer& answer : answers_) {
    EXPECT_TRUE(answer.given());
    EXPECT_EQ(answer.Wait(), "OK");
  }
  EXPECT_NE(loop_->Current()->FindNamespace("ns-299"), nullptr);
  EXPECT_EQ(Run(Puts(NamespaceOf("late"))), "ServiceUnavailable");
  loop_->Stop();
}

TEST_F(CommitLoopTest, BeforeStartCommandsAreRefused) {
  EXPECT_EQ(Run(Puts(NamespaceOf("ns-1"))), "ServiceUnavailable");
}

TEST_F(CommitLoopTest, AStoreThatCannotBeReadFailsTheStart) {
  store_.FailLoad(true);
  EXPECT_EQ(loop_->Start().message(), "load fails");
}

TEST_F(CommitLoopTest, WriteHealthFailsUntilTheStoreTakesABatchAgain) {
  Start();
  EXPECT_TRUE(loop_->write_health().ok());
  store_.Fail(TestStore::Failure::kLost);
  EXPECT_NE(Run(Puts(NamespaceOf("ns-1"))), "OK");
  EXPECT_EQ(loop_->write_health().message(), "commit fails");
  // A command that changes nothing is enough to find out.
  EXPECT_NE(Run([](const State&, const CommandContext&) { return Decision(); }), "OK");
  store_.Fail(TestStore::Failure::kNone);
  EXPECT_EQ(Run([](const State&, const CommandContext&) { return Decision(); }), "OK");
  EXPECT_TRUE(loop_->write_health().ok());
}

TEST_F(CommitLoopTest, ARestartBringsBackTheSameStateAndGrowsOn) {
  Start();
  ASSERT_EQ(Run(Puts(NamespaceOf("ns-1"), ServiceOf("srv-1", "ns-1"), InstanceOf("srv-1", "i-1"))),
            "OK");
  const auto before = Dump(*loop_->Current());
  const int64_t revision = loop_->Current()->revision();
  loop_->Stop();
  clock_.SetWall(absl::UnixEpoch());
  NewLoop();
  Start();
  EXPECT_EQ(Dump(*loop_->Current()), before);
  EXPECT_EQ(loop_->Current()->revision(), revision);
  EXPECT_EQ(Run(Puts(NamespaceOf("ns-2"))), "OK");
  EXPECT_EQ(loop_->Current()->revision(), revision + 1);
}

TEST_F(CommitLoopTest, AfterARestartATokenStillMeansTheLatestOperation) {
  Start();
  const int count = 20;
  for (int i = 0; i < count; ++i) {
    OperationRecord operation;
    operation.set_id(absl::StrCat("op-", (i * 7) % count));
    operation.set_type(v1::OPERATION_TYPE_UPDATE_NAMESPACE);
    operation.set_method("UpdateHttpNamespace");
    operation.set_namespace_id("ns-1");
    operation.set_status(v1::OPERATION_STATUS_SUCCESS);
    operation.set_request_token("t");
    operation.set_create_ms(i);
    ASSERT_EQ(Run(Puts(operation)), "OK");
  }
  const std::string key = RequestKey("UpdateHttpNamespace", "ns-1", "t");
  const char* const latest = "op-13";  // (19 * 7) % 20
  EXPECT_EQ(loop_->Current()->FindOperationByRequest(key)->id(), latest);
  loop_->Stop();
  NewLoop();
  Start();
  EXPECT_EQ(loop_->Current()->FindOperationByRequest(key)->id(), latest);
}

TEST_F(CommitLoopTest, ManyThreadsMaySubmitAndReadAtOnce) {
  Start();
  constexpr int kThreads = 4;
  constexpr int kEach = 300;
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      int64_t last = 0;
      for (int i = 0; i < kEach; ++i) {
        loop_->Submit(Puts(NamespaceOf(absl::StrCat("ns-", t, "-", i))), [&](const auto& answer) {
          EXPECT_TRUE(answer.ok());
          ++answered;
        });
        const std::shared_ptr<const State> state = loop_->Current();
        EXPECT_GE(state->revision(), last);
        last = state->revision();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  loop_->Stop();
  EXPECT_EQ(answered, kThreads * kEach);
  EXPECT_EQ(loop_->Current()->namespaces().size(), static_cast<size_t>(kThreads * kEach));
}

// With a store that does not wait, the threads that bring commands commit.
class FlushTest : public CommitLoopTest {
 protected:
  FlushTest() { store_.SetCommitWaits(false); }
};

TEST_F(FlushTest, CommitsWhatWasSubmittedAsOneBatchOnTheCallersThread) {
  Start();
  std::thread::id committer;
  for (int i = 0; i < 3; ++i) {
    loop_->Submit(Puts(NamespaceOf(absl::StrCat("ns-", i))), [&committer](const auto& answer) {
      EXPECT_TRUE(answer.ok());
      committer = std::this_thread::get_id();
    });
  }
  EXPECT_EQ(loop_->Current()->namespaces().size(), 0U);
  loop_->Flush();
  EXPECT_EQ(loop_->Current()->namespaces().size(), 3U);
  EXPECT_EQ(committer, std::this_thread::get_id());
  EXPECT_EQ(store_.batches().size(), 1U);
  loop_->Flush();
  EXPECT_EQ(store_.batches().size(), 1U) << "nothing was left";
}

TEST_F(FlushTest, WhatComesDuringACommitIsCommittedByThatThread) {
  Start();
  store_.Shut();
  Answer& first = Submit(Puts(NamespaceOf("ns-1")));
  std::thread other([this] { loop_->Flush(); });
  store_.AwaitCommits(1);
  Answer& second = Submit(Puts(NamespaceOf("ns-2")));
  loop_->Flush();  // returns although the store is shut
  EXPECT_FALSE(second.given());
  store_.Open();
  EXPECT_EQ(first.Wait(), "OK");
  EXPECT_EQ(second.Wait(), "OK");
  other.join();
}

TEST_F(FlushTest, OneThreadDoesNotWorkForAllForever) {
  Start();
  constexpr int kCommands = 20;
  std::atomic<int> answered = 0;
  absl::Notification all;
  std::thread::id last;
  // Each command brings the next, so that the queue is never empty.
  std::function<void()> submit = [&] {
    loop_->Submit(Puts(NamespaceOf(absl::StrCat("ns-", answered.load()))), [&](const auto& answer) {
      EXPECT_TRUE(answer.ok());
      last = std::this_thread::get_id();
      if (++answered == kCommands) {
        all.Notify();
      } else {
        submit();
      }
    });
  };
  submit();
  loop_->Flush();
  ASSERT_TRUE(all.WaitForNotificationWithTimeout(kPatience)) << answered << " answered";
  EXPECT_NE(last, std::this_thread::get_id());
}

TEST_F(FlushTest, ManyThreadsGetAllTheirAnswers) {
  Start();
  constexpr int kThreads = 4;
  constexpr int kCommands = 2'000;
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kCommands; ++i) {
        loop_->Submit(Puts(NamespaceOf(absl::StrCat("ns-", t, "-", i % 100))),
                      [&answered](const auto& answer) {
                        EXPECT_TRUE(answer.ok());
                        ++answered;
                      });
        if (i % 3 == 0) {
          loop_->Flush();
        }
      }
      loop_->Flush();
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  loop_->Stop();
  EXPECT_EQ(answered, kThreads * kCommands);
  EXPECT_EQ(loop_->Current()->namespaces().size(), kThreads * 100U);
}

TEST_F(FlushTest, StopCommitsWhatNobodyFlushed) {
  Start();
  Answer& answer = Submit(Puts(NamespaceOf("ns-1")));
  loop_->Stop();
  EXPECT_EQ(answer.Wait(), "OK");
  EXPECT_NE(loop_->Current()->FindNamespace("ns-1"), nullptr);
}

TEST_F(FlushTest, AFailedCommitIsReadBackByTheNextThread) {
  Start();
  Answer& good = Submit(Puts(NamespaceOf("ns-1")));
  loop_->Flush();
  EXPECT_EQ(good.Wait(), "OK");
  store_.Fail(TestStore::Failure::kLost);
  Answer& lost = Submit(Puts(NamespaceOf("ns-2")));
  loop_->Flush();
  EXPECT_EQ(lost.Wait(), "ServiceUnavailable");
  store_.Fail(TestStore::Failure::kNone);
  Answer& next = Submit(Puts(NamespaceOf("ns-3")));
  std::thread other([this] { loop_->Flush(); });
  other.join();
  EXPECT_EQ(next.Wait(), "OK");
  EXPECT_EQ(loop_->Current()->FindNamespace("ns-2"), nullptr);
  EXPECT_EQ(loop_->Current()->namespaces().size(), 2U);
}

}  // namespace
}  // namespace cloudmap::registry
