#include "server/dns/secondary/notifier.h"

#include <string>

#include "server/dns/testing/test_client.h"
#include "server/net/udp_socket.h"

namespace cloudmap::dns {
namespace {

// A secondary that is told.
class Secondary {
 public:
  Secondary() : address_(*SocketAddress::Parse("127.0.0.1:0")) {
    sockets_ = *BindUdp(address_, 1);
    const timeval limit{60, 0};
    setsockopt(sockets_[0].get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  const SocketAddress& address() const { return address_; }

  // The next NOTIFY.
  Response Receive() {
    Bytes packet(512);
    socklen_t from_size = SocketAddress::kMaxSize;
    const ssize_t size =
        recvfrom(sockets_[0].get(), packet.data(), packet.size(), 0, from_.get(), &from_size);
    packet.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return Response(std::move(packet));
  }
  // Answers whom the last one came from; `packet` is the NOTIFY, which may have been changed.
  void Confirm(Bytes packet) {
    packet[2] |= 0x80;
    sendto(sockets_[0].get(), packet.data(), packet.size(), 0, from_.get(), from_.size());
  }
  Response ReceiveAndConfirm() {
    Response notify = Receive();
    Confirm(notify.bytes());
    return notify;
  }

 private:
  SocketAddress address_;
  SocketAddress from_;
  std::vector<UniqueFd> sockets_;
};

TEST(Notifier, Rfc1996TellsOfEachChangeUntilItIsConfirmed) {
  TestRegistry registry;
  registry.AddNamespace("sd.local");
  registry.Commit();
  Secondary secondary;
  Notifier notifier({secondary.address()}, {}, registry.publisher().zones(), 1,
                    absl::Milliseconds(1));
  ASSERT_TRUE(notifier.Start().ok());

  // Asked again with the same id while nobody confirms.
  const Response first = secondary.Receive();
  EXPECT_EQ(ldns_pkt_get_opcode(first.packet()), LDNS_PACKET_NOTIFY);
  EXPECT_TRUE(first.aa());
  ASSERT_THAT(first.answer(), testing::SizeIs(1));
  EXPECT_THAT(first.answer()[0], testing::StartsWith("sd.local. 15 IN SOA cloudmapd-ns.sd.local. "
                                                     "hostmaster.sd.local. 1 "));
  EXPECT_EQ(secondary.ReceiveAndConfirm().bytes(), first.bytes());

  registry.AddService("web", {{v1::RECORD_TYPE_A, 60}});
  registry.AddInstance("web", "i", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
  registry.Commit();
  // Retries of the first may be on their way still.
  Response next = secondary.ReceiveAndConfirm();
  for (int i = 0; i < 10 && next.bytes() == first.bytes(); ++i) {
    next = secondary.ReceiveAndConfirm();
  }
  EXPECT_THAT(next.answer()[0], testing::HasSubstr("hostmaster.sd.local. 2 "));
  notifier.Stop();
}

// Ids have 16 bits, so that of thousands of zones some have the same.
TEST(Notifier, AConfirmationIsForTheZoneThatItNames) {
  TestRegistry registry;
  registry.AddNamespace("sd.local");
  registry.Commit();
  Secondary secondary;
  Notifier notifier({secondary.address()}, {}, registry.publisher().zones(), 1,
                    absl::Milliseconds(1));
  ASSERT_TRUE(notifier.Start().ok());
  for (int i = 0; i < 3; ++i) {
    const Response notify = secondary.Receive();
    ASSERT_FALSE(notify.none()) << "asked again, since nobody confirmed";
    Bytes of_another_zone = notify.bytes();
    of_another_zone[kHeaderSize + 1] = 'x';
    secondary.Confirm(of_another_zone);
  }
  notifier.Stop();
}

}  // namespace
}  // namespace cloudmap::dns
