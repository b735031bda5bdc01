// The addresses of this host's network interfaces.
#pragma once

#include <string>
#include <vector>

namespace cloudmap {

// Those that are up, without loopback and IPv6 link-local ones; loopback if there are no others.
// `v4_only` leaves out IPv6.
std::vector<std::string> InterfaceAddresses(bool v4_only);

}  // namespace cloudmap
