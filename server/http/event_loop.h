// One thread with an io_context and the connections that live on it. A clock tick closes those
// whose deadline has passed, so that no request pays for arming a timer.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/container/flat_hash_map.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "registry/base/clock.h"
#include "server/http/session.h"

namespace cloudmap::http {

// Owned through a shared_ptr, so that a Respond may outlive the server.
class EventLoop final : public SessionHost, public std::enable_shared_from_this<EventLoop> {
 public:
  // `io` is MakeIoContext's. `router` and `connections`, the count over all loops, must outlive the
  // thread.
  EventLoop(std::unique_ptr<boost::asio::io_context> io, const Router& router,
            const ServerOptions& options, std::atomic<size_t>& connections);
  // REQUIRES: joined, or never started.
  ~EventLoop() override = default;

  // Unavailable when the thread cannot be had.
  absl::Status Start(const std::string& thread_name);
  // From any thread: takes no more sessions, ends when the last has, or after the drain timeout.
  void Drain();
  void Join();

  // Serves a connection that the acceptor took. On the loop's thread.
  void Adopt(UniqueFd connection, const SocketAddress& peer, TlsContext tls);

  boost::asio::io_context& io() { return *io_; }

  const Router& router() const override { return router_; }
  const Limits& limits() const override { return limits_; }
  bool draining() const override { return draining_; }
  const std::string& date() const override { return date_; }
  void Forget(Session& session) override;
  void OnRequestHandled() override;
  Respond MakeRespond(Session& session) override;

 private:
  void Tick();
  void CloseOverdue();

  const Router& router_;
  const Limits limits_;
  const std::function<void()> after_requests_;
  bool after_requests_is_due_ = false;
  std::atomic<size_t>& connections_;
  const std::unique_ptr<boost::asio::io_context> io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer tick_;
  absl::Duration tick_interval_;
  RealClock clock_;
  std::string date_;
  bool draining_ = false;
  Session::Clock::time_point drain_deadline_;
  absl::flat_hash_map<Session*, std::shared_ptr<Session>> sessions_;
  std::thread thread_;
};

}  // namespace cloudmap::http
