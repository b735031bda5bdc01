// One TCP or TLS connection of a DNS client: frames in, frames out.
//
// Runs wholly on its thread's event loop. At most one read or write is under way, so what a client
// can make the server hold is bounded: one frame, and answers up to a size after which no more
// input is looked at.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/ssl/stream.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/write.hpp"
#include "registry/base/published.h"
#include "server/dns/answer/respond.h"
#include "server/dns/message/wire.h"
#include "server/dns/secondary/transfer.h"
#include "server/dns/zones/zone_table.h"
#include "server/net/address.h"

namespace cloudmap::dns {

// What the sessions of one thread share.
struct TcpThread {
  TcpThread(const Published<ZoneTable>& published, uint64_t seed)
      : zones(published), worker(seed), response(kMaxMessageSize) {}

  Published<ZoneTable>::Reader zones;
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
};

// The frames of a byte stream (RFC 1035 s4.2.2): finds whole ones, answers them.
class FrameBuffer {
 public:
  // Where to read to, never empty.
  std::pair<uint8_t*, size_t> Space();
  void Received(size_t size) { end_ += size; }

  // Answers whole frames into `out` until there is none or enough to write. False: the stream
  // makes no sense and is to be closed once `out` is written.
  bool AnswerFrames(const RespondOptions& options, const Client& client, TcpThread& thread,
                    std::vector<uint8_t>& out);
  // Whether AnswerFrames() has more to do without reading.
  bool has_work() const;
  // Whether a whole frame waits.
  bool has_frame() const;

 private:
  static constexpr size_t kInitialBytes = 2048;
  static constexpr size_t kEnoughToWrite = 65536;

  std::vector<uint8_t> bytes_;
  size_t begin_ = 0;
  size_t end_ = 0;
  std::unique_ptr<ZoneTransfer> transfer_;  // under way; queries behind it wait
};

uint32_t WallClockSeconds();

template <typename Stream>
class StreamSession final : public TcpSession,
                            public std::enable_shared_from_this<StreamSession<Stream>> {
 public:
  static constexpr bool kTls = !std::is_same_v<Stream, boost::asio::ip::tcp::socket>;

  StreamSession(Stream stream, const SocketAddress& client, TcpThread& thread,
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
      stream_.async_handshake(
          boost::asio::ssl::stream_base::server,
          [self = this->shared_from_this()](auto error) { error ? self->Shut() : self->Read(); });
    } else {
      Read();
    }
  }

  void Close() override {
    closing_ = true;
    if (!writing_) {
      Shut();
    }
  }

 private:
  void Read() {
    const auto [space, size] = frames_.Space();
    stream_.async_read_some(
        boost::asio::buffer(space, size), [self = this->shared_from_this()](auto error, size_t n) {
          if (error) {
            self->Shut();  // end of stream, after all that came before it was answered
            return;
          }
          self->frames_.Received(n);
          self->Answer();
        });
  }

  void Answer() {
    out_.clear();
    const Client client{kTls ? Transport::kTls : Transport::kTcp, client_, WallClockSeconds()};
    if (!frames_.AnswerFrames(hooks_.options, client, thread_, out_)) {
      closing_ = true;
    }
    if (!out_.empty()) {
      ExtendDeadline();
      Write();
    } else if (closing_) {
      Shut();
    } else {
      Read();
    }
  }

  void Write() {
    writing_ = true;
    boost::asio::async_write(stream_, boost::asio::buffer(out_),
                             [self = this->shared_from_this()](auto error, size_t) {
                               self->writing_ = false;
                               if (error || self->closing_) {
                                 self->Shut();
                               } else if (self->frames_.has_work()) {
                                 self->Answer();
                               } else {
                                 self->ExtendDeadline();
                                 self->Read();
                               }
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
  std::vector<uint8_t> out_;
  bool writing_ = false;
  bool closing_ = false;
};

}  // namespace cloudmap::dns
