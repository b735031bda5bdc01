// One TCP or TLS connection of a DNS client: frames in, frames out.
//
// Runs wholly on its thread's event loop. At most one read and one write are under way. What a
// client can make the server hold is bounded: one frame, answers up to a size, and so many
// questions that wait for the resolver; beyond that no more input is looked at. Answers of
// questions that waited come when they come, out of order (RFC 7766 s6.2.1.1).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/ssl/stream.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/write.hpp"
#include "registry/base/published.h"
#include "server/dns/answer/respond.h"
#include "server/dns/message/wire.h"
#include "server/dns/secondary/transfer.h"
#include "server/dns/transport/clocks.h"
#include "server/dns/transport/late_answerer.h"
#include "server/dns/zones/zone_table.h"
#include "server/net/address.h"
#include "server/net/tls.h"

namespace cloudmap::dns {

// What the sessions of one thread share.
struct TcpThread {
  TcpThread(const Published<ZoneTable>& published, const Forwarding& forward, uint64_t seed)
      : zones(published),
        cache(forward.cache),
        forwarding(forward),
        worker(seed),
        response(kMaxMessageSize) {}

  Published<ZoneTable>::Reader zones;
  Published<CacheTable>::Reader cache;
  const Forwarding forwarding;
  Worker worker;
  std::vector<uint8_t> response;
};

// What a session is told by its server. Called on the session's thread.
struct TcpHooks {
  const RespondOptions& options;
  std::function<std::chrono::steady_clock::duration()> idle_timeout;
};

class TcpSession {
 public:
  virtual ~TcpSession() = default;
  // As soon as what is being written has gone out.
  virtual void Close() = 0;
  // The answer of a question that waited for the resolver.
  virtual void TakeLate(std::span<const uint8_t> response) = 0;
};

// Makes a waiter for a question that must be resolved elsewhere first.
using MakeWaiter =
    absl::FunctionRef<std::unique_ptr<WaitingQuestion>(std::span<const uint8_t> packet)>;

void AppendFrame(std::span<const uint8_t> message, std::vector<uint8_t>& out);

// The frames of a byte stream (RFC 1035 s4.2.2): finds whole ones, answers them.
class FrameBuffer {
 public:
  // Where to read to, never empty.
  std::pair<uint8_t*, size_t> Space();
  void Received(size_t size) { end_ += size; }

  // Answers whole frames into `out` until there is none or enough to write. False: the stream
  // makes no sense and is to be closed once `out` is written.
  bool AnswerFrames(const RespondOptions& options, const Client& client, TcpThread& thread,
                    const MakeWaiter& make_waiter, std::vector<uint8_t>& out);
  // Whether AnswerFrames() has more to do without reading.
  bool has_work() const;
  // Whether a whole frame waits.
  bool has_frame() const;

 private:
  static constexpr size_t kInitialBytes = 2048;
  static constexpr size_t kEnoughToWrite = 65536;

  static void Forward(std::vector<ResolverRequest>& requests, const RespondOptions& options,
                      const Tables& tables, TcpThread& thread);

  std::vector<uint8_t> bytes_;
  size_t begin_ = 0;
  size_t end_ = 0;
  std::unique_ptr<ZoneTransfer> transfer_;  // under way; queries behind it wait
};

// A question over TCP or TLS that waits for the resolver. It keeps the session alive meanwhile;
// both the answer and the session go back to the session's loop, where alone a session may end.
template <typename Executor>
class TcpWaiter final : public WaitingQuestion {
 public:
  TcpWaiter(LateAnswerer& answerer, std::span<const uint8_t> packet, Transport transport,
            const SocketAddress& client, std::shared_ptr<TcpSession> session, Executor executor)
      : WaitingQuestion(answerer, packet, transport, client),
        session_(std::move(session)),
        executor_(std::move(executor)) {}
  ~TcpWaiter() override {
    if (session_ != nullptr) {
      boost::asio::post(executor_, [session = std::move(session_)] {});
    }
  }
  TcpWaiter(const TcpWaiter&) = delete;
  TcpWaiter& operator=(const TcpWaiter&) = delete;

  void Deliver(std::span<const uint8_t> response) override {
    boost::asio::post(executor_, [session = std::move(session_),
                                  answer = std::vector<uint8_t>(response.begin(), response.end())] {
      session->TakeLate(answer);
    });
  }

