#include "registry/liveness/deadline_keeper.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "registry/decide/due.h"
#include "registry/limits.h"

namespace cloudmap::registry {
namespace {

absl::StatusOr<Decision> Decide(const RecordKey& key, const State& state,
                                const CommandContext& context) {
  return key.kind == RecordKind::kOperation
             ? CompleteOperation(state, context, key.id)
             : ApplyPendingHealth(state, context, key.id, key.instance_id);
}

}  // namespace

DeadlineKeeper::DeadlineKeeper(Timers& timers, SubmitFunction submit, FlushFunction flush)
    : clock_(timers.clock()),
      submit_(std::move(submit)),
      flush_(std::move(flush)),
      alarm_(timers, [this] { OnAlarm(); }) {}

DeadlineKeeper::~DeadlineKeeper() { Stop(); }

void DeadlineKeeper::Start() {
  const absl::MutexLock lock(&mutex_);
  running_ = true;
  Arm();
}

void DeadlineKeeper::Stop() {
  {
    const absl::MutexLock lock(&mutex_);
    running_ = false;
  }
  alarm_.Cancel();
}

void DeadlineKeeper::OnLoad(const State& state) {
  const absl::MutexLock lock(&mutex_);
  deadlines_.Clear();
  state.operations().ForEach([this](absl::string_view, const auto& operation)
                                 ABSL_NO_THREAD_SAFETY_ANALYSIS { Watch(operation); });
  state.services().ForEach([this](const std::string&, const ServiceEntry& service) {
    service.instances.ForEach([this](absl::string_view, const auto& instance)
                                  ABSL_NO_THREAD_SAFETY_ANALYSIS { Watch(instance); });
  });
  pruner_.OnLoad(state, clock_.Now());
  Arm();
}

void DeadlineKeeper::OnCommit(const State&, const State& after,
                              const std::vector<Change>& changes) {
  const absl::MutexLock lock(&mutex_);
  bool forgot = false;
  for (const Change& change : changes) {
    forgot = Follow(change) || forgot;
  }
  pruner_.OnCommit(after, forgot, clock_.Now());
  Arm();
}

bool DeadlineKeeper::Follow(const Change& change) {
  if (change.forgotten() != nullptr) {
    return true;  // None of them is pending.
  }
  if (const RecordPtr* record = change.record()) {
    if (const auto* operation = std::get_if<PackedOperation>(record)) {
      Watch(*operation);
    } else if (const auto* instance = std::get_if<PackedInstance>(record)) {
      Watch(*instance);
    }
    return false;
  }
  if (!deadlines_.empty()) {
    deadlines_.Cancel(change.key());
  }
  return change.key().kind == RecordKind::kOperation;
}

void DeadlineKeeper::Watch(const PackedOperation& operation) {
  if (operation.is_pending()) {
    deadlines_.Put({RecordKind::kOperation, std::string(operation.id()), ""},
                   absl::FromUnixMillis(operation.due_ms()));
  } else if (!deadlines_.empty()) {
    deadlines_.Cancel(RecordKeyView{RecordKind::kOperation, operation.id(), ""});
  }
}

void DeadlineKeeper::Watch(const PackedInstance& instance) {
  if (instance.pending_health() != v1::HEALTH_STATUS_UNSPECIFIED) {
    deadlines_.Put(
        {RecordKind::kInstance, std::string(instance.service_id()), std::string(instance.id())},
        absl::FromUnixMillis(instance.pending_health_due_ms()));
  } else if (!deadlines_.empty()) {
    deadlines_.Cancel(RecordKeyView{RecordKind::kInstance, instance.service_id(), instance.id()});
  }
}

absl::Time DeadlineKeeper::FirstDue() const {
  // Half, so that answers that come one by one do not ring the alarm one by one.
  const bool has_room = on_their_way_ <= kDueCommandsMax / 2;
  const absl::Time never = absl::InfiniteFuture();
  return std::min(has_room ? deadlines_.Next().value_or(never) : never, pruner_.due());
}

void DeadlineKeeper::Arm() {
  const absl::Time first = FirstDue();
  if (!running_ || first >= armed_for_) {
    return;
  }
  armed_for_ = first;
  const absl::Duration wait = std::min(first - clock_.Now(), kWallClockLookInterval);
  alarm_.Set(std::max(clock_.Monotonic() + wait, not_before_));
}

void DeadlineKeeper::OnAlarm() {
  std::vector<Due> due;
  bool prune = false;
  {
    const absl::MutexLock lock(&mutex_);
    armed_for_ = absl::InfiniteFuture();
    if (running_ && clock_.Monotonic() >= not_before_) {
      const absl::Time now = clock_.Now();
      due = TakeDue(now);
      prune = pruner_.due() <= now;
      if (prune) {
        pruner_.OnSubmitted();
      }
    }
    Arm();
  }
  for (const Due& one : due) {
    Submit(one);
  }
  if (prune) {
    SubmitPrune();
  }
  if (prune || !due.empty()) {
    flush_();
  }
}

std::vector<DeadlineKeeper::Due> DeadlineKeeper::TakeDue(absl::Time now) {
  std::vector<Due> taken;
  while (on_their_way_ < kDueCommandsMax) {
    const std::optional<absl::Time> at = deadlines_.Next();
    std::optional<Key> key = deadlines_.PopDue(now);
    if (!key.has_value()) {
      break;
    }
    deadlines_.Put(*key, absl::InfiniteFuture());
    ++on_their_way_;
    taken.push_back({*std::move(key), *at});
  }
  return taken;
}

void DeadlineKeeper::Submit(const Due& due) {
  submit_([key = due.key](const State& state,
                          const CommandContext& context) { return Decide(key, state, context); },
          [this, due](const auto& answer) { OnAnswer(due, answer.ok()); });
}

void DeadlineKeeper::SubmitPrune() {
  submit_(PruneOperations, [this](const auto& answer) { OnPruneAnswer(answer.ok()); });
}

void DeadlineKeeper::OnAnswer(const Due& due, bool ok) {
  const absl::MutexLock lock(&mutex_);
  --on_their_way_;
  // A commit that did what was due has cancelled it, or does so in a moment; one that changed the
  // deadline has set another. What is still here is tried again.
  if (deadlines_.Find(due.key) == absl::InfiniteFuture()) {
    deadlines_.Put(due.key, ok ? clock_.Now() + kDueRetryDelay : due.at);
  }
  if (!ok) {
    OnRefused();
  }
  Arm();
}

void DeadlineKeeper::OnPruneAnswer(bool ok) {
  const absl::MutexLock lock(&mutex_);
  pruner_.OnAnswered(ok, clock_.Now());
  if (!ok) {
    OnRefused();
  }
  Arm();
}

void DeadlineKeeper::OnRefused() { not_before_ = clock_.Monotonic() + kDueRetryDelay; }

}  // namespace cloudmap::registry
