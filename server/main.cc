// cloudmapd: parse, start, wait for a signal, stop.
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "server/app.h"
#include "server/config.h"
#include "server/logging.h"
#include "spdlog/spdlog.h"

namespace {

constexpr int kExitRuntime = 1;
constexpr int kExitUsage = 2;

// Blocked before any thread starts, so that all of them leave the signals to Wait.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    sigaddset(&signals, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// Thousands of connections need more than the usual 1,024 descriptors.
void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

// Atomically: a reader sees the whole line or no file.
bool WriteReadyFile(const std::string& path, const std::string& line) {
  const std::string temporary = absl::StrCat(path, ".", getpid());
  std::ofstream file(temporary);
  file << line << '\n';
  file.close();
  return file.good() && std::rename(temporary.c_str(), path.c_str()) == 0;
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "cloudmapd: %s\n", std::string(status.message()).c_str());
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitRuntime;
}

}  // namespace

int main(int argc, char** argv) {
  absl::StatusOr<cloudmap::ConfigOrText> parsed = cloudmap::ParseConfig(argc, argv);
  if (!parsed.ok()) {
    return Fail(parsed.status());
  }
  if (!parsed->text.empty()) {
    std::fputs(parsed->text.c_str(), stdout);
    return 0;
  }
  const cloudmap::Config& config = parsed->config;
  cloudmap::SetUpLogging(config.log_level, config.log_format);
  for (const std::string& warning : parsed->warnings) {
    spdlog::warn("{}", warning);
  }
  // Debian's abseil looks for deadlocks at every lock; that is for tests, and gRPC locks a lot.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const sigset_t signals = BlockSignals();
  RaiseFileLimit();

  cloudmap::App app(config);
  const absl::Status started = app.Start();
  if (!started.ok()) {
    return Fail(started);
  }
  const std::string ready = app.ReadyLine();
  if (!config.ready_file.empty() && !WriteReadyFile(config.ready_file, ready)) {
    return Fail(absl::UnavailableError(
        absl::StrCat("--ready-file ", config.ready_file, ": cannot be written")));
  }
  std::printf("%s\n", ready.c_str());
  std::fflush(stdout);

  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) {
    app.Reload();
  }
  spdlog::info("stopping");
  app.Stop();
  return 0;
}
