// Mutation: what one command, or a batch of them, changes. Apply() is the only way a new State
// comes to be (I2).
#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include "registry/model/record.h"
#include "registry/model/state.h"

namespace cloudmap::registry {

class Mutation {
 public:
  // A record as a message or packed.
  template <typename Record>
  void Put(Record record) {
    if constexpr (std::is_convertible_v<Record, RecordPtr>) {
      Add(Change::Put(std::move(record)));
    } else {
      Add(Change::Put(ToRecordPtr(std::move(record))));
    }
  }
  void Delete(RecordKey key) { Add(Change::Delete(std::move(key))); }
  void Forget(PackedOperations operations) { Add(Change::Forget(std::move(operations))); }

  const std::vector<Change>& changes() const { return changes_; }
  std::vector<Change> TakeChanges() && { return std::move(changes_); }

 private:
  void Add(Change change) {
    if (changes_.empty()) {
      changes_.reserve(kUsual);
    }
    changes_.push_back(std::move(change));
  }

  static constexpr size_t kUsual = 4;  // the instance, its service's revision, the operation

  std::vector<Change> changes_;
};

// `state` with `changes` made in order, at `revision` (I3: REQUIRES revision >= state's). A state
// that is moved in is changed in place, where no other shares it.
State Apply(State state, const std::vector<Change>& changes, int64_t revision);

}  // namespace cloudmap::registry
