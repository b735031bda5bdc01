#include "server/net/interfaces.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <cstring>
#include <memory>
#include <span>

#include "server/net/address.h"

namespace cloudmap {
namespace {

// The address in text, "" for one of another family or a link-local one.
std::string TextOf(const sockaddr& address, IpFamily family) {
  if (address.sa_family == AF_INET && family != IpFamily::kV6) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof(v4));
    const auto* bytes = reinterpret_cast<const uint8_t*>(&v4.sin_addr);
    return SocketAddress::Of({bytes, 4}, 0).IpString();
  }
  if (address.sa_family == AF_INET6 && family != IpFamily::kV4) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof(v6));
    if (!IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr)) {
      return SocketAddress::Of({v6.sin6_addr.s6_addr, 16}, 0).IpString();
    }
  }
  return "";
}

}  // namespace

std::vector<std::string> InterfaceAddresses(IpFamily family) {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) {
    return {};
  }
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, freeifaddrs);
  std::vector<std::string> loopback;
  std::vector<std::string> others;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_UP) == 0) {
      continue;
    }
    std::string text = TextOf(*entry->ifa_addr, family);
    if (!text.empty()) {
      ((entry->ifa_flags & IFF_LOOPBACK) != 0 ? loopback : others).push_back(std::move(text));
    }
  }
  return others.empty() ? loopback : others;
}

}  // namespace cloudmap
