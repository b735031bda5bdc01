// ServedAddresses: where other hosts find DNS of this server, for the NS records of its zones.
//
//   ServedAddresses({"0.0.0.0:53"});                      // {"192.0.2.7"}: the interfaces' own
//   ServedAddresses({"127.0.0.1:53", "192.0.2.7:53"});    // {"192.0.2.7"}
#pragma once

#include <string>
#include <vector>

namespace cloudmap::dns {

// The IP addresses, in text and each once, that listeners on `listen` ("ip:port") answer at. A
// wildcard stands for the addresses that this host's interfaces have now: `0.0.0.0` for IPv4 and
// `[::]` for IPv6 alone, which is what DNS listens on. Loopback is left out unless there is nothing
// else, because to another host it is another server; so are IPv6 link-local addresses, which mean
// nothing without their interface. REQUIRES: every element is an address as SocketAddress::Parse
// takes it.
std::vector<std::string> ServedAddresses(const std::vector<std::string>& listen);

}  // namespace cloudmap::dns
