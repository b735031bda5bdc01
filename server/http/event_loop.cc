#include "server/http/event_loop.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "boost/asio/dispatch.hpp"
#include "boost/asio/post.hpp"
#include "registry/base/status_macros.h"
#include "registry/base/thread.h"

namespace cloudmap::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Short against every timeout, and never so long that the Date header is wrong.
absl::Duration TickInterval(const Limits& limits) {
  const absl::Duration shortest =
      std::min({limits.request_timeout, limits.write_timeout, limits.idle_timeout,
                limits.linger_timeout, limits.drain_timeout});
  return std::clamp(shortest / 4, absl::Milliseconds(5), absl::Seconds(1));
}

// Sees to it that every request is answered, even if the handler loses it.
class PendingAnswer {
 public:
  PendingAnswer(std::shared_ptr<EventLoop> loop, std::weak_ptr<Session> session)
      : loop_(std::move(loop)), session_(std::move(session)) {}
  PendingAnswer(PendingAnswer&& other) = default;
  PendingAnswer& operator=(PendingAnswer&& other) = delete;

  ~PendingAnswer() {
    if (loop_ != nullptr) {
      Send({.status = 500, .headers = {}, .body = "The server lost this request.\n"});
    }
  }

  void Send(Response response) {
    const std::shared_ptr<EventLoop> loop = std::move(loop_);
    if (loop == nullptr) {
      return;
    }
    asio::dispatch(loop->io(),
                   [session = std::move(session_), answer = std::move(response)]() mutable {
                     if (const std::shared_ptr<Session> alive = session.lock()) {
                       alive->Answer(std::move(answer));
                     }
                   });
  }

 private:
  std::shared_ptr<EventLoop> loop_;  // Null once it has been sent, or moved on.
  std::weak_ptr<Session> session_;
};

}  // namespace

EventLoop::EventLoop(std::unique_ptr<asio::io_context> io, const Router& router,
                     const ServerOptions& options, std::atomic<size_t>& connections)
    : router_(router),
      limits_(options.limits),
      after_requests_(options.after_requests),
      connections_(connections),
      io_(std::move(io)),
      work_(io_->get_executor()),
      tick_(*io_),
      tick_interval_(TickInterval(limits_)) {}

absl::Status EventLoop::Start(const std::string& thread_name) {
  Tick();
  ASSIGN_OR_RETURN(thread_, StartThread(thread_name, [this] {
                     io_->run();
                     // Here and not in the destructor, which may run on the thread of the last
                     // Respond.
                     sessions_.clear();
                   }));
  return absl::OkStatus();
}

void EventLoop::Drain() {
  asio::post(*io_, [this] {
    draining_ = true;
    drain_deadline_ = Session::Clock::now() + absl::ToChronoNanoseconds(limits_.drain_timeout);
    std::vector<std::shared_ptr<Session>> all;
    for (const auto& [key, session] : sessions_) {
      all.push_back(session);
    }
    for (const std::shared_ptr<Session>& session : all) {
      session->Drain();
    }
    if (sessions_.empty()) {
      io_->stop();
    }
  });
}

void EventLoop::Join() {
  if (thread_.joinable()) {
    thread_.join();
  }
}

void EventLoop::Adopt(UniqueFd connection, const SocketAddress& peer, TlsContext tls) {
  Socket socket(*io_);
  error_code error;
  socket.assign(peer.is_v4() ? asio::ip::tcp::v4() : asio::ip::tcp::v6(), connection.get(), error);
  if (!error) {
    (void)connection.Release();  // The socket's now.
  }
  if (error || draining_) {
    --connections_;
    return;
  }
  const std::shared_ptr<Session> session =
      MakeSession(std::move(socket), peer, std::move(tls), *this);
  sessions_.emplace(session.get(), session);
  session->Start();
}

void EventLoop::Forget(Session& session) {
  if (sessions_.erase(&session) == 0) {
    return;
  }
  --connections_;
  if (draining_ && sessions_.empty()) {
    io_->stop();
  }
}

void EventLoop::OnRequestHandled() {
  if (after_requests_ == nullptr || after_requests_is_due_) {
    return;
  }
  after_requests_is_due_ = true;
  // Behind the connections that are ready now.
  asio::post(*io_, [this] {
    after_requests_is_due_ = false;
    after_requests_();
  });
}

Respond EventLoop::MakeRespond(Session& session) {
  return [answer = PendingAnswer(shared_from_this(), session.weak_from_this())](
             Response response) mutable { answer.Send(std::move(response)); };
}

void EventLoop::Tick() {
  date_ = absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", clock_.Now(), absl::UTCTimeZone());
  tick_.expires_after(absl::ToChronoNanoseconds(tick_interval_));
  tick_.async_wait([this](const error_code& error) {
    if (error) {
      return;
    }
    CloseOverdue();
    Tick();
  });
}

void EventLoop::CloseOverdue() {
  const Session::Clock::time_point now = Session::Clock::now();
  const bool all = draining_ && drain_deadline_ <= now;
  std::vector<std::shared_ptr<Session>> overdue;
  for (const auto& [key, session] : sessions_) {
    if (all || session->deadline() <= now) {
      overdue.push_back(session);
    }
  }
  for (const std::shared_ptr<Session>& session : overdue) {
    all ? session->Close() : session->TimeOut();
  }
}

}  // namespace cloudmap::http
