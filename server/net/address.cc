#include "server/net/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "registry/base/check.h"
#include "registry/base/status_macros.h"

namespace cloudmap {
namespace {

absl::Status BadAddress(absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is not an address such as 127.0.0.1:8053 or [::1]:8053"));
}

}  // namespace

std::string ParseIp(absl::string_view text) {
  const std::string zero_terminated(text);
  std::array<uint8_t, 16> bytes{};
  size_t size = 0;
  if (inet_pton(AF_INET, zero_terminated.c_str(), bytes.data()) == 1) {
    size = 4;
  } else if (inet_pton(AF_INET6, zero_terminated.c_str(), bytes.data()) == 1) {
    size = 16;
  }
  return std::string(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
}

absl::StatusOr<SocketAddress> SocketAddress::Parse(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) {
    return BadAddress(text);
  }
  absl::string_view ip = text.substr(0, colon);
  const bool bracketed = ip.size() > 2 && ip.front() == '[' && ip.back() == ']';
  if (bracketed) {
    ip = ip.substr(1, ip.size() - 2);
  }
  const absl::string_view digits = text.substr(colon + 1);
  uint32_t port = 0;
  const bool all_digits =
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits.empty() || !all_digits || !absl::SimpleAtoi(digits, &port) || port > 65535) {
    return BadAddress(text);
  }
  const std::string bytes = ParseIp(ip);
  if (bytes.empty() || bracketed != (bytes.size() == 16)) {
    return BadAddress(text);
  }
  return Of({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
            static_cast<uint16_t>(port));
}

absl::StatusOr<SocketAddress> SocketAddress::Parse(absl::string_view text, uint16_t default_port) {
  const std::string bytes = ParseIp(text);
  if (bytes.empty()) {
    return Parse(text);
  }
  return Of({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, default_port);
}

SocketAddress SocketAddress::Of(std::span<const uint8_t> ip, uint16_t port) {
  CLOUDMAP_CHECK(ip.size() == 4 || ip.size() == 16, "an IP address has 4 or 16 bytes");
  SocketAddress address;
  if (ip.size() == 4) {
    address.v4_ = sockaddr_in{};
    address.v4_.sin_family = AF_INET;
    std::memcpy(&address.v4_.sin_addr, ip.data(), 4);
  } else {
    address.v6_.sin6_family = AF_INET6;
    std::memcpy(&address.v6_.sin6_addr, ip.data(), 16);
  }
  address.set_port(port);
  return address;
}

SocketAddress SocketAddress::OfSocket(int fd) {
  SocketAddress address;
  socklen_t size = kMaxSize;
  CLOUDMAP_CHECK(getsockname(fd, address.get(), &size) == 0, "getsockname");
  return address;
}

SocketAddress SocketAddress::OfPeer(int fd) {
  SocketAddress address;
  socklen_t size = kMaxSize;
  // A peer that is gone already has no address; the wildcard stands for it.
  if (getpeername(fd, address.get(), &size) != 0) {
    address = SocketAddress();
  }
  return address;
}

uint16_t SocketAddress::port() const { return ntohs(is_v4() ? v4_.sin_port : v6_.sin6_port); }

void SocketAddress::set_port(uint16_t port) {
  (is_v4() ? v4_.sin_port : v6_.sin6_port) = htons(port);
}

std::span<const uint8_t> SocketAddress::ip() const {
  if (is_v4()) {
    return {reinterpret_cast<const uint8_t*>(&v4_.sin_addr), 4};
  }
  return {reinterpret_cast<const uint8_t*>(&v6_.sin6_addr), 16};
}

bool SocketAddress::is_wildcard() const {
  const auto bytes = ip();
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t b) { return b == 0; });
}

bool SocketAddress::is_loopback() const {
  return is_v4() ? ip()[0] == 127 : IN6_IS_ADDR_LOOPBACK(&v6_.sin6_addr);
}

std::string SocketAddress::IpString() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(is_v4() ? AF_INET : AF_INET6, ip().data(), text.data(), text.size());
  return text.data();
}

std::string SocketAddress::ToString() const {
  return is_v4() ? absl::StrCat(IpString(), ":", port())
                 : absl::StrCat("[", IpString(), "]:", port());
}

absl::StatusOr<IpPrefix> IpPrefix::Parse(absl::string_view text) {
  const size_t slash = text.find('/');
  IpPrefix prefix;
  prefix.ip_ = ParseIp(text.substr(0, slash));
  const int max_bits = static_cast<int>(prefix.ip_.size()) * 8;
  prefix.bits_ = max_bits;
  const bool bits_ok = slash == absl::string_view::npos ||
                       (absl::SimpleAtoi(text.substr(slash + 1), &prefix.bits_) &&
                        prefix.bits_ >= 0 && prefix.bits_ <= max_bits);
  if (prefix.ip_.empty() || !bits_ok) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is not an address range such as 10.0.0.0/8 or 2001:db8::/32"));
  }
  return prefix;
}

bool IpPrefix::Contains(std::span<const uint8_t> ip) const {
  if (ip.size() != ip_.size()) {
    return false;
  }
  const size_t whole = static_cast<size_t>(bits_) / 8;
  if (std::memcmp(ip.data(), ip_.data(), whole) != 0) {
    return false;
  }
  const int rest = bits_ % 8;
  const auto mask = static_cast<uint8_t>(0xff00 >> rest);
  return rest == 0 || (ip[whole] & mask) == (static_cast<uint8_t>(ip_[whole]) & mask);
}

}  // namespace cloudmap
