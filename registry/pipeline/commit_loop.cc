#include "registry/pipeline/commit_loop.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "registry/base/check.h"
#include "registry/base/status_macros.h"
#include "registry/errors.h"
#include "registry/limits.h"
#include "registry/model/ids.h"
#include "spdlog/spdlog.h"

namespace cloudmap::registry {
namespace {

// Parents before children, so that Apply finds what a record hangs on. Older operations first: a
// token that was used again means the later one.
bool LoadsBefore(const RecordPtr& a, const RecordPtr& b) {
  const auto* x = std::get_if<PackedOperation>(&a);
  const auto* y = std::get_if<PackedOperation>(&b);
  if (x == nullptr || y == nullptr) {
    return a.index() < b.index();
  }
  const auto age = [](const PackedOperation& operation) {
    return std::make_tuple(OperationIdHash::TimeOf(OperationIdHash()(operation.id())),
                           operation.create_ms(), operation.id());
  };
  return age(*x) < age(*y);
}

State StateOf(Snapshot snapshot) {
  std::stable_sort(snapshot.records.begin(), snapshot.records.end(), LoadsBefore);
  std::vector<Change> changes;
  changes.reserve(snapshot.records.size());
  for (RecordPtr& record : snapshot.records) {
    changes.push_back(Change::Put(std::move(record)));
  }
  return Apply(State(), changes, snapshot.revision);
}

// The last change of each key, in the place of its first: a parent stays before its children. What
// is put after it was forgotten stays behind that.
std::vector<Change> LastPerKey(std::vector<Change> changes) {
  constexpr size_t kDropped = ~size_t{0};
  // What comes in the place of each change.
  std::vector<size_t> source(changes.size());
  absl::flat_hash_map<RecordKeyView, size_t> place;
  place.reserve(changes.size());
  for (size_t i = 0; i < changes.size(); ++i) {
    source[i] = i;
    if (const PackedOperations* forgotten = changes[i].forgotten()) {
      for (const PackedOperation& operation : *forgotten) {
        place.erase(KeyOf(operation));
      }
      continue;
    }
    const auto [known, is_first] = place.emplace(changes[i].key(), i);
    if (!is_first) {
      source[known->second] = i;
      source[i] = kDropped;
    }
  }
  std::vector<Change> kept;
  kept.reserve(changes.size());
  for (const size_t i : source) {
    if (i != kDropped) {
      kept.push_back(std::move(changes[i]));
    }
  }
  return kept;
}

// As many commits a second on average can be caught up with by a restart. With many more, a zone's
// serial, 32 bits of the revision, would come around while a secondary is away (RFC 1982).
constexpr int64_t kRevisionsPerSecond = 64;

// Of one command, to make room for.
constexpr size_t kUsualChanges = 3;

// A thread that commits for all does so with this many batches; what came meanwhile is then left to
// the loop's thread, so that a transport's goes on reading.
constexpr int kFlushBatchesMax = 4;

absl::Status Stopping() {
  return MakeError(v1::ERROR_CODE_SERVICE_UNAVAILABLE, "The server is shutting down.");
}

absl::Status StoreFailed() {
  return MakeError(v1::ERROR_CODE_SERVICE_UNAVAILABLE,
                   "The change could not be stored and was not made; the server's log has the "
                   "reason. Try again.");
}

}  // namespace

CommitLoop::CommitLoop(const RegistryOptions& options, Store& store, const Clock& clock,
                       Random& random)
    : options_(options),
      store_(store),
      clock_(clock),
      random_(random),
      state_(std::make_shared<const State>()),
      published_(state_) {}

CommitLoop::~CommitLoop() { Stop(); }

void CommitLoop::AddListener(ChangeListener* listener) { listeners_.push_back(listener); }

absl::Status CommitLoop::Start() {
  committer_ = std::this_thread::get_id();
  RETURN_IF_ERROR(Reload());
  absl::MutexLock lock(&mutex_);
  accepting_ = true;
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void CommitLoop::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    accepting_ = false;
    thread_needed_.Signal();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void CommitLoop::Submit(Decider decide, Done done) {
  absl::Status refused;
  {
    absl::MutexLock lock(&mutex_);
    if (!accepting_) {
      refused = Stopping();
    } else if (queue_.size() >= kCommandQueueMax) {
      refused = MakeError(v1::ERROR_CODE_REQUEST_LIMIT_EXCEEDED,
                          "Too many changes are waiting to be committed; try again later.");
    } else {
      queue_.push_back({std::move(decide), std::move(done)});
      if (store_.CommitWaits() && !committing_) {
        thread_needed_.Signal();
      }
      return;
    }
  }
  done(refused);
}

void CommitLoop::Flush() {
  if (store_.CommitWaits()) {
    return;
  }
  absl::MutexLock lock(&mutex_);
  if (committing_) {
    return;
  }
  for (int i = 0; i < kFlushBatchesMax && !queue_.empty(); ++i) {
    CommitQueued();
  }
  left_to_thread_ = !queue_.empty();
  if (IsThreadsTurn()) {
    thread_needed_.Signal();
  }
}

bool CommitLoop::IsThreadsTurn() const {
  const bool has_work = !queue_.empty() && (store_.CommitWaits() || left_to_thread_);
  return !committing_ && (has_work || !accepting_);
}

// Until stopped and drained.
void CommitLoop::Run() {
  absl::MutexLock lock(&mutex_);
  while (true) {
    while (!IsThreadsTurn()) {
      thread_needed_.Wait(&mutex_);
    }
    if (queue_.empty()) {
      return;
    }
    CommitQueued();
  }
}

void CommitLoop::CommitQueued() {
  committing_ = true;
  committer_ = std::this_thread::get_id();
  std::vector<Pending> batch;
  batch.reserve(std::min(queue_.size(), kBatchCommandsMax));
  while (!queue_.empty() && batch.size() < kBatchCommandsMax) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  mutex_.Unlock();
  CommitBatch(std::move(batch));
  mutex_.Lock();
  committing_ = false;
}

void CommitLoop::CommitBatch(std::vector<Pending> batch) {
  if (stale_) {
    const absl::Status reloaded = Reload();
    if (!reloaded.ok()) {
      spdlog::error("the store cannot be read: {}", std::string(reloaded.message()));
      SetWriteHealth(reloaded);
      for (Pending& pending : batch) {
        pending.done(StoreFailed());
      }
      return;
    }
  }
  State tentative = *state_;
  std::vector<Change> changes;
  std::vector<Decided> decided = DecideAll(batch, tentative, changes);
  if (changes.empty() && writes_failed_) {
    tentative = Apply(std::move(tentative), {}, state_->revision() + 1);
  }
  if (!changes.empty() || writes_failed_) {
    Batch stored{tentative.revision(), LastPerKey(std::move(changes))};
    const absl::Status committed = store_.Commit(stored);
    if (!committed.ok()) {
      spdlog::error("a batch of {} commands could not be stored: {}", decided.size(),
                    std::string(committed.message()));
      // Dropping the tentative state is the rollback; what the store holds is not known.
      stale_ = true;
      SetWriteHealth(committed);
      for (Decided& command : decided) {
        command.done(StoreFailed());
      }
      return;
    }
    if (writes_failed_) {
      spdlog::info("the store takes writes again");
      SetWriteHealth(absl::OkStatus());
    }
    const std::shared_ptr<const State> before = state_;
    Publish(std::make_shared<const State>(std::move(tentative)));
    for (ChangeListener* listener : listeners_) {
      listener->OnCommit(*before, *state_, stored.changes);
    }
  }
  for (Decided& command : decided) {
    if (!command.warning.empty()) {
      spdlog::warn("{}", command.warning);
    }
    command.done(std::move(command.answer));
  }
}

std::vector<CommitLoop::Decided> CommitLoop::DecideAll(std::vector<Pending>& batch,
                                                       State& tentative,
                                                       std::vector<Change>& changes) {
  const int64_t revision = state_->revision() + 1;
  std::vector<Decided> decided;
  decided.reserve(batch.size());
  changes.reserve(kUsualChanges * batch.size());
  CommandContext context{.now = clock_.Now(), .revision = revision, .options = &options_};
  for (Pending& pending : batch) {
    context.entropy[0] = random_.Next();
    context.entropy[1] = random_.Next();
    absl::StatusOr<Decision> decision = pending.decide(tentative, context);
    if (!decision.ok()) {
      decided.push_back({std::move(pending.done), decision.status(), ""});
      continue;
    }
    std::vector<Change> own = std::move(decision->mutation).TakeChanges();
    if (!own.empty()) {
      tentative = Apply(std::move(tentative), own, revision);
      std::move(own.begin(), own.end(), std::back_inserter(changes));
    }
    decided.push_back(
        {std::move(pending.done), std::move(decision->response), std::move(decision->warning)});
  }
  return decided;
}

absl::Status CommitLoop::Reload() {
  ASSIGN_OR_RETURN(Snapshot snapshot, store_.Load());
  if (snapshot.revision == 0) {
    // A new registry starts where clocks stand, so that serials and revisions move forward even
    // when a store that is not durable starts over.
    snapshot.revision =
        std::max(state_->revision(), kRevisionsPerSecond * absl::ToUnixMillis(clock_.Now()) / 1000);
  }
  Publish(std::make_shared<const State>(StateOf(std::move(snapshot))));
  for (ChangeListener* listener : listeners_) {
    listener->OnLoad(*state_);
  }
  stale_ = false;
  return absl::OkStatus();
}

absl::Status CommitLoop::write_health() const {
  absl::MutexLock lock(&mutex_);
  return write_health_;
}

void CommitLoop::SetWriteHealth(const absl::Status& status) {
  writes_failed_ = !status.ok();
  absl::MutexLock lock(&mutex_);
  write_health_ = status;
}

void CommitLoop::Publish(std::shared_ptr<const State> state) {
  CLOUDMAP_CHECK(committer_ == std::this_thread::get_id(),
                 "I2: only the thread whose turn it is publishes");
  CLOUDMAP_CHECK(state->revision() >= state_->revision(), "I3: the revision never shrinks");
  state_ = std::move(state);
  published_.Publish(state_);
}

}  // namespace cloudmap::registry
