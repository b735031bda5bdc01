#include "server/dns/transport/tcp.h"

#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/post.hpp"
#include "registry/base/status_macros.h"
#include "registry/base/thread.h"
#include "server/dns/transport/tcp_session.h"
#include "server/net/acceptor.h"
#include "server/net/io_context.h"
#include "server/net/tcp_listener.h"

namespace cloudmap::dns {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Open connections, in total and by client. Thread-safe.
class ConnectionCount {
 public:
  explicit ConnectionCount(const TcpLimits& limits) : limits_(limits) {}

  // Counts one more while the result lives; nullptr when a limit is reached.
  std::shared_ptr<void> Admit(const SocketAddress& client) {
    const std::string ip = client.IpString();
    absl::MutexLock lock(&mutex_);
    if (total_ >= limits_.connections_max || by_client_[ip] >= limits_.connections_per_client_max) {
      return nullptr;
    }
    ++total_;
    ++by_client_[ip];
    return {this, [ip](ConnectionCount* count) { count->Leave(ip); }};
  }

  bool under_pressure() const {
    absl::MutexLock lock(&mutex_);
    return total_ > limits_.connections_max / 2;
  }

 private:
  void Leave(const std::string& ip) {
    absl::MutexLock lock(&mutex_);
    --total_;
    const auto found = by_client_.find(ip);
    if (--found->second == 0) {
      by_client_.erase(found);
    }
  }

  const TcpLimits limits_;
  mutable absl::Mutex mutex_;
  size_t total_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, size_t> by_client_ ABSL_GUARDED_BY(mutex_);
};

// One thread with its event loop and sessions.
struct Loop {
  Loop(std::unique_ptr<asio::io_context> context, const Published<ZoneTable>& zones,
       const Forwarding& forwarding, uint64_t seed)
      : owner(std::move(context)), shared(zones, forwarding, seed) {}

  const std::unique_ptr<asio::io_context> owner;
  asio::io_context& io = *owner;
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  TcpThread shared;
  std::vector<std::weak_ptr<TcpSession>> sessions;  // only touched on the loop
  bool closed = false;                              // no more sessions; the same
  absl::Notification ended;                         // the loop has nothing more to do
  std::thread thread;

  void Add(const std::shared_ptr<TcpSession>& session) {
    if (sessions.size() == sessions.capacity()) {
      std::erase_if(sessions, [](const auto& weak) { return weak.expired(); });
    }
    sessions.push_back(session);
  }
};

}  // namespace

class TcpServer::Impl {
 public:
  Impl(const RespondOptions& options, const TcpLimits& limits, const Published<ZoneTable>& zones,
       const Forwarding& forwarding, int threads, uint64_t seed)
      : zones_(zones),
        forwarding_(forwarding),
        threads_(threads),
        seed_(seed),
        drain_timeout_(limits.drain_timeout),
        connections_(limits),
        hooks_{options, [this, limits] {
                 return absl::ToChronoNanoseconds(connections_.under_pressure()
                                                      ? limits.idle_timeout_under_pressure
                                                      : limits.idle_timeout);
               }} {}
  ~Impl() { Stop(); }

  absl::Status Listen(SocketAddress& address, const TlsCertificates* tls) {
    RETURN_IF_ERROR(MakeLoops());
    ASSIGN_OR_RETURN(UniqueFd fd, ListenTcp(address));
    acceptors_.push_back(std::make_unique<Acceptor>(
        loops_[0]->io, std::move(fd),
        [this, tls](UniqueFd connection, const SocketAddress& client) {
          Welcome(std::move(connection), client,
                  tls == nullptr ? nullptr : tls->Current()->server_only);
        }));
    return absl::OkStatus();
  }

  absl::Status Start() {
    for (const auto& acceptor : acceptors_) {
      RETURN_IF_ERROR(acceptor->Start());
    }
    for (size_t i = 0; i < loops_.size(); ++i) {
      Loop& loop = *loops_[i];
      ASSIGN_OR_RETURN(loop.thread, StartThread(absl::StrCat("dns-tcp-", i), [&loop] {
                         loop.io.run();
                         loop.ended.Notify();
                       }));
    }
    return absl::OkStatus();
  }

