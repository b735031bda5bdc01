#include "server/dns/transport/tcp.h"

#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/v6_only.hpp"
#include "boost/asio/post.hpp"
#include "registry/base/status_macros.h"
#include "registry/base/thread.h"
#include "server/dns/transport/tcp_session.h"
#include "server/net/io_context.h"

namespace cloudmap::dns {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// When the process is out of file descriptors, accepting waits so long.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);
// For the last answers to go out at Stop().
constexpr auto kDrainTime = std::chrono::seconds(1);

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
       const Resolution& resolution, uint64_t seed)
      : owner(std::move(context)), shared(zones, resolution, seed) {}

  const std::unique_ptr<asio::io_context> owner;
  asio::io_context& io = *owner;
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  TcpThread shared;
  std::vector<std::weak_ptr<TcpSession>> sessions;  // only touched on the loop
  std::thread thread;

  void Add(const std::shared_ptr<TcpSession>& session) {
    if (sessions.size() == sessions.capacity()) {
      std::erase_if(sessions, [](const auto& weak) { return weak.expired(); });
    }
    sessions.push_back(session);
  }
};

struct Acceptor {
  Acceptor(asio::io_context& io, std::shared_ptr<asio::ssl::context> context)
      : socket(io), pause(io), tls(std::move(context)) {}
  tcp::acceptor socket;
  asio::steady_timer pause;
  std::shared_ptr<asio::ssl::context> tls;  // only touched on its loop, once that runs
};

}  // namespace

class TcpServer::Impl {
 public:
  Impl(const RespondOptions& options, const TcpLimits& limits, const Published<ZoneTable>& zones,
       const Resolution& resolution, int threads, uint64_t seed)
      : zones_(zones),
        resolution_(resolution),
        threads_(threads),
        seed_(seed),
        connections_(limits),
        hooks_{options, [this, limits] {
                 return absl::ToChronoNanoseconds(connections_.under_pressure()
                                                      ? limits.idle_timeout_under_pressure
                                                      : limits.idle_timeout);
               }} {}
  ~Impl() { Stop(); }

  absl::Status Listen(SocketAddress& address, std::shared_ptr<asio::ssl::context> tls) {
    RETURN_IF_ERROR(MakeLoops());
    auto acceptor = std::make_unique<Acceptor>(loops_[0]->io, std::move(tls));
    tcp::endpoint endpoint;
    std::memcpy(endpoint.data(), address.get(), address.size());
    error_code error;
    acceptor->socket.open(endpoint.protocol(), error);
    if (!error) {
      acceptor->socket.set_option(tcp::acceptor::reuse_address(true), error);
    }
    if (!error && !address.is_v4()) {
      acceptor->socket.set_option(asio::ip::v6_only(true), error);
    }
    if (!error) {
      acceptor->socket.bind(endpoint, error);
    }
    if (!error) {
      acceptor->socket.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
      return absl::UnavailableError(absl::StrCat("bind: ", error.message()));
    }
    address = SocketAddress::OfSocket(acceptor->socket.native_handle());
    acceptors_.push_back(std::move(acceptor));
    return absl::OkStatus();
  }

  void UseTls(std::shared_ptr<asio::ssl::context> tls) {
    asio::post(loops_[0]->io, [this, tls = std::move(tls)] {
      for (const auto& acceptor : acceptors_) {
        if (acceptor->tls != nullptr) {
          acceptor->tls = tls;
        }
      }
    });
  }

  absl::Status Start() {
    for (const auto& acceptor : acceptors_) {
      Accept(*acceptor);
    }
    for (size_t i = 0; i < loops_.size(); ++i) {
      Loop& loop = *loops_[i];
      ASSIGN_OR_RETURN(loop.thread,
                       StartThread(absl::StrCat("dns-tcp-", i), [&loop] { loop.io.run(); }));
    }
    return absl::OkStatus();
  }

