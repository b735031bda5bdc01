#include "server/http/http_server.h"

#include <sys/socket.h>

#include <atomic>
#include <utility>
#include <vector>

#include "boost/asio/dispatch.hpp"
#include "boost/asio/post.hpp"
#include "registry/base/check.h"
#include "registry/base/status_macros.h"
#include "server/http/event_loop.h"
#include "server/net/acceptor.h"
#include "server/net/address.h"
#include "server/net/io_context.h"
#include "server/net/tcp_listener.h"

namespace cloudmap::http {
namespace {

namespace asio = boost::asio;

// Fits into an empty socket buffer, so that it never blocks.
constexpr absl::string_view kTooMany =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

}  // namespace

class HttpServer::Impl {
 public:
  Impl(ServerOptions options, Router router)
      : options_(std::move(options)), router_(std::move(router)) {}

  absl::Status Start() {
    CLOUDMAP_CHECK(loops_.empty(), "started once");
    CLOUDMAP_CHECK(options_.threads > 0, "at least one thread");
    for (int i = 0; i < options_.threads; ++i) {
      ASSIGN_OR_RETURN(std::unique_ptr<asio::io_context> io, MakeIoContext());
      loops_.push_back(std::make_shared<EventLoop>(std::move(io), router_, options_, connections_));
    }
    for (const std::string& address : options_.listen) {
      RETURN_IF_ERROR(Listen(address));
    }
    for (const std::shared_ptr<EventLoop>& loop : loops_) {
      RETURN_IF_ERROR(loop->Start("http"));
    }
    return absl::OkStatus();
  }

  const std::vector<std::string>& bound_addresses() const { return bound_; }

  void Stop() {
    if (!acceptors_.empty()) {
      asio::post(loops_[0]->io(), [this] {
        for (const std::unique_ptr<Acceptor>& acceptor : acceptors_) {
          acceptor->Stop();
        }
      });
    }
    for (const std::shared_ptr<EventLoop>& loop : loops_) {
      loop->Drain();
    }
    for (const std::shared_ptr<EventLoop>& loop : loops_) {
      loop->Join();
    }
    acceptors_.clear();
    loops_.clear();
  }

 private:
  absl::Status Listen(const std::string& address) {
    ASSIGN_OR_RETURN(UniqueFd fd, ListenTcp("--http-listen", address));
    bound_.push_back(SocketAddress::OfSocket(fd.get()).ToString());
    acceptors_.push_back(std::make_unique<Acceptor>(
        loops_[0]->io(), std::move(fd), [this](UniqueFd connection, const SocketAddress& peer) {
          Welcome(std::move(connection), peer);
        }));
    return acceptors_.back()->Start();
  }

  // Connections go to the loops in turn.
  void Welcome(UniqueFd connection, const SocketAddress& peer) {
    TlsContext tls = options_.tls == nullptr ? nullptr : options_.tls->Current()->mutual;
    if (connections_ >= options_.limits.connections_max) {
      if (tls == nullptr) {
        send(connection.get(), kTooMany.data(), kTooMany.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      }
      return;
    }
    ++connections_;
    EventLoop& loop = *loops_[next_loop_++ % loops_.size()];
    asio::dispatch(loop.io(),
                   [&loop, accepted = std::move(connection), peer, tls = std::move(tls)]() mutable {
                     loop.Adopt(std::move(accepted), peer, std::move(tls));
                   });
  }

  const ServerOptions options_;
  const Router router_;
  std::atomic<size_t> connections_ = 0;
  std::vector<std::shared_ptr<EventLoop>> loops_;
  size_t next_loop_ = 0;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;  // on the first loop
  std::vector<std::string> bound_;
};

HttpServer::HttpServer(ServerOptions options, Router router)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(router))) {}

HttpServer::~HttpServer() { Stop(); }

absl::Status HttpServer::Start() { return impl_->Start(); }

const std::vector<std::string>& HttpServer::bound_addresses() const {
  return impl_->bound_addresses();
}

void HttpServer::Stop() { impl_->Stop(); }

}  // namespace cloudmap::http
