#include "server/dns/resolver/resolv_conf.h"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace cloudmap::dns {
namespace {

constexpr uint16_t kPort = 53;

}  // namespace

std::vector<SocketAddress> ParseResolvConf(absl::string_view text) {
  std::vector<SocketAddress> servers;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!absl::ConsumePrefix(&line, "nameserver") || line.empty() ||
        !absl::ascii_isspace(static_cast<unsigned char>(line[0]))) {
      continue;
    }
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    const std::string ip = words.empty() ? "" : ParseIp(words[0]);
    if (!ip.empty()) {
      servers.push_back(
          SocketAddress::Of({reinterpret_cast<const uint8_t*>(ip.data()), ip.size()}, kPort));
    }
  }
  return servers;
}

std::optional<std::vector<SocketAddress>> ResolvConf::Changed() {
  struct stat file {};
  if (stat(path_.c_str(), &file) != 0) {
    return std::nullopt;
  }
  std::string now = absl::StrCat(file.st_ino, " ", file.st_size, " ", file.st_mtim.tv_sec, " ",
                                 file.st_mtim.tv_nsec);
  if (now == seen_) {
    return std::nullopt;
  }
  std::ifstream in(path_);
  std::ostringstream text;
  text << in.rdbuf();
  std::vector<SocketAddress> servers = ParseResolvConf(text.str());
  if (!in.good() || servers.empty()) {
    return std::nullopt;
  }
  seen_ = std::move(now);
  return servers;
}

}  // namespace cloudmap::dns
