#include "server/http/http_server.h"

#include <atomic>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "boost/asio/basic_socket_acceptor.hpp"
#include "boost/asio/dispatch.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "registry/base/check.h"
#include "registry/base/status_macros.h"
#include "server/http/event_loop.h"
#include "server/net/address.h"
#include "server/net/io_context.h"
#include "server/net/tcp_listener.h"

namespace cloudmap::http {
namespace {

namespace net = boost::asio;
using boost::system::error_code;
using Acceptor = net::basic_socket_acceptor<net::ip::tcp, net::io_context::executor_type>;

// After accept failed for want of file descriptors or memory: time for some to come free.
constexpr std::chrono::milliseconds kAcceptRetry(100);

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
    if (options_.tls.has_value()) {
      RETURN_IF_ERROR(ReloadTls());
    }
    for (int i = 0; i < options_.threads; ++i) {
      ASSIGN_OR_RETURN(std::unique_ptr<net::io_context> io, MakeIoContext());
      loops_.push_back(std::make_shared<EventLoop>(std::move(io), router_, options_, connections_));
    }
    RETURN_IF_ERROR(Listen());
    retry_ = std::make_unique<net::steady_timer>(loops_[0]->io());
    Accept();
    for (const std::shared_ptr<EventLoop>& loop : loops_) {
      RETURN_IF_ERROR(loop->Start("http"));
    }
    return absl::OkStatus();
  }

  const std::string& bound() const { return bound_; }

  absl::Status ReloadTls() {
    CLOUDMAP_CHECK(options_.tls.has_value(), "TLS is on");
    ASSIGN_OR_RETURN(TlsContext fresh, LoadTls(*options_.tls));
    const absl::MutexLock lock(&tls_mutex_);
    tls_ = std::move(fresh);
    return absl::OkStatus();
  }

  void Stop() {
    if (acceptor_ != nullptr) {
      net::post(loops_[0]->io(), [this] {
        error_code ignored;
        acceptor_->close(ignored);
        retry_->cancel();
      });
    }
    for (const std::shared_ptr<EventLoop>& loop : loops_) {
      loop->Drain();
    }
    for (const std::shared_ptr<EventLoop>& loop : loops_) {
      loop->Join();
    }
    acceptor_.reset();
    retry_.reset();
    loops_.clear();
  }

 private:
  absl::Status Listen() {
    ASSIGN_OR_RETURN(UniqueFd fd, ListenTcp(options_.listen_option, options_.listen));
    const SocketAddress bound = SocketAddress::OfSocket(fd.get());
    bound_ = bound.ToString();
    acceptor_ = std::make_unique<Acceptor>(
        loops_[0]->io(), bound.is_v4() ? net::ip::tcp::v4() : net::ip::tcp::v6(), fd.Release());
    return absl::OkStatus();
  }

  // Connections go to the loops in turn.
  void Accept() {
    EventLoop& loop = *loops_[next_loop_++ % loops_.size()];
    acceptor_->async_accept(loop.io(), [this, &loop](const error_code& error, Socket socket) {
      if (error == net::error::operation_aborted || !acceptor_->is_open()) {
        return;
      }
      if (!error) {
        Welcome(loop, std::move(socket));
        Accept();
      } else if (error == net::error::connection_aborted) {
        Accept();
      } else {
        AcceptLater();
      }
    });
  }

  void AcceptLater() {
    retry_->expires_after(kAcceptRetry);
    retry_->async_wait([this](const error_code& error) {
      if (!error && acceptor_->is_open()) {
        Accept();
      }
    });
  }

  void Welcome(EventLoop& loop, Socket socket) {
    TlsContext tls;
    {
      const absl::MutexLock lock(&tls_mutex_);
      tls = tls_;
    }
    error_code ignored;
    if (connections_ >= options_.limits.connections_max) {
      if (tls == nullptr) {
        socket.non_blocking(true, ignored);
        socket.write_some(net::buffer(kTooMany.data(), kTooMany.size()), ignored);
      }
      return;
    }
    ++connections_;
    net::dispatch(loop.io(), [&loop, accepted = std::move(socket), tls = std::move(tls)]() mutable {
      loop.Adopt(std::move(accepted), std::move(tls));
    });
  }

  const ServerOptions options_;
  const Router router_;
  std::atomic<size_t> connections_ = 0;
  absl::Mutex tls_mutex_;
  TlsContext tls_ ABSL_GUARDED_BY(tls_mutex_);
  std::vector<std::shared_ptr<EventLoop>> loops_;
  size_t next_loop_ = 0;
  std::unique_ptr<Acceptor> acceptor_;
  std::unique_ptr<net::steady_timer> retry_;
  std::string bound_;
};

HttpServer::HttpServer(ServerOptions options, Router router)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(router))) {}

HttpServer::~HttpServer() { Stop(); }

absl::Status HttpServer::Start() { return impl_->Start(); }

std::string HttpServer::BoundAddress() const { return impl_->bound(); }

absl::Status HttpServer::ReloadTls() { return impl_->ReloadTls(); }

void HttpServer::Stop() { impl_->Stop(); }

}  // namespace cloudmap::http
