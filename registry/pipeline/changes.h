// What listeners are told of committed batches. The registry owns the interface and never learns
// who listens.
#pragma once

#include <vector>

#include "registry/model/record.h"
#include "registry/model/state.h"

namespace cloudmap::registry {

class ChangeListener {
 public:
  virtual ~ChangeListener() = default;

  // The state that was loaded: before the first command is accepted, and again on the
  // committing thread after a commit failed and the store was read anew.
  virtual void OnLoad(const State& state) = 0;

  // After each durable batch and before its callers are answered (I1), on the thread that committed
  // it; one call at a time. `changes` lead from `before` to `after`, in order; a key is put or
  // deleted by at most one of them, unless it was forgotten in between.
  virtual void OnCommit(const State& before, const State& after,
                        const std::vector<Change>& changes) = 0;
};

}  // namespace cloudmap::registry
