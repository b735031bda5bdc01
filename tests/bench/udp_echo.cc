// The bound of the DNS bench: the least that any UDP server does. Sends every packet back with 120
// bytes more, by the same batches as UdpWorker. udp_echo ADDR:PORT prints the address when ready
// and runs until it is killed.
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <iostream>
#include <memory>

#include "server/net/udp_socket.h"

namespace {

constexpr size_t kBatch = 32;
constexpr size_t kPacketBytes = 2112;
constexpr size_t kExtraBytes = 120;

struct Batch {
  std::array<mmsghdr, kBatch> messages{};
  std::array<iovec, kBatch> views{};
  std::array<cloudmap::SocketAddress, kBatch> clients;
  std::array<std::array<char, kPacketBytes + kExtraBytes>, kBatch> packets{};
};

void Echo(int fd) {
  const auto batch = std::make_unique<Batch>();
  for (size_t i = 0; i < kBatch; ++i) {
    batch->messages[i].msg_hdr.msg_iov = &batch->views[i];
    batch->messages[i].msg_hdr.msg_iovlen = 1;
    batch->messages[i].msg_hdr.msg_name = batch->clients[i].get();
  }
  while (true) {
    for (size_t i = 0; i < kBatch; ++i) {
      batch->views[i] = {batch->packets[i].data(), kPacketBytes};
      batch->messages[i].msg_hdr.msg_namelen = cloudmap::SocketAddress::kMaxSize;
    }
    const int count = recvmmsg(fd, batch->messages.data(), kBatch, MSG_WAITFORONE, nullptr);
    if (count <= 0) {
      continue;
    }
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      // A response flag, so that a DNS load generator counts it as an answer.
      batch->packets[i][2] = static_cast<char>(batch->packets[i][2] | 0x80);
      batch->views[i].iov_len = batch->messages[i].msg_len + kExtraBytes;
    }
    sendmmsg(fd, batch->messages.data(), static_cast<unsigned>(count), 0);
  }
}

}  // namespace

int main(int argc, char** argv) {
  auto address = cloudmap::SocketAddress::Parse(argc > 1 ? argv[1] : "");
  if (!address.ok()) {
    std::fprintf(stderr, "usage: udp_echo ADDR:PORT\n");
    return 2;
  }
  const auto sockets = cloudmap::BindUdp(*address, 1);
  if (!sockets.ok()) {
    std::cerr << sockets.status().message() << '\n';
    return 1;
  }
  std::cout << address->ToString() << std::endl;
  Echo((*sockets)[0].get());
}
