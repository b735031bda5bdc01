// Turns due deadlines into commands (I6): operations that complete, custom health that takes
// effect, finished operations that are forgotten. It learns of them by listening to commits and
// submits their commands as everybody else does; it never changes anything itself.
//
//   DeadlineKeeper keeper(timers, submit, flush);
//   loop.AddListener(&keeper);
//   ...
//   keeper.Start();
//
// A deadline is a state, not an event: it stays until a commit has removed what it is about. While
// its command is on its way it is not submitted again; when the command was refused, because the
// queue was full or the store failed, all commands of the keeper wait for kDueRetryDelay. At most
// kDueCommandsMax are on their way at a time.
//
// Which clock counts: an operation's due time, a pending health's due time and the age of
// operations are times of the wall clock, since they are stored and outlive the machine's uptime. A
// wall clock that is set forward makes them due at once, which is noticed within
// kWallClockLookInterval; one that is set back puts them off by as much. What only this process
// knows, like the delay after a refused command, runs on the monotonic clock, which is never set.
//
// Thread safety: OnLoad and OnCommit on the thread that commits; `submit` is called on the thread
// of `timers`, with no lock held; Start and Stop by the owner.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "registry/base/clock.h"
#include "registry/base/deadline_queue.h"
#include "registry/base/timers.h"
#include "registry/liveness/operation_pruner.h"
#include "registry/model/command.h"
#include "registry/model/record.h"
#include "registry/pipeline/changes.h"

namespace cloudmap::registry {

class DeadlineKeeper final : public ChangeListener {
 public:
  using SubmitFunction = absl::AnyInvocable<void(Decider, Done)>;
  using FlushFunction = absl::AnyInvocable<void()>;

  // `timers` must outlive the keeper. After one or more `submit` comes `flush`.
  DeadlineKeeper(Timers& timers, SubmitFunction submit, FlushFunction flush);
  // Stops. REQUIRES: every command that it submitted has been answered.
  ~DeadlineKeeper() override;

  // Nothing is submitted before, nor after Stop, which is idempotent.
  void Start();
  void Stop();

  void OnLoad(const State& state) override;
  void OnCommit(const State& before, const State& after,
                const std::vector<Change>& changes) override;

 private:
  // The operation that completes, or the instance whose pending health takes effect.
  using Key = RecordKey;
  struct Due {
    Key key;
    absl::Time at;
  };

  void Watch(const PackedOperation& operation) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Watch(const PackedInstance& instance) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // True when the change deleted operations.
  bool Follow(const Change& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // When there is something to submit; never while too much is on its way.
  absl::Time FirstDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Sees to it that the alarm rings for what is due first.
  void Arm() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnAlarm() ABSL_LOCKS_EXCLUDED(mutex_);
  // Marks what is due at `now` as on its way.
  std::vector<Due> TakeDue(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void Submit(const Due& due) ABSL_LOCKS_EXCLUDED(mutex_);
  void SubmitPrune() ABSL_LOCKS_EXCLUDED(mutex_);
  void OnAnswer(const Due& due, bool ok) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnPruneAnswer(bool ok) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnRefused() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  SubmitFunction submit_;
  FlushFunction flush_;

  absl::Mutex mutex_;
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
  // An infinite deadline is one whose command is on its way.
  DeadlineQueue<Key, absl::Time, RecordKeyHash, RecordKeyEqual> deadlines_ ABSL_GUARDED_BY(mutex_);
  size_t on_their_way_ ABSL_GUARDED_BY(mutex_) = 0;
  OperationPruner pruner_ ABSL_GUARDED_BY(mutex_);
  // Nothing is submitted before: a command of ours was refused.
  MonotonicTime not_before_ ABSL_GUARDED_BY(mutex_);
  // What the alarm was set for. It may ring before, never after.
  absl::Time armed_for_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  Alarm alarm_;
};

}  // namespace cloudmap::registry