  void Stop() {
    for (const auto& loop : loops_) {
      if (loop->thread.joinable()) {
        asio::post(loop->io, [this, loop = loop.get()] { Close(*loop); });
      }
    }
    const absl::Time deadline = absl::Now() + drain_timeout_;
    for (const auto& loop : loops_) {
      if (loop->thread.joinable()) {
        if (!loop->ended.WaitForNotificationWithDeadline(deadline)) {
          loop->io.stop();  // Some client does not take its answer.
        }
        loop->thread.join();
      }
    }
  }

  std::vector<const Counters*> counters() const {
    std::vector<const Counters*> all;
    for (const auto& loop : loops_) {
      all.push_back(&loop->shared.worker.counters);
    }
    return all;
  }

 private:
  absl::Status MakeLoops() {
    while (loops_.size() < static_cast<size_t>(threads_)) {
      ASSIGN_OR_RETURN(std::unique_ptr<asio::io_context> io, MakeIoContext());
      loops_.push_back(
          std::make_unique<Loop>(std::move(io), zones_, forwarding_, seed_ + loops_.size()));
    }
    return absl::OkStatus();
  }

  // Leaves the loop without anything to do but answers that are being written.
  void Close(Loop& loop) {
    if (&loop == loops_[0].get()) {
      for (const auto& acceptor : acceptors_) {
        acceptor->Stop();
      }
    }
    for (const auto& weak : loop.sessions) {
      if (const auto session = weak.lock()) {
        session->Close();
      }
    }
    loop.closed = true;
    loop.work.reset();
  }

  // Connections go to the loops in turn.
  void Welcome(UniqueFd connection, const SocketAddress& client, const TlsContext& tls) {
    std::shared_ptr<void> registration = connections_.Admit(client);
    if (registration == nullptr) {
      return;  // closed as it goes out of scope
    }
    Loop& loop = *loops_[next_loop_++ % loops_.size()];
    asio::post(loop.io, [this, &loop, client, tls, registration = std::move(registration),
                         connection = std::move(connection)]() mutable {
      StartSession(loop, std::move(connection), client, tls, std::move(registration));
    });
  }

  void StartSession(Loop& loop, UniqueFd connection, const SocketAddress& client,
                    const TlsContext& tls, std::shared_ptr<void> registration) {
    tcp::socket socket(loop.io);
    error_code error;
    socket.assign(client.is_v4() ? tcp::v4() : tcp::v6(), connection.get(), error);
    if (error) {
      return;
    }
    (void)connection.Release();  // The socket's now.
    if (loop.closed) {
      return;
    }
    if (tls != nullptr) {
      using Stream = asio::ssl::stream<tcp::socket>;
      Begin(loop,
            std::make_shared<TcpSessionOver<Stream>>(Stream(std::move(socket), *tls), client,
                                                     loop.shared, hooks_, std::move(registration)));
    } else {
      Begin(loop, std::make_shared<TcpSessionOver<tcp::socket>>(
                      std::move(socket), client, loop.shared, hooks_, std::move(registration)));
    }
  }

  template <typename Session>
  void Begin(Loop& loop, const std::shared_ptr<Session>& session) {
    loop.Add(session);
    session->Start();
  }

  const Published<ZoneTable>& zones_;
  const Forwarding forwarding_;
  const int threads_;
  const uint64_t seed_;
  const absl::Duration drain_timeout_;
  ConnectionCount connections_;
  const TcpHooks hooks_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;  // on the first loop
  size_t next_loop_ = 0;
};

TcpServer::TcpServer(const RespondOptions& options, const TcpLimits& limits,
                     const Published<ZoneTable>& zones, const Forwarding& forwarding, int threads,
                     uint64_t seed)
    : impl_(std::make_unique<Impl>(options, limits, zones, forwarding, threads, seed)) {}

TcpServer::~TcpServer() = default;

absl::Status TcpServer::Listen(SocketAddress& address, const TlsCertificates* tls) {
  return impl_->Listen(address, tls);
}

absl::Status TcpServer::Start() { return impl_->Start(); }

void TcpServer::Stop() { impl_->Stop(); }

std::vector<const Counters*> TcpServer::counters() const { return impl_->counters(); }

}  // namespace cloudmap::dns
