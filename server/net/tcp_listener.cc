#include "server/net/tcp_listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "server/net/system_error.h"

namespace cloudmap {

absl::StatusOr<UniqueFd> ListenTcp(SocketAddress& address) {
  UniqueFd fd(
      socket(address.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  const int on = 1;
  if (fd.get() < 0 || setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
      (!address.is_v4() && setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
      bind(fd.get(), address.get(), address.size()) != 0 || listen(fd.get(), SOMAXCONN) != 0) {
    return absl::UnavailableError(ReasonOf(errno));
  }
  address = SocketAddress::OfSocket(fd.get());
  return fd;
}

absl::StatusOr<UniqueFd> ListenTcp(absl::string_view option, absl::string_view value) {
  absl::StatusOr<SocketAddress> address = SocketAddress::Parse(value);
  absl::StatusOr<UniqueFd> listening =
      address.ok() ? ListenTcp(*address) : absl::StatusOr<UniqueFd>(address.status());
  if (!listening.ok()) {
    const absl::Status& status = listening.status();
    return absl::Status(status.code(), absl::StrCat(option, " ", value, ": ", status.message()));
  }
  return listening;
}

}  // namespace cloudmap
