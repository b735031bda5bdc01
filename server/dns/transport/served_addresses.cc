#include "server/dns/transport/served_addresses.h"

#include <algorithm>

#include "server/net/address.h"
#include "server/net/interfaces.h"

namespace cloudmap::dns {
namespace {

bool IsLinkLocal(const SocketAddress& address) {
  return !address.is_v4() && IN6_IS_ADDR_LINKLOCAL(address.ip().data());
}

}  // namespace

std::vector<std::string> ServedAddresses(const std::vector<std::string>& listen) {
  std::vector<SocketAddress> found;
  for (const std::string& text : listen) {
    const SocketAddress address = *SocketAddress::Parse(text);
    if (!address.is_wildcard()) {
      found.push_back(address);
      continue;
    }
    const IpFamily family = address.is_v4() ? IpFamily::kV4 : IpFamily::kV6;
    for (const std::string& own : InterfaceAddresses(family)) {
      found.push_back(*SocketAddress::Parse(own, /*default_port=*/0));
    }
  }
  std::erase_if(found, IsLinkLocal);
  const bool only_loopback =
      std::all_of(found.begin(), found.end(), [](const auto& ip) { return ip.is_loopback(); });
  std::vector<std::string> served;
  for (const SocketAddress& address : found) {
    const std::string ip = address.IpString();
    const bool known = std::find(served.begin(), served.end(), ip) != served.end();
    if (!known && (only_loopback || !address.is_loopback())) {
      served.push_back(ip);
    }
  }
  return served;
}

}  // namespace cloudmap::dns
