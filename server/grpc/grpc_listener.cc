#include "server/grpc/grpc_listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "registry/base/check.h"
#include "registry/base/status_macros.h"
#include "registry/base/thread.h"
#include "server/net/tcp_listener.h"

namespace cloudmap::api {
namespace {

// After accept failed for want of file descriptors or memory: time for some to come free.
constexpr int kAcceptRetryMs = 100;

// As ServerContext::peer() writes it; nobody's for what is not connected.
std::string PeerOf(int fd) {
  const SocketAddress peer = SocketAddress::OfPeer(fd);
  if (peer.is_v4()) {
    return absl::StrCat("ipv4:", peer.ToString());
  }
  const std::span<const uint8_t> ip = peer.ip();
  constexpr size_t kMappedPrefix = 12;  // ::ffff:0:0/96
  if (IN6_IS_ADDR_V4MAPPED(reinterpret_cast<const in6_addr*>(ip.data()))) {
    return absl::StrCat("ipv4:",
                        SocketAddress::Of(ip.subspan(kMappedPrefix), peer.port()).ToString());
  }
  return absl::StrCat("ipv6:%5B", peer.IpString(), "%5D:", peer.port());
}

void Cork(int fd, bool on) {
  const int value = on ? 1 : 0;
  setsockopt(fd, IPPROTO_TCP, TCP_CORK, &value, sizeof(value));
}

}  // namespace

absl::Status GrpcListener::Listen(const std::string& address) {
  ASSIGN_OR_RETURN(socket_, ListenTcp("--grpc-listen", address));
  stop_ = UniqueFd(eventfd(0, EFD_CLOEXEC));
  CLOUDMAP_CHECK(stop_.get() >= 0, "eventfd");
  return absl::OkStatus();
}

void GrpcListener::AddTo(grpc::ServerBuilder& builder,
                         std::shared_ptr<grpc::ServerCredentials> credentials) {
  using Type = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
  acceptor_ =
      builder.experimental().AddExternalConnectionAcceptor(Type::FROM_FD, std::move(credentials));
}

absl::Status GrpcListener::Start() {
  ASSIGN_OR_RETURN(thread_, StartThread("grpc-accept", [this] { Run(); }));
  return absl::OkStatus();
}

void GrpcListener::Stop() {
  if (thread_.joinable()) {
    eventfd_write(stop_.get(), 1);
    thread_.join();
  }
  socket_ = UniqueFd();
}

void GrpcListener::CloseConnections() {
  const absl::MutexLock lock(&mutex_);
  for (const auto& [peer, fd] : sockets_) {
    // The descriptor stays gRPC's, which sees the end of the connection.
    if (PeerOf(fd) == peer) {
      shutdown(fd, SHUT_RDWR);
    }
  }
}

std::string GrpcListener::bound_address() const {
  return SocketAddress::OfSocket(socket_.get()).ToString();
}

size_t GrpcListener::known_connections() const {
  const absl::MutexLock lock(&mutex_);
  return sockets_.size();
}

void GrpcListener::Run() {
  bool can_accept = true;
  while (true) {
    pollfd waits[] = {{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                      {.fd = socket_.get(), .events = POLLIN, .revents = 0}};
    poll(waits, can_accept ? 2 : 1, can_accept ? -1 : kAcceptRetryMs);
    if (waits[0].revents != 0) {
      return;
    }
    can_accept = AcceptOne();
  }
}

bool GrpcListener::AcceptOne() {
  const int fd = accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) {
    return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
  }
  Remember(fd);
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
  connection.listener_fd = socket_.get();
  connection.fd = fd;
  acceptor_->HandleNewConnection(&connection);
  return true;
}

void GrpcListener::Remember(int fd) {
  const absl::MutexLock lock(&mutex_);
  if (sockets_.size() >= sweep_at_) {
    absl::erase_if(sockets_, [](const auto& known) { return PeerOf(known.second) != known.first; });
    sweep_at_ = std::max(sweep_at_, 2 * sockets_.size());
  }
  sockets_[PeerOf(fd)] = fd;
}

GrpcListener::Hold::Hold(const GrpcListener& listener, const std::vector<std::string>& peers) {
  if (peers.size() < 2) {
    return;
  }
  std::vector<int> fds;
  {
    const absl::MutexLock lock(&listener.mutex_);
    for (const std::string& peer : peers) {
      const auto known = listener.sockets_.find(peer);
      if (known != listener.sockets_.end()) {
        fds.push_back(known->second);
      }
    }
  }
  std::sort(fds.begin(), fds.end());
  for (size_t i = 1; i < fds.size(); ++i) {
    if (fds[i] == fds[i - 1] && (fds_.empty() || fds_.back() != fds[i])) {
      fds_.push_back(fds[i]);
      Cork(fds[i], true);
    }
  }
}

GrpcListener::Hold::~Hold() {
  for (const int fd : fds_) {
    Cork(fd, false);
  }
}

}  // namespace cloudmap::api
