// The addresses of this host's network interfaces.
//
//   InterfaceAddresses(IpFamily::kV4);        // {"192.0.2.7"}
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cloudmap {

enum class IpFamily : uint8_t { kV4, kV6 };

// The addresses of that family in text, of interfaces that are up, without loopback and IPv6
// link-local ones; those of loopback when there are no others. Empty when the kernel does not say.
std::vector<std::string> InterfaceAddresses(IpFamily family);

}  // namespace cloudmap
