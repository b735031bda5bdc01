// The one writer: drains the queue, decides each command on the batch's tentative state, commits
// the batch once, publishes, answers. No timer: a batch is whatever came during the last commit, or
// what one thread had read at once, so an idle server adds no latency.
//
// Where the store waits for a disk or a network, a thread of the loop's own commits. Where it does
// not, the threads that bring commands do so in turn, which saves two changes of thread a command.
//
// Guards I1 (answered after durable and visible), I2 (only the thread whose turn it is makes and
// publishes a State) and I3 (revisions grow, never ahead of the store).
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "registry/base/clock.h"
#include "registry/base/published.h"
#include "registry/base/random.h"
#include "registry/model/command.h"
#include "registry/model/state.h"
#include "registry/options.h"
#include "registry/pipeline/changes.h"
#include "registry/store/store.h"

namespace cloudmap::registry {

class CommitLoop {
 public:
  // All references must outlive the loop.
  CommitLoop(const RegistryOptions& options, Store& store, const Clock& clock, Random& random);
  ~CommitLoop();

  // Before Start.
  void AddListener(ChangeListener* listener);

  // Loads the store, tells the listeners, starts the thread. Errors are the store's.
  absl::Status Start();

  // Commits and answers what was accepted, refuses the rest, joins. Idempotent.
  void Stop();

  // Thread-safe. A refused command's `done` is called before this returns; one that was taken waits
  // for Flush where the store does not wait.
  void Submit(Decider decide, Done done);

  // Commits what was submitted, unless another thread is at it and will. Thread-safe, cheap when
  // there is nothing to do. Not to be called from a `done`.
  void Flush();

  // OK, or why the store did not take the last batch. While it is not OK, every batch is committed,
  // even one that changes nothing, so that any command finds out whether the store works again.
  // Thread-safe.
  absl::Status write_health() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Thread-safe.
  std::shared_ptr<const State> Current() const { return published_.Get(); }

 private:
  struct Pending {
    Decider decide;
    Done done;
  };
  // A decided command that waits for its batch.
  struct Decided {
    Done done;
    absl::StatusOr<std::unique_ptr<google::protobuf::Message>> answer;
    std::string warning;
  };

  void Run();
  bool IsThreadsTurn() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // REQUIRES: no other thread's turn.
  void CommitQueued() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CommitBatch(std::vector<Pending> batch);
  // The state after the batch, and its changes, the last per key.
  std::vector<Decided> DecideAll(std::vector<Pending>& batch, State& tentative,
                                 std::vector<Change>& changes);
  absl::Status Reload();
  void Publish(std::shared_ptr<const State> state);
  void SetWriteHealth(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);

  const RegistryOptions& options_;
  Store& store_;
  const Clock& clock_;
  Random& random_;
  std::vector<ChangeListener*> listeners_;

  // Of the thread whose turn it is.
  std::thread::id committer_;
  std::shared_ptr<const State> state_;
  bool stale_ = false;          // a commit failed; reload before the next
  bool writes_failed_ = false;  // write_health_ is not OK
  Published<State> published_;
  std::thread thread_;

  mutable absl::Mutex mutex_;
  absl::Status write_health_ ABSL_GUARDED_BY(mutex_);
  absl::CondVar thread_needed_;
  std::deque<Pending> queue_ ABSL_GUARDED_BY(mutex_);
  bool committing_ ABSL_GUARDED_BY(mutex_) = false;  // it is some thread's turn
  bool left_to_thread_ ABSL_GUARDED_BY(mutex_) = false;
  bool accepting_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cloudmap::registry
