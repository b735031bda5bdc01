#include "server/net/tcp_listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/net/address.h"

namespace cloudmap {

absl::StatusOr<UniqueFd> ListenTcp(absl::string_view option, absl::string_view address) {
  const absl::StatusOr<SocketAddress> parsed = SocketAddress::Parse(address);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, " ", address, ": ", parsed.status().message()));
  }
  UniqueFd fd(
      socket(parsed->get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  const int on = 1;
  const int off = 0;
  if (fd.get() < 0 || setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
      (!parsed->is_v4() &&
       setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0) ||
      bind(fd.get(), parsed->get(), parsed->size()) != 0 || listen(fd.get(), SOMAXCONN) != 0) {
    std::string reason = std::strerror(errno);
    reason[0] = absl::ascii_tolower(static_cast<unsigned char>(reason[0]));
    return absl::UnavailableError(absl::StrCat(option, " ", address, ": ", reason));
  }
  return fd;
}

}  // namespace cloudmap
