// An IP address and port, as the sockets API wants it and as people write it.
//
//   ASSIGN_OR_RETURN(SocketAddress address, SocketAddress::Parse("[::1]:8053"));
//   bind(fd, address.get(), address.size());
//   address.ToString();                        // "[::1]:8053"
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cloudmap {

class SocketAddress {
 public:
  SocketAddress() : v6_{} {}

  // "192.0.2.1:53" or "[2001:db8::1]:53"; names are not resolved. InvalidArgument otherwise.
  static absl::StatusOr<SocketAddress> Parse(absl::string_view text);
  // The same, and an address alone, which gets `default_port`.
  static absl::StatusOr<SocketAddress> Parse(absl::string_view text, uint16_t default_port);
  // `ip` is 4 or 16 bytes in network order.
  static SocketAddress Of(std::span<const uint8_t> ip, uint16_t port);

  // The address that `fd` is bound to, or that its peer has.
  static SocketAddress OfSocket(int fd);
  static SocketAddress OfPeer(int fd);

  bool is_v4() const { return any_.sa_family == AF_INET; }
  uint16_t port() const;
  void set_port(uint16_t port);
  // 4 or 16 bytes in network order.
  std::span<const uint8_t> ip() const;
  // 0.0.0.0 or ::.
  bool is_wildcard() const;
  bool is_loopback() const;
  std::string ToString() const;
  // Without the port and without brackets.
  std::string IpString() const;

  const sockaddr* get() const { return &any_; }
  sockaddr* get() { return &any_; }
  socklen_t size() const { return is_v4() ? sizeof(v4_) : sizeof(v6_); }
  static constexpr socklen_t kMaxSize = sizeof(sockaddr_in6);

 private:
  union {
    sockaddr any_;
    sockaddr_in v4_;
    sockaddr_in6 v6_;
  };
};

// "192.0.2.1" or "2001:db8::1" to 4 or 16 bytes in network order; empty when it is neither.
std::string ParseIp(absl::string_view text);

// A range of addresses, "10.0.0.0/8" or a lone address.
class IpPrefix {
 public:
  static absl::StatusOr<IpPrefix> Parse(absl::string_view text);
  // `ip` is 4 or 16 bytes in network order; families never match each other.
  bool Contains(std::span<const uint8_t> ip) const;

  // The address as it was given, 4 or 16 bytes, of which the first bits() count.
  std::span<const uint8_t> ip() const {
    return {reinterpret_cast<const uint8_t*>(ip_.data()), ip_.size()};
  }
  int bits() const { return bits_; }

 private:
  std::string ip_;
  int bits_ = 0;
};

}  // namespace cloudmap
