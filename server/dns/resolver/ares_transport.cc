#include "server/dns/resolver/ares_transport.h"

#include <ares.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/dns/message/wire.h"

namespace cloudmap::dns {
namespace {

// Longer than any caller waits, since c-ares cannot take back a single query.
constexpr int kLostAfterMs = 5000;
constexpr int64_t kTimeoutsEveryMs = 250;
constexpr int kEvents = 64;

int64_t NowMs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

// A c-ares channel with one upstream as its only server.
class AresTransport::Channel {
 public:
  Channel(AresTransport& owner, bool tcp) : owner_(owner), tcp_(tcp), born_ms_(NowMs()) {}
  ~Channel() {
    if (channel_ != nullptr) {
      closing_ = true;
      ares_destroy(channel_);
    }
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // False when c-ares cannot make a channel.
  bool Open(const SocketAddress& upstream);
  void Send(absl::string_view query, uint64_t attempt);
  void Process(int fd, bool read, bool write) {
    ares_process_fd(channel_, read ? fd : ARES_SOCKET_BAD, write ? fd : ARES_SOCKET_BAD);
  }
  void ProcessTimeouts() { ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD); }
  void Cancel() { ares_cancel(channel_); }

  bool idle() const { return outstanding_ == 0; }
  // A port is used for so many queries and so long only. TCP connections have no port to guess.
  bool is_worn(int64_t now_ms) const {
    return !tcp_ && (sent_ >= kQueriesPerChannel || now_ms - born_ms_ >= kChannelAgeMs);
  }

 private:
  struct Sent {
    Channel* channel;
    uint64_t attempt;
  };
  static void OnAnswer(void* arg, int status, int timeouts, unsigned char* bytes, int size);
  static void OnSocketState(void* arg, ares_socket_t fd, int read, int write) {
    auto* self = static_cast<Channel*>(arg);
    self->owner_.OnSocket(*self, fd, read != 0, write != 0);
  }

  // What c-ares does with sockets, so that packets can be seen whole: c-ares itself cuts what comes
  // over UDP to 512 bytes unless it wrote the OPT record.
  static ares_socket_t OpenSocket(int family, int type, int protocol, void*) {
    return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  }
  static int CloseSocket(ares_socket_t fd, void*) { return close(fd); }
  static int Connect(ares_socket_t fd, const sockaddr* to, ares_socklen_t size, void*) {
    return connect(fd, to, size);
  }
  static ares_ssize_t Receive(ares_socket_t fd, void* buffer, size_t size, int flags,
                              sockaddr* from, ares_socklen_t* from_size, void* arg);
  static ares_ssize_t Write(ares_socket_t fd, const iovec* parts, int count, void*) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts);
    message.msg_iovlen = static_cast<size_t>(count);
    return sendmsg(fd, &message, MSG_NOSIGNAL);
  }

  AresTransport& owner_;
  const bool tcp_;
  const int64_t born_ms_;
  ares_channel channel_ = nullptr;
  bool closing_ = false;
  int sent_ = 0;
  int outstanding_ = 0;
  // The packet that c-ares is looking at; UDP only.
  std::array<uint8_t, kMaxMessageSize> packet_;
  size_t packet_size_ = 0;
};

bool AresTransport::Channel::Open(const SocketAddress& upstream) {
  ares_options options{};
  options.flags = ARES_FLAG_IGNTC | ARES_FLAG_NOCHECKRESP | ARES_FLAG_STAYOPEN |
                  ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | (tcp_ ? ARES_FLAG_USEVC : 0);
  options.tries = 1;
  options.timeout = kLostAfterMs;
  options.sock_state_cb = OnSocketState;
  options.sock_state_cb_data = this;
  // No look-up file and no search list: nothing of the system's configuration is to be read.
  std::string lookups = "b";
  options.lookups = lookups.data();
  const int given = ARES_OPT_FLAGS | ARES_OPT_TRIES | ARES_OPT_TIMEOUTMS | ARES_OPT_SOCK_STATE_CB |
                    ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS;
  if (ares_init_options(&channel_, &options, given) != ARES_SUCCESS) {
    channel_ = nullptr;
    return false;
  }
  static constexpr ares_socket_functions kSockets{OpenSocket, CloseSocket, Connect, Receive, Write};
  ares_set_socket_functions(channel_, &kSockets, this);
  ares_addr_port_node server{};
  server.family = upstream.is_v4() ? AF_INET : AF_INET6;
  std::memcpy(&server.addr, upstream.ip().data(), upstream.ip().size());
  server.udp_port = server.tcp_port = upstream.port();
  return ares_set_servers_ports(channel_, &server) == ARES_SUCCESS;
}

