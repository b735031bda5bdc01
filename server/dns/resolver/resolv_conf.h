// The name servers of /etc/resolv.conf, followed as the file changes (DHCP, VPNs, containers).
//
//   ResolvConf file("/etc/resolv.conf");
//   if (std::optional<std::vector<SocketAddress>> servers = file.Changed()) ...
//
// Not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/net/address.h"

namespace cloudmap::dns {

// The addresses behind `nameserver`, port 53, in order (resolv.conf(5)); all else is left out.
std::vector<SocketAddress> ParseResolvConf(absl::string_view text);

class ResolvConf {
 public:
  explicit ResolvConf(std::string path) : path_(std::move(path)) {}

  // The servers, if the file is another one than at the last call: its inode, size or time of
  // change differs. Nothing while it is as it was, cannot be read, or names no server: what is
  // known is better than nothing. Costs one system call.
  std::optional<std::vector<SocketAddress>> Changed();

 private:
  const std::string path_;
  // "inode size seconds nanoseconds" of the file that was read last.
  std::string seen_;
};

}  // namespace cloudmap::dns