  void Stop() {
    for (const auto& loop : loops_) {
      if (!loop->thread.joinable()) {
        continue;
      }
      asio::post(loop->io, [this, loop = loop.get()] {
        if (loop == loops_[0].get()) {
          acceptors_.clear();
        }
        for (const auto& weak : loop->sessions) {
          if (const auto session = weak.lock()) {
            session->Close();
          }
        }
        auto deadline = std::make_shared<asio::steady_timer>(loop->io, kDrainTime);
        deadline->async_wait([loop, deadline](error_code) { loop->io.stop(); });
        loop->work.reset();
        // Without sessions there is nothing to wait for.
        CloseWhenIdle(*loop, deadline);
      });
    }
    for (const auto& loop : loops_) {
      if (loop->thread.joinable()) {
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
          std::make_unique<Loop>(std::move(io), zones_, resolution_, seed_ + loops_.size()));
    }
    return absl::OkStatus();
  }
  static void CloseWhenIdle(Loop& loop, const std::shared_ptr<asio::steady_timer>& deadline) {
    const bool idle = std::all_of(loop.sessions.begin(), loop.sessions.end(),
                                  [](const auto& weak) { return weak.expired(); });
    if (idle) {
      deadline->cancel();
      return;
    }
    auto poll = std::make_shared<asio::steady_timer>(loop.io, std::chrono::milliseconds(5));
    poll->async_wait([&loop, deadline, poll](error_code) { CloseWhenIdle(loop, deadline); });
  }

  void Accept(Acceptor& acceptor) {
    Loop& loop = *loops_[next_loop_++ % loops_.size()];
    acceptor.socket.async_accept(
        loop.io, [this, &acceptor, &loop](error_code error, tcp::socket socket) {
          if (error == asio::error::operation_aborted) {
            return;
          }
          if (error) {
            acceptor.pause.expires_after(kAcceptPause);
            acceptor.pause.async_wait([this, &acceptor](error_code canceled) {
              if (!canceled) {
                Accept(acceptor);
              }
            });
            return;
          }
          StartSession(loop, std::move(socket), acceptor.tls);
          Accept(acceptor);
        });
  }

  void StartSession(Loop& loop, tcp::socket socket,
                    const std::shared_ptr<asio::ssl::context>& tls) {
    const SocketAddress client = SocketAddress::OfPeer(socket.native_handle());
    std::shared_ptr<void> registration = connections_.Admit(client);
    error_code error;
    socket.set_option(tcp::no_delay(true), error);
    if (registration == nullptr || error) {
      return;  // closed as it goes out of scope
    }
    asio::post(loop.io, [this, &loop, client, tls, registration = std::move(registration),
                         socket = std::move(socket)]() mutable {
      if (tls != nullptr) {
        using Stream = asio::ssl::stream<tcp::socket>;
        Begin(loop, std::make_shared<StreamSession<Stream>>(Stream(std::move(socket), *tls), client,
                                                            loop.shared, hooks_,
                                                            std::move(registration)));
      } else {
        Begin(loop, std::make_shared<StreamSession<tcp::socket>>(
                        std::move(socket), client, loop.shared, hooks_, std::move(registration)));
      }
    });
  }

  template <typename Session>
  void Begin(Loop& loop, const std::shared_ptr<Session>& session) {
    loop.Add(session);
    session->Start();
  }

  const Published<ZoneTable>& zones_;
  const Resolution resolution_;
  const int threads_;
  const uint64_t seed_;
  ConnectionCount connections_;
  const TcpHooks hooks_;
  std::vector<std::unique_ptr<Loop>> loops_;
  // Accepting happens on the first loop.
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  size_t next_loop_ = 0;
};

TcpServer::TcpServer(const RespondOptions& options, const TcpLimits& limits,
                     const Published<ZoneTable>& zones, const Resolution& resolution, int threads,
                     uint64_t seed)
    : impl_(std::make_unique<Impl>(options, limits, zones, resolution, threads, seed)) {}

TcpServer::~TcpServer() = default;

absl::Status TcpServer::Listen(SocketAddress& address, std::shared_ptr<asio::ssl::context> tls) {
  return impl_->Listen(address, std::move(tls));
}

void TcpServer::UseTls(std::shared_ptr<asio::ssl::context> tls) { impl_->UseTls(std::move(tls)); }

absl::Status TcpServer::Start() { return impl_->Start(); }

void TcpServer::Stop() { impl_->Stop(); }

std::vector<const Counters*> TcpServer::counters() const { return impl_->counters(); }

}  // namespace cloudmap::dns
