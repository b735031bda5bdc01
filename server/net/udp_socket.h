// UDP sockets of a server: several on one address, between which the kernel spreads the clients.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "server/net/address.h"
#include "server/net/unique_fd.h"

namespace cloudmap {

// `count` blocking sockets on `address` (SO_REUSEPORT). Port 0 picks a free one, the same for all,
// and `address` then says which. Unavailable with the reason when the address cannot be had, which
// includes that another process has it.
//
// Datagrams are sent without path-MTU state and never believe ICMP (IP_PMTUDISC_OMIT). On a
// wildcard address each received packet comes with the address it was sent to (IP_PKTINFO,
// IPV6_PKTINFO).
absl::StatusOr<std::vector<UniqueFd>> BindUdp(SocketAddress& address, int count);

}  // namespace cloudmap
