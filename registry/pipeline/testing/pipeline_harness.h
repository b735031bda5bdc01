// Doubles for the tests of the pipeline: a store that can hold back or refuse commits, a listener
// that remembers, and commands that make one thing each.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "gtest/gtest.h"
#include "registry/errors.h"
#include "registry/model/command.h"
#include "registry/pipeline/changes.h"
#include "registry/store/memory_store.h"

namespace cloudmap::registry {

// Long enough for a loaded machine; nothing waits for it when all is well.
inline constexpr absl::Duration kPatience = absl::Seconds(60);

// A memory store whose commits wait while it is shut and fail as told. Thread-safe.
class TestStore final : public Store {
 public:
  enum class Failure { kNone, kLost, kStoredButUnknown };

  absl::StatusOr<Snapshot> Load() override {
    absl::MutexLock lock(&mutex_);
    if (load_fails_) {
      return absl::UnavailableError("load fails");
    }
    return memory_.Load();
  }
  absl::Status Commit(const Batch& batch) override {
    absl::MutexLock lock(&mutex_);
    ++arrived_;
    mutex_.Await(absl::Condition(&open_));
    if (failure_ == Failure::kLost) {
      return absl::UnavailableError("commit fails");
    }
    batches_.push_back(batch);
    const absl::Status committed = memory_.Commit(batch);
    return failure_ == Failure::kNone ? committed : absl::UnavailableError("result unknown");
  }

  // Before the loop starts.
  void SetCommitWaits(bool waits) { commit_waits_ = waits; }
  bool CommitWaits() const override { return commit_waits_; }

  void Shut() {
    absl::MutexLock lock(&mutex_);
    open_ = false;
  }
  void Open() {
    absl::MutexLock lock(&mutex_);
    open_ = true;
  }
  // Until `count` commits in all have come, be they done or waiting.
  void AwaitCommits(int count) {
    absl::MutexLock lock(&mutex_);
    awaited_ = count;
    ASSERT_TRUE(mutex_.AwaitWithTimeout(
        absl::Condition(
            +[](TestStore* store) ABSL_EXCLUSIVE_LOCKS_REQUIRED(store->mutex_) {
              return store->arrived_ >= store->awaited_;
            },
            this),
        kPatience));
  }
  void Fail(Failure failure) {
    absl::MutexLock lock(&mutex_);
    failure_ = failure;
  }
  void FailLoad(bool fails) {
    absl::MutexLock lock(&mutex_);
    load_fails_ = fails;
  }
  std::vector<Batch> batches() {
    absl::MutexLock lock(&mutex_);
    return batches_;
  }

 private:
  bool commit_waits_ = true;
  absl::Mutex mutex_;
  MemoryStore memory_ ABSL_GUARDED_BY(mutex_);
  std::vector<Batch> batches_ ABSL_GUARDED_BY(mutex_);
  Failure failure_ ABSL_GUARDED_BY(mutex_) = Failure::kNone;
  bool load_fails_ ABSL_GUARDED_BY(mutex_) = false;
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
  int arrived_ ABSL_GUARDED_BY(mutex_) = 0;
  int awaited_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Every record of a state, as text by key; equal for equal states.
inline std::map<std::string, std::string> Dump(const State& state) {
  std::map<std::string, std::string> dump;
  state.namespaces().ForEach([&](const std::string& id, const auto& entry) {
    dump["namespace " + id] = absl::StrCat(entry.record->DebugString(), entry.services.size(),
                                           " services, ", entry.instance_count, " instances");
  });
  state.services().ForEach([&](const std::string& id, const auto& entry) {
    dump["service " + id] = absl::StrCat(entry.record->DebugString(), entry.instances_revision);
    entry.instances.ForEach([&](absl::string_view instance_id, const auto& instance) {
      dump[absl::StrCat("instance ", id, "/", instance_id)] = instance.ToRecord().DebugString();
    });
  });
  state.operations().ForEach([&](absl::string_view id, const auto& operation) {
    dump[absl::StrCat("operation ", id)] = operation.ToRecord().DebugString();
  });
  return dump;
}

// Remembers what it was told; checks that `changes` lead from `before` to `after`.
class TestListener final : public ChangeListener {
 public:
  void OnLoad(const State& state) override {
    absl::MutexLock lock(&mutex_);
    ++loads_;
    revision_ = state.revision();
  }
  void OnCommit(const State& before, const State& after,
                const std::vector<Change>& changes) override {
    EXPECT_LT(before.revision(), after.revision()) << "I3";
    EXPECT_EQ(Dump(Apply(before, changes, after.revision())), Dump(after));
    absl::MutexLock lock(&mutex_);
    ++commits_;
    revision_ = after.revision();
  }
  int loads() const {
    absl::MutexLock lock(&mutex_);
    return loads_;
  }
  int commits() const {
    absl::MutexLock lock(&mutex_);
    return commits_;
  }
  int64_t revision() const {
    absl::MutexLock lock(&mutex_);
    return revision_;
  }

 private:
  mutable absl::Mutex mutex_;
  int loads_ ABSL_GUARDED_BY(mutex_) = 0;
  int commits_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t revision_ ABSL_GUARDED_BY(mutex_) = 0;
};

// A place for one answer. Outlives the command.
class Answer {
 public:
  Done Take() {
    return [this](absl::StatusOr<std::unique_ptr<google::protobuf::Message>> answer) {
      status_ = answer.status();
      answered_.Notify();
    };
  }
  bool given() const { return answered_.HasBeenNotified(); }
  // "OK" or the error's type.
  std::string Wait() {
    if (!answered_.WaitForNotificationWithTimeout(kPatience)) {
      return "no answer";
    }
    return status_.ok() ? "OK" : DetailOf(status_).type();
  }

 private:
  absl::Status status_;
  absl::Notification answered_;
};

// A command that puts `records`.
template <typename... Records>
Decider Puts(Records... records) {
  return [records...](const State&, const CommandContext&) -> absl::StatusOr<Decision> {
    Decision decision;
    (decision.mutation.Put(records), ...);
    return decision;
  };
}

inline NamespaceRecord NamespaceOf(const std::string& id, const std::string& description = "") {
  NamespaceRecord record;
  record.set_id(id);
  record.set_name(id);
  record.set_http_name(id);
  record.set_type(v1::NAMESPACE_TYPE_HTTP);
  record.set_description(description);
  return record;
}
inline ServiceRecord ServiceOf(const std::string& id, const std::string& in,
                               const std::string& description = "") {
  ServiceRecord record;
  record.set_id(id);
  record.set_namespace_id(in);
  record.set_name(id);
  record.set_description(description);
  return record;
}
inline InstanceRecord InstanceOf(const std::string& service, const std::string& id) {
  InstanceRecord record;
  record.set_service_id(service);
  record.set_id(id);
  return record;
}

}  // namespace cloudmap::registry
