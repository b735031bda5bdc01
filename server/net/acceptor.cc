#include "server/net/acceptor.h"

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/asio/basic_socket_acceptor.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/steady_timer.hpp"
#include "server/net/system_error.h"
#include "spdlog/spdlog.h"

namespace cloudmap {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using ListeningSocket = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;

// For some descriptors to come free.
constexpr std::chrono::milliseconds kPause(100);
// Connections that are taken before others on the loop have their turn.
constexpr int kAtOnceMax = 16;

bool IsExhausted(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

class Acceptor::State : public std::enable_shared_from_this<State> {
 public:
  State(asio::io_context& io, UniqueFd listening, Handler handler)
      : address_(SocketAddress::OfSocket(listening.get())),
        handler_(std::move(handler)),
        listening_(std::move(listening)),
        socket_(io),
        pause_(io) {}

  absl::Status Start() {
    error_code error;
    socket_.assign(address_.is_v4() ? asio::ip::tcp::v4() : asio::ip::tcp::v6(), listening_.get(),
                   error);
    if (error) {
      return absl::UnavailableError(
          absl::StrCat(address_.ToString(), " cannot be listened on: ", error.message()));
    }
    (void)listening_.Release();  // The socket's now.
    Await();
    return absl::OkStatus();
  }

  void Stop() {
    listening_ = UniqueFd();
    error_code ignored;
    socket_.close(ignored);
    pause_.cancel();
  }

 private:
  void Await() {
    socket_.async_wait(ListeningSocket::wait_read,
                       [self = shared_from_this()](const error_code& error) {
                         if (!error) {
                           self->Accept();
                         } else if (error != asio::error::operation_aborted) {
                           self->Pause(error.value());
                         }
                       });
  }

  void Accept() {
    for (int i = 0; i < kAtOnceMax && socket_.is_open(); ++i) {
      SocketAddress peer;
      socklen_t size = SocketAddress::kMaxSize;
      UniqueFd connection(
          accept4(socket_.native_handle(), peer.get(), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
      const int error = errno;
      if (connection.get() >= 0) {
        Resumed();
        handler_(std::move(connection), peer);
      } else if (IsExhausted(error)) {
        return Pause(error);
      } else if (error == EAGAIN || error == EWOULDBLOCK) {
        break;
      }
      // Anything else is about one connection that is gone already.
    }
    if (socket_.is_open()) {
      Await();
    }
  }

  void Pause(int error) {
    if (!paused_) {
      paused_ = true;
      spdlog::warn("{}: new connections wait: {}", address_.ToString(), ReasonOf(error));
    }
    pause_.expires_after(kPause);
    pause_.async_wait([self = shared_from_this()](const error_code& canceled) {
      if (!canceled && self->socket_.is_open()) {
        self->Accept();
      }
    });
  }

  void Resumed() {
    if (paused_) {
      paused_ = false;
      spdlog::info("{}: new connections are taken again", address_.ToString());
    }
  }

  const SocketAddress address_;
  const Handler handler_;
  UniqueFd listening_;  // until Start()
  ListeningSocket socket_;
  asio::steady_timer pause_;
  bool paused_ = false;
};

Acceptor::Acceptor(asio::io_context& io, UniqueFd listening, Handler handler)
    : state_(std::make_shared<State>(io, std::move(listening), std::move(handler))) {}

Acceptor::~Acceptor() { Stop(); }

absl::Status Acceptor::Start() { return state_->Start(); }

void Acceptor::Stop() { state_->Stop(); }

}  // namespace cloudmap
