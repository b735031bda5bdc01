// One connection: reads requests, hands them to the router one after the other, writes the answers
// in that order. Lives on one event loop, and everything but Respond happens on its thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "boost/asio/basic_stream_socket.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "server/http/http_server.h"
#include "server/http/router.h"
#include "server/net/address.h"
#include "server/net/tls.h"
#include "server/net/unique_fd.h"

namespace cloudmap::http {

using Socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

class Session;

// What a session needs of the loop it lives on.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  virtual const Router& router() const = 0;
  virtual const Limits& limits() const = 0;
  virtual bool draining() const = 0;
  // The Date header's value (RFC 9110 s6.6.1).
  virtual const std::string& date() const = 0;
  // The session has closed.
  virtual void Forget(Session& session) = 0;
  // The session has handed a request to the router.
  virtual void OnRequestHandled() = 0;
  // What hands a response to the session's Answer, from any thread, if it is still there.
  virtual Respond MakeRespond(Session& session) = 0;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  using Clock = std::chrono::steady_clock;

  virtual ~Session() = default;
  virtual void Start() = 0;
  // Answers the request that is being handled.
  virtual void Answer(Response response) = 0;
  // Closes as soon as no request is in flight.
  virtual void Drain() = 0;
  // The deadline has passed.
  virtual void TimeOut() = 0;
  virtual void Close() = 0;

  // When the host is to call TimeOut().
  Clock::time_point deadline() const { return deadline_; }

 protected:
  Clock::time_point deadline_ = Clock::time_point::max();
};

// `tls` may be null: plain HTTP.
std::shared_ptr<Session> MakeSession(Socket socket, const SocketAddress& peer, TlsContext tls,
                                     SessionHost& host);

}  // namespace cloudmap::http
