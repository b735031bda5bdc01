// Listening TCP sockets.
//
//   ASSIGN_OR_RETURN(UniqueFd listening, ListenTcp("--http-listen", "127.0.0.1:8055"));
//   SocketAddress::OfSocket(listening.get()).ToString();    // with the port, if it was 0
//
// They do not block and close on exec; connections that they accept send at once (TCP_NODELAY).
// Unavailable, with the system's reason, when the address cannot be had.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/net/address.h"
#include "server/net/unique_fd.h"

namespace cloudmap {

// Port 0 picks a free one, which `address` then says. An address is of one family, for TCP as for
// UDP (BindUdp): `[::]` is every IPv6 address of the host and no IPv4 one, `0.0.0.0` every IPv4
// one.
absl::StatusOr<UniqueFd> ListenTcp(SocketAddress& address);

// The same for an option's value. Errors name the option; InvalidArgument when the value is not
// "ip:port".
absl::StatusOr<UniqueFd> ListenTcp(absl::string_view option, absl::string_view value);

}  // namespace cloudmap
