#include "registry/pipeline/deadline_keeper.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "registry/limits.h"
#include "registry/rules/decide.h"
#include "registry/rules/operation.h"

namespace cloudmap::registry {
namespace {

// After a command of ours was refused: the queue was full or the store failed.
constexpr absl::Duration kRetryDelay = absl::Seconds(1);

// Operations expire one by one; they are forgotten together. Without this slack a full registry
// would pay for one more commit with every registration.
constexpr absl::Duration kExpirySlack = absl::Seconds(1);
constexpr size_t kOperationsSlack = kPruneBatchMax;

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

void DeadlineKeeper::Watch(const OperationRecord& operation) {
  if (operation.status() == v1::OPERATION_STATUS_PENDING) {
    deadlines_.push({operation.due_ms(), operation.id(), ""});
  } else {
    finished_.push_back({operation.update_ms(), operation.id()});
  }
}

void DeadlineKeeper::Watch(const InstanceRecord& instance) {
  if (instance.pending_health() != v1::HEALTH_STATUS_UNSPECIFIED) {
    deadlines_.push({instance.pending_health_due_ms(), instance.service_id(), instance.id()});
  }
}

void DeadlineKeeper::OnLoad(const State& state) {
  absl::MutexLock lock(&mutex_);
  ++loads_;
  deadlines_ = {};
  finished_.clear();
  state.operations().ForEach([this](absl::string_view, const auto& operation)
                                 ABSL_NO_THREAD_SAFETY_ANALYSIS { Watch(*operation); });
  state.services().ForEach([this](const std::string&, const ServiceEntry& service) {
    service.instances.ForEach([this](absl::string_view, const auto& instance)
                                  ABSL_NO_THREAD_SAFETY_ANALYSIS { Watch(*instance); });
  });
  std::sort(finished_.begin(), finished_.end(),
            [](const Finished& a, const Finished& b) { return a.update_ms < b.update_ms; });
  changed_.Signal();
}

void DeadlineKeeper::OnCommit(const State&, const State&, const std::vector<Change>& changes) {
  absl::MutexLock lock(&mutex_);
  const size_t deadlines = deadlines_.size();
  for (const Change& change : changes) {
    if (!change.record.has_value()) {
      continue;
    }
    if (const auto* operation =
            std::get_if<std::shared_ptr<const OperationRecord>>(&*change.record)) {
      Watch(**operation);
    } else if (const auto* instance =
                   std::get_if<std::shared_ptr<const InstanceRecord>>(&*change.record)) {
      Watch(**instance);
    }
  }
  if (deadlines_.size() != deadlines || finished_.size() > kOperationsMax + kOperationsSlack) {
    changed_.Signal();
  }
}

absl::Time DeadlineKeeper::NextWake() const {
  absl::Time wake = absl::InfiniteFuture();
  if (!deadlines_.empty()) {
    wake = absl::FromUnixMillis(deadlines_.top().due_ms);
  }
  if (finished_.size() > kOperationsMax + kOperationsSlack) {
    wake = absl::InfinitePast();
  } else if (!finished_.empty()) {
    wake = std::min(wake, absl::FromUnixMillis(finished_.front().update_ms) + kOperationRetention +
                              kExpirySlack);
  }
  return std::max(wake, not_before_);
}

void DeadlineKeeper::Run() {
  while (true) {
    std::vector<Deadline> due;
    std::vector<Finished> expired;
    int64_t loads = 0;
    bool flush = false;
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
      while (!finished_.empty() && expired.size() < kPruneBatchMax &&
             (finished_.size() > kOperationsMax ||
              absl::FromUnixMillis(finished_.front().update_ms) + kOperationRetention <= now)) {
        expired.push_back(std::move(finished_.front()));
        finished_.pop_front();
      }
      // Too many operations are there only because more and more come.
      flush = !due.empty() || finished_.size() < kOperationsMax;
    }
    for (Deadline& deadline : due) {
      SubmitDeadline(std::move(deadline), loads);
    }
    if (!expired.empty()) {
      SubmitPrune(std::move(expired), loads);
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

void DeadlineKeeper::SubmitDeadline(Deadline deadline, int64_t loads) {
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

void DeadlineKeeper::SubmitPrune(std::vector<Finished> operations, int64_t loads) {
  std::vector<std::string> ids;
  ids.reserve(operations.size());
  for (const Finished& operation : operations) {
    ids.push_back(operation.operation_id);
  }
  Decider decide = [ids = std::move(ids)](const State& state, const CommandContext&) {
    return PruneOperations(state, ids);
  };
  submit_(std::move(decide), [this, loads, operations = std::move(operations)](const auto& answer) {
    if (!answer.ok()) {
      absl::MutexLock lock(&mutex_);
      if (Postpone(loads)) {
        finished_.insert(finished_.begin(), operations.begin(), operations.end());
      }
    }
  });
}

}  // namespace cloudmap::registry