void AresTransport::Channel::Send(absl::string_view query, uint64_t attempt) {
  ++sent_;
  ++outstanding_;
  // Released by OnAnswer, which c-ares calls exactly once.
  auto sent = std::make_unique<Sent>(Sent{this, attempt});
  ares_send(channel_, reinterpret_cast<const unsigned char*>(query.data()),
            static_cast<int>(query.size()), OnAnswer, sent.release());
}

void AresTransport::Channel::OnAnswer(void* arg, int status, int /*timeouts*/, unsigned char* bytes,
                                      int size) {
  const std::unique_ptr<Sent> sent(static_cast<Sent*>(arg));
  Channel& self = *sent->channel;
  --self.outstanding_;
  if (self.closing_) {
    return;
  }
  if (status == ARES_SUCCESS && bytes != nullptr) {
    std::span<const uint8_t> reply(bytes, static_cast<size_t>(size));
    if (!self.tcp_ && self.packet_size_ > reply.size()) {
      reply = std::span<const uint8_t>(self.packet_).first(self.packet_size_);
    }
    self.owner_.OnEnd(self, sent->attempt, Delivery::kReply, reply);
    return;
  }
  const bool lost = status == ARES_ETIMEOUT || status == ARES_ECANCELLED;
  self.owner_.OnEnd(self, sent->attempt, lost ? Delivery::kLost : Delivery::kUnreachable, {});
}

ares_ssize_t AresTransport::Channel::Receive(ares_socket_t fd, void* buffer, size_t size, int flags,
                                             sockaddr* from, ares_socklen_t* from_size, void* arg) {
  auto* self = static_cast<Channel*>(arg);
  if (self->tcp_) {
    return recv(fd, buffer, size, flags);
  }
  ssize_t count = 0;
  do {
    // An empty datagram would be taken for an error and end every query of the channel.
    count = recvfrom(fd, self->packet_.data(), self->packet_.size(), flags, from, from_size);
  } while (count == 0);
  if (count > 0) {
    self->packet_size_ = static_cast<size_t>(count);
    count = std::min(count, static_cast<ssize_t>(size));
    std::memcpy(buffer, self->packet_.data(), static_cast<size_t>(count));
  }
  return count;
}

AresTransport::AresTransport(Receiver& receiver, Random& random)
    : receiver_(receiver), random_(random) {}

AresTransport::~AresTransport() {
  // Channels tell OnSocket() of the sockets that they close, so they go before what it changes.
  retired_.clear();
  pools_.clear();
}

absl::Status AresTransport::Start() {
  epoll_ = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
  if (epoll_.get() < 0) {
    return absl::UnavailableError(absl::StrCat("epoll_create1: ", strerror(errno)));
  }
  if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
    return absl::UnavailableError("c-ares cannot be initialised");
  }
  return absl::OkStatus();
}

AresTransport::Channel* AresTransport::Draw(const SocketAddress& upstream, bool tcp) {
  Pool& pool = pools_[upstream.ToString()];
  const auto make = [this, &upstream, tcp]() -> std::unique_ptr<Channel> {
    auto channel = std::make_unique<Channel>(*this, tcp);
    return channel->Open(upstream) ? std::move(channel) : nullptr;
  };
  if (tcp) {
    if (pool.tcp == nullptr) {
      pool.tcp = make();
    }
    return pool.tcp.get();
  }
  pool.udp.resize(kChannels);
  std::unique_ptr<Channel>& channel = pool.udp[random_.Next() % kChannels];
  if (channel != nullptr && channel->is_worn(NowMs())) {
    retired_.push_back(std::move(channel));
  }
  if (channel == nullptr) {
    channel = make();
  }
  return channel.get();
}

