// Decides when finished operations are to be forgotten. Which ones, and how many at a time, is
// PruneOperations' decision (registry/decide/due.h).
//
//   OperationPruner pruner;
//   pruner.OnLoad(state, now);
//   ...
//   if (pruner.due() <= now) {
//     pruner.OnSubmitted();
//     submit(PruneOperations, [&](const auto& answer) { pruner.OnAnswered(answer.ok(),
//     clock.Now()); });
//   }
//
// Finished operations go when they are kOperationRetention old, together with those that follow
// within kExpirySlack, and as soon as kOperationsSlack more than kOperationsMax are kept: with the
// slacks, a full registry pays for one command to forget in some hundreds of registrations, not
// for one in each.
//
// All times are of the wall clock, which the operations carry. When it is set forward, operations
// are forgotten that much earlier; when it is set back, later, but never more than kOperationsMax
// are kept. An old operation is not worth more care than that.
//
// A pure value: it knows no clock, no thread and no lock.
#pragma once

#include "absl/time/time.h"
#include "registry/model/state.h"

namespace cloudmap::registry {

class OperationPruner {
 public:
  // Starts over with `state`. A command that is on its way stays so.
  void OnLoad(const State& state, absl::Time now);
  // After a batch that led to `after`. `forgot`: it deleted operations, as only pruning does.
  // Costs next to nothing unless something has to be looked for.
  void OnCommit(const State& after, bool forgot, absl::Time now);

  // When to submit PruneOperations next: the infinite past for at once, the infinite future when
  // there is nothing to forget or the command is on its way.
  absl::Time due() const { return on_its_way_ ? absl::InfiniteFuture() : due_; }

  // The command was submitted.
  void OnSubmitted() { on_its_way_ = true; }
  // The command was answered: `made` when it was decided and committed, even if it found nothing.
  void OnAnswered(bool made, absl::Time now);

 private:
  bool on_its_way_ = false;
  absl::Time due_ = absl::InfiniteFuture();
};

}  // namespace cloudmap::registry
