#include "server/http/session.h"

#include <array>
#include <optional>
#include <type_traits>
#include <utility>

#include "absl/strings/match.h"
#include "boost/asio/ssl/stream.hpp"
#include "boost/asio/write.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/http.hpp"
#include "spdlog/spdlog.h"

namespace cloudmap::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using TlsStream = asio::ssl::stream<Socket>;

// Enough for a signed request's header; bodies are read in larger pieces.
constexpr size_t kHeaderReadBytes = size_t{4} * 1024;
constexpr size_t kBodyReadBytes = size_t{64} * 1024;
// What may wait unparsed: a chunk's extensions or a trailer, which no other limit covers.
constexpr size_t kBufferBytesMax = size_t{128} * 1024;

absl::string_view ToAbsl(beast::string_view text) { return {text.data(), text.size()}; }

// The path and query of a target that may be a whole URI (RFC 9112 s3.2.2).
absl::string_view OriginForm(absl::string_view target) {
  for (const absl::string_view scheme : {"http://", "https://"}) {
    if (absl::StartsWithIgnoreCase(target, scheme)) {
      const size_t path = target.find('/', scheme.size());
      return path == absl::string_view::npos ? absl::string_view("/") : target.substr(path);
    }
  }
  return target;
}

// For who speaks plain HTTP to a port that speaks TLS.
constexpr absl::string_view kSpeaksTls =
    "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 38\r\n\r\nThis port speaks TLS: use https://...\n";

// A request that is refused before it reaches a handler.
struct Refusal {
  int status;
  const char* text;
};

Refusal RefusalOf(const error_code& reason) {
  using beast::http::error;
  if (reason == error::body_limit) {
    return {413, "The body is larger than this server accepts.\n"};
  }
  if (reason == error::header_limit) {
    return {431, "The header is larger than this server accepts.\n"};
  }
  if (reason == error::bad_version) {
    return {505, "This server speaks HTTP/1.1.\n"};
  }
  return {400, "This is not a valid HTTP/1.1 request.\n"};
}

template <typename Stream>
class SessionOver final : public Session {
 public:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  SessionOver(Stream stream, const SocketAddress& peer, TlsContext tls, SessionHost& host)
      : host_(host), tls_(std::move(tls)), stream_(std::move(stream)), remote_(peer.ToString()) {}

  void Start() override {
    if constexpr (kTls) {
      SetDeadline(host_.limits().request_timeout);
      socket().async_receive(asio::buffer(first_byte_), asio::socket_base::message_peek,
                             [this, self = shared_from_this()](const error_code& error, size_t) {
                               if (state_ != State::kClosed) {
                                 error ? Close() : Greet();
                               }
                             });
    } else {
      AwaitRequest();
    }
  }

  void Answer(Response response) override {
    if (state_ == State::kHandling) {
      Write(std::move(response), parser_->keep_alive());
    }
  }

  void Drain() override {
    // Only a whole request is worth waiting for.
    if (state_ != State::kHandling && state_ != State::kWriting && state_ != State::kClosed) {
      Close();
    }
  }

  void TimeOut() override {
    if (state_ == State::kReading) {
      // The read in flight comes back aborted and says so to the client.
      timed_out_ = true;
      SetDeadline(host_.limits().write_timeout);
      error_code ignored;
      socket().cancel(ignored);
    } else {
      Close();
    }
  }

  void Close() override {
    state_ = State::kClosed;
    error_code ignored;
    socket().close(ignored);
    host_.Forget(*this);
  }

 private:
  enum class State {
    kHandshake,
    kIdle,      // No byte of a request yet.
    kReading,   // A part of one.
    kHandling,  // The handler has it.
    kWriting,
    kLingering,  // Reading away what the client still sends, so that it gets to see the answer.
    kClosed,
  };

  // Speaks TLS with who does, and tells who does not in words that a person can read.
  void Greet() {
    if constexpr (kTls) {
      if (StartsTls(first_byte_[0])) {
        stream_.async_handshake(asio::ssl::stream_base::server,
                                [this, self = shared_from_this()](const error_code& error) {
                                  if (state_ != State::kClosed) {
                                    error ? Close() : AwaitRequest();
                                  }
                                });
        return;
      }
      spdlog::debug("{} speaks plain text on the TLS port", remote_);
      SetDeadline(host_.limits().linger_timeout);
      asio::async_write(socket(), asio::buffer(kSpeaksTls.data(), kSpeaksTls.size()),
                        [this, self = shared_from_this()](const error_code& error, size_t) {
                          if (state_ == State::kClosed) {
                            return;
                          }
                          state_ = State::kLingering;
                          error ? Close() : Linger();
                        });
    }
  }