 private:
  std::shared_ptr<TcpSession> session_;
  const Executor executor_;
};

template <typename Stream>
class TcpSessionOver final : public TcpSession,
                             public std::enable_shared_from_this<TcpSessionOver<Stream>> {
 public:
  static constexpr bool kTls = !std::is_same_v<Stream, boost::asio::ip::tcp::socket>;
  static constexpr Transport kTransport = kTls ? Transport::kTls : Transport::kTcp;

  TcpSessionOver(Stream stream, const SocketAddress& client, TcpThread& thread,
                 const TcpHooks& hooks, std::shared_ptr<void> registration)
      : stream_(std::move(stream)),
        client_(client),
        thread_(thread),
        hooks_(hooks),
        registration_(std::move(registration)),
        timer_(stream_.get_executor()) {}

  void Start() {
    ExtendDeadline();
    WatchDeadline();
    if constexpr (kTls) {
      stream_.next_layer().async_receive(
          boost::asio::buffer(first_byte_), boost::asio::socket_base::message_peek,
          [self = this->shared_from_this()](auto error, size_t) {
            // Clear text is not worth an alert, which nobody would understand.
            error || !StartsTls(self->first_byte_[0]) ? self->Shut() : self->ShakeHands();
          });
    } else {
      Read();
    }
  }

  void Close() override {
    closing_ = true;
    waiting_ = 0;  // nobody waits for the resolver any more
    GoOn();
  }

  void TakeLate(std::span<const uint8_t> response) override {
    AppendFrame(response, late_);
    waiting_ -= waiting_ == 0 ? 0 : 1;
    ExtendDeadline();
    GoOn();
  }

 private:
  // Questions of one connection that may wait for the resolver.
  static constexpr size_t kWaitingMax = 256;

  // Does what is next: writes what has come late, answers what has been read, reads on.
  void GoOn() {
    if (shut_ || writing_) {
      return;
    }
    if (!late_.empty()) {
      out_.swap(late_);
      late_.clear();
      return Write();
    }
    if (closing_) {
      if (waiting_ == 0) {
        Shut();
      }
      return;
    }
    if (frames_.has_work()) {
      if (waiting_ < kWaitingMax) {
        Answer();
      }
    } else if (!reading_) {
      Read();
    }
  }

  void ShakeHands() {
    stream_.async_handshake(
        boost::asio::ssl::stream_base::server,
        [self = this->shared_from_this()](auto error) { error ? self->Shut() : self->Read(); });
  }

  void Read() {
    const auto [space, size] = frames_.Space();
    reading_ = true;
    stream_.async_read_some(boost::asio::buffer(space, size),
                            [self = this->shared_from_this()](auto error, size_t n) {
                              self->reading_ = false;
                              if (error) {
                                // The end of the stream, after all that came before it was
                                // answered.
                                self->closing_ = true;
                              } else {
                                self->frames_.Received(n);
                              }
                              self->GoOn();
                            });
  }

  void Answer() {
    out_.clear();
    const Client client{kTransport, client_, WallClockSeconds(), MonotonicSeconds()};
    const auto make_waiter =
        [this](std::span<const uint8_t> packet) -> std::unique_ptr<WaitingQuestion> {
      ++waiting_;
      using Executor = decltype(stream_.get_executor());
      return std::make_unique<TcpWaiter<Executor>>(*thread_.forwarding.answerer, packet, kTransport,
                                                   client_, this->shared_from_this(),
                                                   stream_.get_executor());
    };
    if (!frames_.AnswerFrames(hooks_.options, client, thread_, make_waiter, out_)) {
      closing_ = true;
    }
    if (!out_.empty()) {
      ExtendDeadline();
      return Write();
    }
    GoOn();
  }

  void Write() {
    writing_ = true;
    boost::asio::async_write(stream_, boost::asio::buffer(out_),
                             [self = this->shared_from_this()](auto error, size_t) {
                               self->writing_ = false;
                               if (error) {
                                 return self->Shut();
                               }
                               self->ExtendDeadline();
                               self->GoOn();
                             });
  }

  void ExtendDeadline() { deadline_ = std::chrono::steady_clock::now() + hooks_.idle_timeout(); }

  // Wakes at the deadline as it was, and sleeps again if it has moved.
  void WatchDeadline() {
    timer_.expires_at(deadline_);
    timer_.async_wait([weak = this->weak_from_this()](auto error) {
      const auto self = weak.lock();
      if (error || self == nullptr) {
        return;
      }
      if (std::chrono::steady_clock::now() >= self->deadline_) {
        self->Shut();
      } else {
        self->WatchDeadline();
      }
    });
  }

  void Shut() {
    shut_ = true;
    boost::system::error_code ignored;
    timer_.cancel(ignored);
    auto& socket = stream_.lowest_layer();
    socket.shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
    socket.close(ignored);
  }

  Stream stream_;
  const SocketAddress client_;
  TcpThread& thread_;
  const TcpHooks& hooks_;
  const std::shared_ptr<void> registration_;  // counted as an open connection while it lives
  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point deadline_;
  FrameBuffer frames_;
  std::vector<uint8_t> out_;   // being written
  std::vector<uint8_t> late_;  // to be written next
  size_t waiting_ = 0;         // questions that the resolver has
  bool reading_ = false;
  std::array<uint8_t, 1> first_byte_{};  // TLS only
  bool writing_ = false;
  bool closing_ = false;
  bool shut_ = false;
};

}  // namespace cloudmap::dns