void AresTransport::Send(const SocketAddress& upstream, absl::string_view query, bool tcp,
                         uint64_t attempt) {
  Channel* channel = Draw(upstream, tcp);
  if (channel == nullptr) {
    deferred_.push_back({attempt, Delivery::kUnreachable});
    return;
  }
  sending_ = true;
  channel->Send(query, attempt);
  sending_ = false;
}

void AresTransport::OnEnd(Channel& /*channel*/, uint64_t attempt, Delivery delivery,
                          std::span<const uint8_t> reply) {
  if (sending_) {
    // Nothing has been received yet, so there is no reply to keep.
    deferred_.push_back({attempt, delivery});
    return;
  }
  receiver_.OnDelivery(attempt, delivery, reply);
}

void AresTransport::OnSocket(Channel& channel, int fd, bool read, bool write) {
  if (!read && !write) {
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    watched_.erase(fd);
    return;
  }
  epoll_event event{};
  event.events = (read ? EPOLLIN : 0U) | (write ? EPOLLOUT : 0U);
  event.data.fd = fd;
  const bool added = watched_.insert_or_assign(fd, &channel).second;
  epoll_ctl(epoll_.get(), added ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
}

bool AresTransport::Wait(int timeout_ms, int wake_fd) {
  if (!watches_wake_fd_) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = wake_fd;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_fd, &event);
    watches_wake_fd_ = true;
  }
  const bool busy = !watched_.empty();
  if (!deferred_.empty()) {
    timeout_ms = 0;
  } else if (busy) {
    timeout_ms = timeout_ms < 0 ? static_cast<int>(kTimeoutsEveryMs)
                                : std::min(timeout_ms, static_cast<int>(kTimeoutsEveryMs));
  }
  std::array<epoll_event, kEvents> events;
  const int count = epoll_wait(epoll_.get(), events.data(), kEvents, timeout_ms);
  bool woken = false;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    if (event.data.fd == wake_fd) {
      woken = true;
      continue;
    }
    // An earlier event of this round may have closed the socket.
    const auto found = watched_.find(event.data.fd);
    if (found != watched_.end()) {
      found->second->Process(event.data.fd, (event.events & ~uint32_t{EPOLLOUT}) != 0,
                             (event.events & EPOLLOUT) != 0);
    }
  }
  TellDeferred();
  ProcessTimeouts();
  DropRetired();
  return woken;
}

void AresTransport::TellDeferred() {
  std::vector<Outcome> outcomes;
  outcomes.swap(deferred_);
  for (const Outcome& outcome : outcomes) {
    receiver_.OnDelivery(outcome.attempt, outcome.delivery, {});
  }
}

void AresTransport::ProcessTimeouts() {
  const int64_t now_ms = NowMs();
  if (now_ms < next_timeouts_ms_) {
    return;
  }
  next_timeouts_ms_ = now_ms + kTimeoutsEveryMs;
  // The receiver may send while it is told, which can make channels and pools.
  std::vector<Channel*> busy;
  for (const auto& [address, pool] : pools_) {
    for (const auto& channel : pool.udp) {
      busy.push_back(channel.get());
    }
    busy.push_back(pool.tcp.get());
  }
  for (const auto& channel : retired_) {
    busy.push_back(channel.get());
  }
  for (Channel* channel : busy) {
    if (channel != nullptr && !channel->idle()) {
      channel->ProcessTimeouts();
    }
  }
}

void AresTransport::DropRetired() {
  std::erase_if(retired_, [](const auto& channel) { return channel->idle(); });
}

void AresTransport::CancelAll() {
  for (auto& [address, pool] : pools_) {
    for (const auto& channel : pool.udp) {
      if (channel != nullptr) {
        channel->Cancel();
      }
    }
    if (pool.tcp != nullptr) {
      pool.tcp->Cancel();
    }
  }
  for (const auto& channel : retired_) {
    channel->Cancel();
  }
  DropRetired();
}

}  // namespace cloudmap::dns
