// Turns due deadlines into commands (I6): operations that complete, custom health that takes
// effect, finished operations that are forgotten. It knows of them by listening to commits.
#pragma once

#include <cstdint>
#include <queue>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "registry/base/clock.h"
#include "registry/model/command.h"
#include "registry/pipeline/changes.h"

namespace cloudmap::registry {

class DeadlineKeeper final : public ChangeListener {
 public:
  using SubmitFunction = absl::AnyInvocable<void(Decider, Done)>;
  using FlushFunction = absl::AnyInvocable<void()>;

  // `clock` must outlive it. After `submit` comes `flush`, except for what can wait until others do
  // so.
  DeadlineKeeper(const Clock& clock, SubmitFunction submit, FlushFunction flush);
  ~DeadlineKeeper() override;

  void Start();
  // Joins; nothing is submitted afterwards. Idempotent.
  void Stop();

  // On the thread that commits.
  void OnLoad(const State& state) override;
  void OnCommit(const State& before, const State& after,
                const std::vector<Change>& changes) override;

 private:
  struct Deadline {
    int64_t due_ms = 0;
    // Of the operation, or of an instance's pending health when `instance_id` is set.
    std::string id;
    std::string instance_id;
    bool operator<(const Deadline& other) const { return due_ms > other.due_ms; }
  };

  void Run();
  void Watch(const PackedOperation& operation) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Watch(const PackedInstance& instance) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // When the oldest operations of `state` must go.
  void WatchOldest(const State& state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Time NextWake() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // `loads`: loads_ when what is submitted was taken out.
  void SubmitDeadline(const Deadline& deadline, int64_t loads);
  void SubmitPrune(int64_t number, int64_t loads);
  // After a refused command: waits before the next; whether what it was about must be put back.
  bool Postpone(int64_t loads) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  SubmitFunction submit_;
  FlushFunction flush_;
  std::thread thread_;

  absl::Mutex mutex_;
  absl::CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Each load brings back all that is still to do.
  int64_t loads_ ABSL_GUARDED_BY(mutex_) = 0;
  // Nothing is submitted before: a command of ours was refused.
  absl::Time not_before_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::priority_queue<Deadline> deadlines_ ABSL_GUARDED_BY(mutex_);
  // When operations are to be forgotten: the infinite past when there are too many, the infinite
  // future when there are none or the command to forget them is on its way.
  absl::Time prune_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  int64_t prunes_ ABSL_GUARDED_BY(mutex_) = 0;            // such commands so far
  int64_t prune_on_its_way_ ABSL_GUARDED_BY(mutex_) = 0;  // its number; 0 for none
};

}  // namespace cloudmap::registry
