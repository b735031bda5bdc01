#include "registry/registry.h"

#include <utility>

#include "registry/base/status_macros.h"
#include "registry/liveness/deadline_keeper.h"
#include "registry/pipeline/commit_loop.h"

namespace cloudmap::registry {

Registry::Registry(RegistryOptions options, std::unique_ptr<Store> store, Timers& timers,
                   Random& random)
    : options_(std::move(options)),
      random_(random),
      store_(std::move(store)),
      commit_loop_(std::make_unique<CommitLoop>(options_, *store_, timers.clock(), random)),
      deadline_keeper_(std::make_unique<DeadlineKeeper>(
          timers,
          [this](Decider decide, Done done) {
            commit_loop_->Submit(std::move(decide), std::move(done));
          },
          [this] { commit_loop_->Flush(); })) {
  commit_loop_->AddListener(deadline_keeper_.get());
}

Registry::~Registry() { Stop(); }

void Registry::AddListener(ChangeListener* listener) { commit_loop_->AddListener(listener); }

absl::Status Registry::Start() {
  RETURN_IF_ERROR(commit_loop_->Start());
  deadline_keeper_->Start();
  return absl::OkStatus();
}

void Registry::Stop() {
  deadline_keeper_->Stop();
  commit_loop_->Stop();
}

void Registry::Submit(Decider decide, Done done) {
  commit_loop_->Submit(std::move(decide), std::move(done));
}

void Registry::Flush() { commit_loop_->Flush(); }

absl::Status Registry::CheckWrites() {
  absl::Status health = commit_loop_->write_health();
  if (!health.ok() && !trying_store_.exchange(true)) {
    Submit([](const State&, const CommandContext&) { return Decision(); },
           [this](const auto&) { trying_store_ = false; });
    Flush();
  }
  return health;
}

std::shared_ptr<const State> Registry::Current() const { return commit_loop_->Current(); }

}  // namespace cloudmap::registry
