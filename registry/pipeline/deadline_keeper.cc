#include "registry/pipeline/deadline_keeper.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "registry/decide/decide.h"
#include "registry/decide/operation.h"
#include "registry/limits.h"

namespace cloudmap::registry {
namespace {

// After a command of ours was refused: the queue was full or the store failed.
constexpr absl::Duration kRetryDelay = absl::Seconds(1);

// Operations expire one by one; they are forgotten together. Without this slack a full registry
// would pay for one more commit with every registration.
constexpr absl::Duration kExpirySlack = absl::Seconds(1);
constexpr size_t kOperationsSlack = kPruneBatchMax;
// After nothing could be forgotten: the oldest are pending still, or the clock was set back.
constexpr absl::Duration kEmptyPruneDelay = absl::Minutes(1);

}  // namespace

DeadlineKeeper::DeadlineKeeper(const Clock& clock, SubmitFunction submit, FlushFunction flush)
    : clock_(clock), submit_(std::move(submit)), flush_(std::move(flush)) {}

DeadlineKeeper::~DeadlineKeeper() { Stop(); }

void DeadlineKeeper::Start() {
  thread_ = std::thread([this] { Run(); });
}

void DeadlineKeeper::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.Signal();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void DeadlineKeeper::Watch(const PackedOperation& operation) {
  if (operation.is_pending()) {
    deadlines_.push({operation.due_ms(), std::string(operation.id()), ""});
  }
}

void DeadlineKeeper::Watch(const PackedInstance& instance) {
  if (instance.pending_health() != v1::HEALTH_STATUS_UNSPECIFIED) {
    deadlines_.push({instance.pending_health_due_ms(), std::string(instance.service_id()),
                     std::string(instance.id())});
  }
}

void DeadlineKeeper::WatchOldest(const State& state) {
  if (prune_on_its_way_ != 0) {
    return;
  }
  if (CountFinished(state) > kOperationsMax + kOperationsSlack) {
    prune_at_ = absl::InfinitePast();
    return;
  }
  if (prune_at_ != absl::InfiniteFuture()) {
    return;
  }
  // The first is the oldest unless it has been pending for long, or the clock was ahead then.
  const int64_t now_ms = absl::ToUnixMillis(clock_.Now());
  size_t seen = 0;
  absl::Time oldest = absl::InfiniteFuture();
  state.operations().ScanFrom(0, [&](uint64_t, absl::string_view, const auto& operation) {
    const int64_t finished_ms = std::max(operation.update_ms(), operation.due_ms());
    oldest = std::min(oldest, absl::FromUnixMillis(finished_ms));
    return (operation.is_pending() || finished_ms > now_ms) && ++seen < kPruneBatchMax;
  });
  prune_at_ = oldest + kOperationRetention + kExpirySlack;
}

void DeadlineKeeper::OnLoad(const State& state) {
  absl::MutexLock lock(&mutex_);
  ++loads_;
  deadlines_ = {};
  state.operations().ForEach([this](absl::string_view, const auto& operation)
                                 ABSL_NO_THREAD_SAFETY_ANALYSIS { Watch(operation); });
  prune_at_ = absl::InfiniteFuture();
  prune_on_its_way_ = 0;
  WatchOldest(state);
  state.services().ForEach([this](const std::string&, const ServiceEntry& service) {
    service.instances.ForEach([this](absl::string_view, const auto& instance)
                                  ABSL_NO_THREAD_SAFETY_ANALYSIS { Watch(instance); });
  });
  changed_.Signal();
}

void DeadlineKeeper::OnCommit(const State&, const State& after,
                              const std::vector<Change>& changes) {
  absl::MutexLock lock(&mutex_);
  const absl::Time wake = NextWake();
  for (const Change& change : changes) {
    const RecordPtr* record = change.record();
    if (record == nullptr) {
      // Nothing else deletes operations.
      const bool pruned =
          change.forgotten() != nullptr || change.key().kind == RecordKind::kOperation;
      prune_on_its_way_ = pruned ? 0 : prune_on_its_way_;
    } else if (const auto* operation = std::get_if<PackedOperation>(record)) {
      Watch(*operation);
    } else if (const auto* instance = std::get_if<PackedInstance>(record)) {
      Watch(*instance);
    }
  }
  WatchOldest(after);
  if (NextWake() < wake) {
    changed_.Signal();
  }
}

absl::Time DeadlineKeeper::NextWake() const {
  absl::Time wake = absl::InfiniteFuture();
  if (!deadlines_.empty()) {
    wake = absl::FromUnixMillis(deadlines_.top().due_ms);
  }
  return std::max(std::min(wake, prune_at_), not_before_);
}

void DeadlineKeeper::Run() {
  while (true) {
    std::vector<Deadline> due;
    int64_t prune = 0;
    bool flush = false;
    int64_t loads = 0;
    {
      absl::MutexLock lock(&mutex_);
      while (!stopping_ && NextWake() > clock_.Now()) {
        changed_.WaitWithTimeout(&mutex_, std::min(NextWake() - clock_.Now(), absl::Hours(1)));
      }
      if (stopping_) {
        return;
      }
      loads = loads_;
      const absl::Time now = clock_.Now();
      while (!deadlines_.empty() && absl::FromUnixMillis(deadlines_.top().due_ms) <= now) {
        due.push_back(deadlines_.top());
        deadlines_.pop();
      }
      flush = !due.empty();
      if (prune_at_ <= now) {
        // Too many are there only because more and more come, and with them it will be flushed.
        flush = flush || prune_at_ != absl::InfinitePast();
        prune_at_ = absl::InfiniteFuture();
        prune_on_its_way_ = prune = ++prunes_;
      }
    }
    for (const Deadline& deadline : due) {
      SubmitDeadline(deadline, loads);
    }
    if (prune != 0) {
      SubmitPrune(prune, loads);
    }
    if (flush) {
      flush_();
    }
  }
}

bool DeadlineKeeper::Postpone(int64_t loads) {
  not_before_ = clock_.Now() + kRetryDelay;
  changed_.Signal();
  return loads == loads_;
}

void DeadlineKeeper::SubmitDeadline(const Deadline& deadline, int64_t loads) {
  Decider decide = [deadline](const State& state, const CommandContext& context) {
    return deadline.instance_id.empty()
               ? CompleteOperation(state, context, deadline.id)
               : ApplyPendingHealth(state, context, deadline.id, deadline.instance_id);
  };
  submit_(std::move(decide), [this, deadline, loads](const auto& answer) {
    if (!answer.ok()) {
      absl::MutexLock lock(&mutex_);
      if (Postpone(loads)) {
        deadlines_.push(deadline);
      }
    }
  });
}

void DeadlineKeeper::SubmitPrune(int64_t number, int64_t loads) {
  submit_(PruneOperations, [this, number, loads](const auto& answer) {
    absl::MutexLock lock(&mutex_);
    const bool again = !answer.ok() && Postpone(loads);
    if (prune_on_its_way_ != number) {
      return;  // OnCommit or OnLoad has looked for what comes next
    }
    prune_on_its_way_ = 0;
    prune_at_ = again ? not_before_ : clock_.Now() + kEmptyPruneDelay;
    changed_.Signal();
  });
}

}  // namespace cloudmap::registry
