#include "server/grpc/grpc_listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/asio/post.hpp"
#include "registry/base/status_macros.h"
#include "registry/base/thread.h"
#include "server/net/io_context.h"
#include "server/net/tcp_listener.h"

namespace cloudmap::api {
namespace {

// As ServerContext::peer() writes it.
std::string PeerName(const SocketAddress& peer) {
  return peer.is_v4() ? absl::StrCat("ipv4:", peer.ToString())
                      : absl::StrCat("ipv6:%5B", peer.IpString(), "%5D:", peer.port());
}

void Cork(int fd, bool on) {
  const int value = on ? 1 : 0;
  setsockopt(fd, IPPROTO_TCP, TCP_CORK, &value, sizeof(value));
}

}  // namespace

absl::Status GrpcListener::Listen(const std::string& address) {
  if (io_ == nullptr) {
    ASSIGN_OR_RETURN(io_, MakeIoContext());
  }
  ASSIGN_OR_RETURN(UniqueFd listening, ListenTcp("--grpc-listen", address));
  bound_.push_back(SocketAddress::OfSocket(listening.get()).ToString());
  acceptors_.push_back(std::make_unique<Acceptor>(
      *io_, std::move(listening), [this](UniqueFd connection, const SocketAddress& peer) {
        HandOver(std::move(connection), peer);
      }));
  return absl::OkStatus();
}

void GrpcListener::AddTo(grpc::ServerBuilder& builder,
                         std::shared_ptr<grpc::ServerCredentials> credentials) {
  using Type = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
  grpc_ =
      builder.experimental().AddExternalConnectionAcceptor(Type::FROM_FD, std::move(credentials));
}

absl::Status GrpcListener::Start() {
  for (const std::unique_ptr<Acceptor>& acceptor : acceptors_) {
    RETURN_IF_ERROR(acceptor->Start());
  }
  // It ends when the last acceptor has stopped.
  ASSIGN_OR_RETURN(thread_, StartThread("grpc-accept", [this] { io_->run(); }));
  return absl::OkStatus();
}

void GrpcListener::Stop() {
  if (thread_.joinable()) {
    boost::asio::post(*io_, [this] {
      for (const std::unique_ptr<Acceptor>& acceptor : acceptors_) {
        acceptor->Stop();
      }
    });
    thread_.join();
  }
  acceptors_.clear();
}

void GrpcListener::CloseConnections() {
  const absl::MutexLock lock(&mutex_);
  for (const auto& [peer, fd] : sockets_) {
    // The descriptor stays gRPC's, which sees the end of the connection.
    if (PeerName(SocketAddress::OfPeer(fd)) == peer) {
      shutdown(fd, SHUT_RDWR);
    }
  }
}

size_t GrpcListener::known_connections() const {
  const absl::MutexLock lock(&mutex_);
  return sockets_.size();
}

void GrpcListener::HandOver(UniqueFd connection, const SocketAddress& peer) {
  Remember(connection.get(), peer);
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.listener_fd = -1;
  parameters.fd = connection.Release();
  grpc_->HandleNewConnection(&parameters);
}

void GrpcListener::Remember(int fd, const SocketAddress& peer) {
  const absl::MutexLock lock(&mutex_);
  if (sockets_.size() >= sweep_at_) {
    absl::erase_if(sockets_, [](const auto& known) {
      return PeerName(SocketAddress::OfPeer(known.second)) != known.first;
    });
    sweep_at_ = std::max(sweep_at_, 2 * sockets_.size());
  }
  sockets_[PeerName(peer)] = fd;
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
