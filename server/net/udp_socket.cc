#include "server/net/udp_socket.h"

#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "registry/base/status_macros.h"
#include "server/net/system_error.h"

namespace cloudmap {
namespace {

// As much as net.core.rmem_max lets a burst of queries wait.
constexpr int kReceiveBufferBytes = 4 << 20;

absl::Status SystemError(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", ReasonOf(errno)));
}

absl::Status SetOption(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof(value)) == 0 ? absl::OkStatus()
                                                                 : SystemError("setsockopt");
}

absl::StatusOr<UniqueFd> OpenUdp(const SocketAddress& address) {
  UniqueFd fd(socket(address.get()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) {
    return SystemError("socket");
  }
  RETURN_IF_ERROR(SetOption(fd.get(), SOL_SOCKET, SO_RCVBUF, kReceiveBufferBytes));
  if (address.is_v4()) {
    RETURN_IF_ERROR(SetOption(fd.get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT));
    if (address.is_wildcard()) {
      RETURN_IF_ERROR(SetOption(fd.get(), IPPROTO_IP, IP_PKTINFO, 1));
    }
    return fd;
  }
  RETURN_IF_ERROR(SetOption(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1));
  RETURN_IF_ERROR(SetOption(fd.get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT));
  if (address.is_wildcard()) {
    RETURN_IF_ERROR(SetOption(fd.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, 1));
  }
  return fd;
}

}  // namespace

absl::StatusOr<std::vector<UniqueFd>> BindUdp(SocketAddress& address, int count) {
  std::vector<UniqueFd> sockets;
  for (int i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(UniqueFd fd, OpenUdp(address));
    // The first one binds before it shares, so that an address in use is noticed.
    if (i > 0) {
      RETURN_IF_ERROR(SetOption(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1));
    }
    if (bind(fd.get(), address.get(), address.size()) != 0) {
      return SystemError("bind");
    }
    if (i == 0) {
      RETURN_IF_ERROR(SetOption(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1));
      address = SocketAddress::OfSocket(fd.get());
    }
    sockets.push_back(std::move(fd));
  }
  return sockets;
}

}  // namespace cloudmap
