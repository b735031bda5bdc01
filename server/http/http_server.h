// An asynchronous HTTP/1.1 server on Boost.Beast (RFC 9110, 9112): keep-alive, pipelining, chunked
// bodies, Expect: 100-continue, optional TLS. Everything a client can hold is bounded: header and
// body size, time to send a request and to take the answer, idle time, connections.
//
//   Router router;
//   router.Add("POST", "/", handler);
//   HttpServer server({.listen = {"127.0.0.1:8055"}}, std::move(router));
//   RETURN_IF_ERROR(server.Start());
//   server.bound_addresses();            // {"127.0.0.1:8055"}
//   server.Stop();
//
// Start and Stop are called by one thread, everything else by any.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/http/router.h"
#include "server/net/tls.h"

namespace cloudmap::http {

struct Limits {
  size_t header_bytes_max = size_t{16} * 1024;
  size_t body_bytes_max = size_t{1024} * 1024;
  // Further ones are turned away with 503.
  size_t connections_max = 4096;
  // From a request's first byte to its last, and for a TLS handshake.
  absl::Duration request_timeout = absl::Seconds(30);
  // For the client to take an answer.
  absl::Duration write_timeout = absl::Seconds(30);
  // Between requests.
  absl::Duration idle_timeout = absl::Minutes(2);
  // For a client to close after the server said that it will.
  absl::Duration linger_timeout = absl::Seconds(2);
  // For requests in flight when the server stops.
  absl::Duration drain_timeout = absl::Seconds(5);
};

struct ServerOptions {
  // "ip:port"; port 0 picks a free one. Not empty.
  std::vector<std::string> listen = {"127.0.0.1:8055"};
  int threads = 1;
  // Null: plain HTTP. Outlives the server.
  const TlsCertificates* tls = nullptr;
  Limits limits;
  // When set, called on a thread of the server after the requests that had come together were
  // handed to their handlers.
  std::function<void()> after_requests = nullptr;
};

class HttpServer {
 public:
  HttpServer(ServerOptions options, Router router);
  // Stops.
  ~HttpServer();

  // Binds and serves. The error names the option, its value and the reason: InvalidArgument for
  // one that is malformed, Unavailable for an address that cannot be had.
  absl::Status Start();

  // Where it listens, "ip:port", in the order of ServerOptions::listen. REQUIRES: started.
  const std::vector<std::string>& bound_addresses() const;

  // Accepts no more, answers what is in flight, closes, joins. Answers that come later are dropped.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cloudmap::http
