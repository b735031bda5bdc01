// Mutation: what one command, or a batch of them, changes. Apply() is the only way a new State
// comes to be (I2).
#pragma once

#include <utility>
#include <vector>

#include "registry/model/record.h"
#include "registry/model/state.h"

namespace cloudmap::registry {

class Mutation {
 public:
  template <typename Record>
  void Put(Record record) {
    RecordPtr pointer(std::make_shared<const Record>(std::move(record)));
    RecordKey key = KeyOf(pointer);
    changes_.push_back({std::move(key), std::move(pointer)});
  }
  void Delete(RecordKey key) { changes_.push_back({std::move(key), std::nullopt}); }

  const std::vector<Change>& changes() const { return changes_; }
  std::vector<Change> TakeChanges() && { return std::move(changes_); }

 private:
  std::vector<Change> changes_;
};

// `state` with `changes` made in order, at `revision` (I3: REQUIRES revision >= state's). A state
// that is moved in is changed in place, where no other shares it.
State Apply(State state, const std::vector<Change>& changes, int64_t revision);

}  // namespace cloudmap::registry