  Socket& socket() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  void SetDeadline(absl::Duration from_now) {
    deadline_ = Clock::now() + absl::ToChronoNanoseconds(from_now);
  }

  void AwaitRequest() {
    if (host_.draining()) {
      return Close();
    }
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(host_.limits().header_bytes_max));
    parser_->body_limit(host_.limits().body_bytes_max);
    header_bytes_ = 0;
    header_checked_ = false;
    expects_continue_ = false;
    state_ = State::kIdle;
    SetDeadline(host_.limits().idle_timeout);
    Parse();
  }

  void Parse() {
    SkipEmptyLines();
    while (buffer_.size() > 0) {
      if (state_ == State::kIdle) {
        if (!kTls && StartsTls(*static_cast<const uint8_t*>(buffer_.data().data()))) {
          spdlog::debug("{} speaks TLS on the plain HTTP port", remote_);
          return Refuse({400, "This port speaks plain HTTP: use http://...\n"});
        }
        state_ = State::kReading;
        SetDeadline(host_.limits().request_timeout);
      }
      error_code error;
      const size_t used = parser_->put(buffer_.data(), error);
      buffer_.consume(used);
      // Beast's own limit is for what it has not consumed yet, and it consumes field by field.
      header_bytes_ += header_checked_ ? 0 : used;
      if (header_bytes_ > host_.limits().header_bytes_max) {
        return Refuse(RefusalOf(beast::http::error::header_limit));
      }
      if (error == beast::http::error::need_more) {
        break;
      }
      if (error) {
        return Refuse(RefusalOf(error));
      }
      if (parser_->is_header_done() && !header_checked_) {
        header_checked_ = true;
        if (const std::optional<Refusal> refusal = CheckHeader()) {
          return Refuse(*refusal);
        }
      }
      if (parser_->is_done()) {
        return Dispatch();
      }
    }
    if (expects_continue_) {
      expects_continue_ = false;
      return SendContinue();
    }
    Read();
  }

  // Some old clients end a body with one more CRLF (RFC 9112 s2.2).
  void SkipEmptyLines() {
    while (state_ == State::kIdle && buffer_.size() > 0) {
      const char c = *static_cast<const char*>(buffer_.data().data());
      if (c != '\r' && c != '\n') {
        return;
      }
      buffer_.consume(1);
    }
  }

  // What Beast leaves to its caller.
  std::optional<Refusal> CheckHeader() {
    const auto& message = parser_->get();
    using beast::http::field;
    if (message.version() == 11 && message.count(field::host) != 1) {
      return Refusal{400, "A request has one Host header.\n"};  // RFC 9112 s3.2
    }
    if (message.count(field::transfer_encoding) > 0 &&
        (!parser_->chunked() || message.version() < 11)) {
      return Refusal{501, "The only transfer coding known here is chunked.\n"};
    }
    if (message.version() == 11 && message.count(field::expect) > 0) {
      if (!absl::EqualsIgnoreCase(ToAbsl(message[field::expect]), "100-continue")) {
        return Refusal{417, "The only expectation known here is 100-continue.\n"};
      }
      expects_continue_ = true;
    }
    return std::nullopt;
  }

  void SendContinue() {
    static constexpr absl::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue.data(), kContinue.size()),
                      [this, self = shared_from_this()](const error_code& error, size_t) {
                        if (state_ == State::kClosed) {
                          return;
                        }
                        error ? Close() : Read();
                      });
  }

  void Read() {
    if (buffer_.size() >= kBufferBytesMax) {
      return Refuse({400, "This is not a valid HTTP/1.1 request.\n"});
    }
    const size_t bytes = header_checked_ ? kBodyReadBytes : kHeaderReadBytes;
    stream_.async_read_some(buffer_.prepare(bytes), [this, self = shared_from_this()](
                                                        const error_code& error, size_t count) {
      if (state_ != State::kIdle && state_ != State::kReading) {
        return;
      }
      buffer_.commit(count);
      if (timed_out_) {
        Refuse({408, "The request took too long.\n"});
      } else if (error) {
        Close();
      } else {
        Parse();
      }
    });
  }

  void Dispatch() {
    state_ = State::kHandling;
    // The handler answers in its own time; it never just drops its Respond.
    deadline_ = Clock::time_point::max();
    const auto& message = parser_->get();
    const absl::string_view target = OriginForm(ToAbsl(message.target()));
    const size_t mark = target.find('?');
    Request& request = request_;
    request.method = ToAbsl(message.method_string());
    request.path = target.substr(0, mark);
    request.query = mark == absl::string_view::npos ? "" : target.substr(mark + 1);
    request.headers.clear();
    for (const auto& field : message) {
      request.headers.emplace_back(ToAbsl(field.name_string()), ToAbsl(field.value()));
    }
    request.body = message.body();
    request.remote = remote_;
    host_.router().Route(request, host_.MakeRespond(*this));
    host_.OnRequestHandled();
  }

  void Refuse(const Refusal& refusal) {
    Write({.status = refusal.status, .headers = {}, .body = refusal.text}, /*keep_alive=*/false);
  }

  void Write(Response response, bool keep_alive) {
    state_ = State::kWriting;
    SetDeadline(host_.limits().write_timeout);
    keep_alive = keep_alive && !host_.draining();
    const bool has_request = parser_->is_header_done();
    auto& out = response_.emplace();
    out.version(has_request ? parser_->get().version() : 11);
    out.result(static_cast<unsigned>(response.status));
    out.keep_alive(keep_alive);
    out.set(beast::http::field::date, host_.date());
    if (!response.content_type.empty()) {
      out.set(beast::http::field::content_type, response.content_type);
    }
    for (const auto& [name, value] : response.headers) {
      out.insert(name, value);
    }
    out.content_length(response.body.size());
    // The answer to HEAD is GET's without the body (RFC 9110 s9.3.2).
    if (!has_request || parser_->get().method() != beast::http::verb::head) {
      out.body() = std::move(response.body);
    }
    beast::http::async_write(
        stream_, out,
        [this, keep_alive, self = shared_from_this()](const error_code& error, size_t) {
          if (state_ == State::kClosed) {
            return;
          }
          if (error) {
            Close();
          } else if (keep_alive) {
            AwaitRequest();
          } else {
            ShutDown();
          }
        });
  }

  // A close while the client still sends would reset the connection and could take the answer
  // with it (RFC 9112 s9.6).
  void ShutDown() {
    state_ = State::kLingering;
    SetDeadline(host_.limits().linger_timeout);
    buffer_.consume(buffer_.size());
    if constexpr (kTls) {
      stream_.async_shutdown([this, self = shared_from_this()](const error_code&) { Linger(); });
    } else {
      Linger();
    }
  }

  void Linger() {
    if (state_ == State::kClosed) {
      return;
    }
    error_code ignored;
    socket().shutdown(asio::socket_base::shutdown_send, ignored);
    ReadAway();
  }

  void ReadAway() {
    socket().async_read_some(buffer_.prepare(kHeaderReadBytes),
                             [this, self = shared_from_this()](const error_code& error, size_t) {
                               if (state_ == State::kClosed) {
                                 return;
                               }
                               error ? Close() : ReadAway();
                             });
  }

  SessionHost& host_;
  TlsContext tls_;  // Outlives stream_.
  Stream stream_;
  const std::string remote_;
  std::array<uint8_t, 1> first_byte_{};  // TLS only
  State state_ = State::kHandshake;
  beast::flat_buffer buffer_{kBufferBytesMax + kBodyReadBytes};
  // One per message: a parser is used once.
  std::optional<beast::http::request_parser<beast::http::string_body>> parser_;
  std::optional<beast::http::response<beast::http::string_body>> response_;
  Request request_;
  size_t header_bytes_ = 0;
  bool header_checked_ = false;
  bool expects_continue_ = false;
  bool timed_out_ = false;
};

}  // namespace

std::shared_ptr<Session> MakeSession(Socket socket, const SocketAddress& peer, TlsContext tls,
                                     SessionHost& host) {
  if (tls == nullptr) {
    return std::make_shared<SessionOver<Socket>>(std::move(socket), peer, nullptr, host);
  }
  TlsStream stream(std::move(socket), *tls);
  return std::make_shared<SessionOver<TlsStream>>(std::move(stream), peer, std::move(tls), host);
}

}  // namespace cloudmap::http
