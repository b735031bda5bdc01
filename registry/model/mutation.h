// Mutation: what one command changes, and Apply(), the only way in which a new State comes to be
// (I2).
//
//   Mutation mutation;
//   mutation.Put(std::move(service_record));          // adds it, or replaces the one of its key
//   mutation.Delete({RecordKind::kInstance, service_id, instance_id});
//   State next = Apply(state, mutation.changes(), state.revision() + 1);
//
// Not thread-safe: a mutation is made and read by one thread.
#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include "registry/model/record.h"
#include "registry/model/state.h"

namespace cloudmap::registry {

class Mutation {
 public:
  // Writes a record, given as its message or packed.
  template <typename Record>
  void Put(Record record) {
    if constexpr (std::is_convertible_v<Record, RecordPtr>) {
      Add(Change::Put(std::move(record)));
    } else {
      Add(Change::Put(ToRecordPtr(std::move(record))));
    }
  }
  // Deletes a record; nothing happens when there is none of this key.
  void Delete(RecordKey key) { Add(Change::Delete(std::move(key))); }
  // Deletes the oldest operations; see Change::Forget.
  void Forget(PackedOperations operations) { Add(Change::Forget(std::move(operations))); }

  // The changes in the order in which they were made, which is the order of Apply.
  const std::vector<Change>& changes() const { return changes_; }
  std::vector<Change> TakeChanges() && { return std::move(changes_); }

 private:
  void Add(Change change) {
    if (changes_.empty()) {
      changes_.reserve(kUsual);
    }
    changes_.push_back(std::move(change));
  }

  // Room for the changes of most commands: an instance, its service's revision, the operation.
  static constexpr size_t kUsual = 4;

  std::vector<Change> changes_;
};

// `state` with `changes` made in order, at `revision`. A state that is moved in is changed in
// place, where no other shares its nodes; one that is copied in costs the nodes on the way to each
// change.
//
// REQUIRES: revision >= state.revision() (I3); an instance's service and a service's namespace
// exist when it is put; what is forgotten are the oldest operations. Broken, these are bugs and end
// the process.
State Apply(State state, const std::vector<Change>& changes, int64_t revision);

}  // namespace cloudmap::registry
