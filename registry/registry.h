// The registry's front door: submit commands, read snapshots, listen to changes.
//
//   Registry registry(options, std::move(store), timers, random);
//   registry.AddListener(&publisher);
//   RETURN_IF_ERROR(registry.Start());
//   registry.Submit([](const State& state, const CommandContext& context) { ... }, done);
//   registry.Flush();
//
// Thread safety: Submit, Flush, CheckWrites and Current from any thread; the rest before Start.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "registry/base/random.h"
#include "registry/base/timers.h"
#include "registry/model/command.h"
#include "registry/model/state.h"
#include "registry/options.h"
#include "registry/pipeline/changes.h"
#include "registry/store/store.h"

namespace cloudmap::registry {

class CommitLoop;
class DeadlineKeeper;

class Registry {
 public:
  // `timers`, whose clock tells the registry the time, and `random` must outlive the registry.
  Registry(RegistryOptions options, std::unique_ptr<Store> store, Timers& timers, Random& random);
  ~Registry();

  void AddListener(ChangeListener* listener);

  // Loads the store, tells the listeners and starts the commit thread. Errors are the store's.
  absl::Status Start();

  // Stops accepting commands, commits and answers those accepted, joins the threads. Idempotent.
  void Stop();

  // Takes a command, which is decided, committed and published before `done` is called (I1), on the
  // thread that commits, so `done` must not block. When the queue is full or the registry has
  // stopped, `done` is called at once with the error.
  void Submit(Decider decide, Done done);

  // To be called after one or more Submits, when the thread has no more to submit for now: commits
  // what waits, unless another thread does.
  void Flush();

  // OK, or why the store did not take the last change. While it is not OK, each call also lets the
  // store be tried, so that whoever asks again learns that it works although nobody writes.
  absl::Status CheckWrites();

  // The newest committed state. A caller that has been answered sees its own write.
  std::shared_ptr<const State> Current() const;

  const RegistryOptions& options() const { return options_; }
  Random& random() { return random_; }

 private:
  const RegistryOptions options_;
  Random& random_;
  const std::unique_ptr<Store> store_;
  const std::unique_ptr<CommitLoop> commit_loop_;
  const std::unique_ptr<DeadlineKeeper> deadline_keeper_;
  std::atomic<bool> trying_store_{false};
};

}  // namespace cloudmap::registry
