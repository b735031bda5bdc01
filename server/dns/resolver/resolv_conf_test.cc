#include "server/dns/resolver/resolv_conf.h"

#include <cstdio>
#include <fstream>

#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace cloudmap::dns {
namespace {

std::vector<std::string> Texts(const std::vector<SocketAddress>& servers) {
  std::vector<std::string> texts;
  for (const SocketAddress& server : servers) {
    texts.push_back(server.ToString());
  }
  return texts;
}

TEST(ResolvConf, NameServersInTheirOrder) {
  EXPECT_EQ(Texts(ParseResolvConf("# nameserver 192.0.2.9\n"
                                  "search sd.local\n"
                                  "  nameserver\t192.0.2.1  # first\n"
                                  "nameserver 2001:db8::1\n"
                                  "nameservers 192.0.2.8\n"
                                  "nameserver localhost\n"
                                  "options ndots:5\n"
                                  "nameserver 192.0.2.2")),
            (std::vector<std::string>{"192.0.2.1:53", "[2001:db8::1]:53", "192.0.2.2:53"}));
}

TEST(ResolvConf, IsReadAgainWhenItChangesAndAnEmptiedFileKeepsWhatIsKnown) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/resolv.conf";
  const auto write = [&path](const std::string& text) {
    // As DHCP clients do: another file takes its place.
    std::ofstream(path + ".new") << text;
    ASSERT_EQ(std::rename((path + ".new").c_str(), path.c_str()), 0);
  };
  ResolvConf file(path);
  EXPECT_FALSE(file.Changed().has_value()) << "there is none";
  write("nameserver 192.0.2.1\n");
  EXPECT_EQ(Texts(*file.Changed()), std::vector<std::string>{"192.0.2.1:53"});
  EXPECT_FALSE(file.Changed().has_value());
  write("nameserver 192.0.2.2\n");
  EXPECT_EQ(Texts(*file.Changed()), std::vector<std::string>{"192.0.2.2:53"});
  write("");
  EXPECT_FALSE(file.Changed().has_value());
}

}  // namespace
}  // namespace cloudmap::dns
