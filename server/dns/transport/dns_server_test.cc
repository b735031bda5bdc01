// The DNS side over real sockets on loopback addresses.
#include "server/dns/transport/dns_server.h"

#include <sys/socket.h>

#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/read.hpp"
#include "boost/asio/ssl.hpp"
#include "boost/asio/write.hpp"
#include "server/dns/answer/warm_up.h"
#include "server/dns/testing/test_client.h"
#include "server/net/testing/test_identity.h"
#include "server/net/tls.h"

namespace cloudmap::dns {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

// A client socket whose calls end at the latest when the test has failed anyway.
class ClientSocket {
 public:
  ClientSocket(int kind, const SocketAddress& server)
      : fd_(socket(server.get()->sa_family, kind | SOCK_CLOEXEC, 0)) {
    const timeval limit{60, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    EXPECT_EQ(connect(fd_.get(), server.get(), server.size()), 0);
  }
  ClientSocket(int kind, const std::string& server)
      : ClientSocket(kind, *SocketAddress::Parse(server)) {}

  void Send(const Bytes& bytes) {
    EXPECT_EQ(send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  Response ReceiveDatagram() {
    Bytes bytes(65536);
    const ssize_t size = recv(fd_.get(), bytes.data(), bytes.size(), 0);
    bytes.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return Response(std::move(bytes));
  }
  // One frame; none at the end of the stream.
  Response ReceiveFrame() {
    Bytes length = ReceiveExactly(2);
    return Response(length.empty() ? Bytes() : ReceiveExactly(Load16(length.data())));
  }
  // True when the peer closes without sending more.
  bool AtEnd() {
    uint8_t byte = 0;
    const ssize_t size = recv(fd_.get(), &byte, 1, 0);
    return size == 0 || (size < 0 && errno != EAGAIN);
  }
  void FinishSending() { shutdown(fd_.get(), SHUT_WR); }

 private:
  Bytes ReceiveExactly(size_t size) {
    Bytes bytes(size);
    const ssize_t got = recv(fd_.get(), bytes.data(), size, MSG_WAITALL);
    return got == static_cast<ssize_t>(size) ? bytes : Bytes();
  }

  UniqueFd fd_;
};

Bytes Frame(const Bytes& packet) {
  Bytes frame;
  Append16(frame, static_cast<uint16_t>(packet.size()));
  frame.insert(frame.end(), packet.begin(), packet.end());
  return frame;
}

class DnsServerTest : public testing::Test {
 protected:
  DnsServerTest() {
    registry_.AddNamespace("sd.local");
    registry_.AddService("web", {{v1::RECORD_TYPE_A, 60}});
    registry_.AddInstance("web", "i-1", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
    registry_.Commit();
    options_.listen = {"127.0.0.1:0"};
  }

  void Start() {
    server_ = std::make_unique<DnsServer>(options_, registry_.publisher().zones(), random_);
    ASSERT_TRUE(server_->Start().ok());
  }
  void StartWithTls() {
    auto tls = TlsCertificates::Load(identity_.Files());
    ASSERT_TRUE(tls.ok()) << tls.status();
    tls_ = *std::move(tls);
    options_.dot_listen = {"127.0.0.1:0"};
    options_.tls = tls_.get();
    Start();
  }
  const std::string& address() const { return server_->BoundAddresses()[0]; }

  const TestQuery query_{"web.sd.local", type::kA};
  TestRegistry registry_;
  RealRandom random_;
  const TestIdentity identity_{"dns"};
  std::unique_ptr<TlsCertificates> tls_;
  DnsServerOptions options_;
  std::unique_ptr<DnsServer> server_;
};

TEST_F(DnsServerTest, UdpAndTcpAnswerOnTheSamePort) {
  options_.listen = {"127.0.0.1:0", "[::1]:0"};
  Start();
  ASSERT_THAT(server_->BoundAddresses(), SizeIs(2));
  for (const std::string& bound : server_->BoundAddresses()) {
    ClientSocket udp(SOCK_DGRAM, bound);
    udp.Send(query_.Packet());
    EXPECT_THAT(udp.ReceiveDatagram().answer(), SizeIs(1)) << bound;
    ClientSocket tcp(SOCK_STREAM, bound);
    tcp.Send(Frame(query_.Packet()));
    EXPECT_THAT(tcp.ReceiveFrame().answer(), SizeIs(1)) << bound;
  }
}

TEST_F(DnsServerTest, WildcardAnswersFromTheAddressThatWasAsked) {
  options_.listen = {"0.0.0.0:0", "[::]:0"};
  options_.workers = 2;
  Start();
  for (const char* ip : {"127.0.0.1", "127.0.0.2", "127.1.2.3"}) {
    SocketAddress server = *SocketAddress::Parse(address());
    ClientSocket udp(SOCK_DGRAM, absl::StrCat(ip, ":", server.port()));
    // A connected socket takes no answer from another address.
    udp.Send(query_.Packet());
    EXPECT_THAT(udp.ReceiveDatagram().answer(), SizeIs(1)) << ip;
  }
  const auto v6 = SocketAddress::Parse(server_->BoundAddresses()[1]);
  ClientSocket udp(SOCK_DGRAM, absl::StrCat("[::1]:", v6->port()));
  udp.Send(query_.Packet());
  EXPECT_THAT(udp.ReceiveDatagram().answer(), SizeIs(1));
}

// So many names that a batch's look-ups wait for memory together.
TEST_F(DnsServerTest, BatchesOfALargeTableAreAnsweredLikeOthers) {
  constexpr int kNames = 20'001;
  for (int i = 0; i < kNames; ++i) {
    const std::string name = absl::StrCat("s", i);
    registry_.AddService(name, {{v1::RECORD_TYPE_A, 60}});
    registry_.AddInstance(name, "i", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
  }
  registry_.Commit();
  ASSERT_TRUE(WarmUp::IsFor(registry_.zones()));
  options_.workers = 1;
  Start();
  ClientSocket udp(SOCK_DGRAM, address());
  for (int round = 0; round < 20; ++round) {
    constexpr int kBatch = 40;
    for (int i = 0; i < kBatch; ++i) {
      // Some do not exist, some are malformed, some are in no zone.
      const int number = (round * kBatch + i) * 37 % (kNames + kNames / 10);
      TestQuery query(absl::StrCat("s", number, i % 8 == 3 ? ".elsewhere" : ".sd.local"), type::kA);
      Bytes packet = query.Packet();
      if (i % 8 == 5) {
        packet.resize(14);
      }
      udp.Send(packet);
    }
    for (int i = 0; i < kBatch; ++i) {
      const int number = (round * kBatch + i) * 37 % (kNames + kNames / 10);
      const ldns_pkt_rcode expected = i % 8 == 3        ? LDNS_RCODE_REFUSED
                                      : i % 8 == 5      ? LDNS_RCODE_FORMERR
                                      : number < kNames ? LDNS_RCODE_NOERROR
                                                        : LDNS_RCODE_NXDOMAIN;
      EXPECT_EQ(udp.ReceiveDatagram().rcode(), expected) << number;
    }
  }
}

TEST_F(DnsServerTest, AnAddressInUseOrMalformedIsNamed) {
  Start();
  DnsServerOptions same = options_;
  same.listen = {address()};
  DnsServer second(same, registry_.publisher().zones(), random_);
  const absl::Status in_use = second.Start();
  EXPECT_EQ(in_use.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(in_use.message()), HasSubstr("--dns-listen " + address()));
  EXPECT_THAT(std::string(in_use.message()), HasSubstr("address already in use"));
  same.listen = {"localhost"};
  DnsServer third(same, registry_.publisher().zones(), random_);
  EXPECT_EQ(third.Start().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(DnsServerTest, ChangeIsSeenByTheNextQueryOverUdpAndTcp) {
  Start();
  ClientSocket udp(SOCK_DGRAM, address());
  ClientSocket tcp(SOCK_STREAM, address());
  for (int i = 2; i < 200; ++i) {
    registry_.AddInstance("web", "i-1", {{"AWS_INSTANCE_IPV4", absl::StrCat("192.0.2.", i)}});
    registry_.Commit();
    const std::string expected = absl::StrCat("web.sd.local. 60 IN A 192.0.2.", i);
    udp.Send(query_.Packet());
    ASSERT_THAT(udp.ReceiveDatagram().answer(), testing::ElementsAre(expected));
    tcp.Send(Frame(query_.Packet()));
    ASSERT_THAT(tcp.ReceiveFrame().answer(), testing::ElementsAre(expected));
  }
}

TEST_F(DnsServerTest, AnswersWhileTheRegistryChanges) {
  options_.workers = 2;
  Start();
  std::atomic<bool> done{false};
  std::vector<std::thread> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back([&, i] {
      ClientSocket socket(i == 0 ? SOCK_DGRAM : SOCK_STREAM, address());
      while (!done.load()) {
        socket.Send(i == 0 ? query_.Packet() : Frame(query_.Packet()));
        const Response response = i == 0 ? socket.ReceiveDatagram() : socket.ReceiveFrame();
        ASSERT_FALSE(response.none());
        ASSERT_EQ(response.rcode(), LDNS_RCODE_NOERROR);
      }
    });
  }
  for (int i = 0; i < 500; ++i) {
    registry_.AddInstance("web", absl::StrCat("i-", i % 20),
                          {{"AWS_INSTANCE_IPV4", absl::StrCat("192.0.2.", i % 250)}});
    registry_.Commit();
  }
  done = true;
  for (std::thread& client : clients) {
    client.join();
  }
}

TEST_F(DnsServerTest, Rfc7766PipelinedQueriesAreAllAnswered) {
  Start();
  ClientSocket tcp(SOCK_STREAM, address());
  constexpr uint16_t kQueries = 2000;
  Bytes all;
  for (uint16_t id = 0; id < kQueries; ++id) {
    TestQuery query = query_;
    query.id = id;
    const Bytes frame = Frame(query.Packet());
    all.insert(all.end(), frame.begin(), frame.end());
  }
  std::thread sender([&] { tcp.Send(all); });
  for (uint16_t id = 0; id < kQueries; ++id) {
    const Response response = tcp.ReceiveFrame();
    ASSERT_FALSE(response.none()) << id;
    ASSERT_EQ(Load16(response.bytes().data()), id);
  }
  sender.join();
}

TEST_F(DnsServerTest, QueryInManySegmentsIsAnsweredOnce) {
  Start();
  ClientSocket tcp(SOCK_STREAM, address());
  for (const uint8_t byte : Frame(query_.Packet())) {
    tcp.Send({byte});
  }
  EXPECT_THAT(tcp.ReceiveFrame().answer(), SizeIs(1));
}

TEST_F(DnsServerTest, HalfClosedConnectionGetsItsAnswersAndTheEnd) {
  Start();
  ClientSocket tcp(SOCK_STREAM, address());
  tcp.Send(Frame(query_.Packet()));
  tcp.Send(Frame(query_.Packet()));
  tcp.FinishSending();
  EXPECT_THAT(tcp.ReceiveFrame().answer(), SizeIs(1));
  EXPECT_THAT(tcp.ReceiveFrame().answer(), SizeIs(1));
  EXPECT_TRUE(tcp.AtEnd());
}

TEST_F(DnsServerTest, FrameThatCannotBeAQueryClosesTheConnection) {
  Start();
  for (const Bytes& bad : {Bytes{0, 0}, Bytes{0, 5, 1, 2, 3, 4, 5},
                           Frame(TestQuery(query_).WithFlags(kFlagQr).Packet())}) {
    ClientSocket tcp(SOCK_STREAM, address());
    tcp.Send(Frame(query_.Packet()));
    EXPECT_FALSE(tcp.ReceiveFrame().none());
    tcp.Send(bad);
    EXPECT_TRUE(tcp.AtEnd());
  }
}

TEST_F(DnsServerTest, LongestFrameIsAnswered) {
  Start();
  ClientSocket tcp(SOCK_STREAM, address());
  Bytes packet = query_.Packet();
  packet.resize(65535);
  tcp.Send(Frame(packet));
  EXPECT_EQ(tcp.ReceiveFrame().rcode(), LDNS_RCODE_FORMERR);
  tcp.Send(Frame(query_.Packet()));
  EXPECT_EQ(tcp.ReceiveFrame().rcode(), LDNS_RCODE_NOERROR);
}

TEST_F(DnsServerTest, IdleAndSlowClientsAreClosed) {
  options_.tcp.idle_timeout = absl::Milliseconds(50);
  Start();
  ClientSocket silent(SOCK_STREAM, address());
  EXPECT_TRUE(silent.AtEnd());
  // Half a query is no reason to stay.
  ClientSocket slow(SOCK_STREAM, address());
  slow.Send({0, 30, 1, 2});
  EXPECT_TRUE(slow.AtEnd());
}

TEST_F(DnsServerTest, ConnectionsPerClientAndInTotalAreLimited) {
  options_.tcp.connections_per_client_max = 2;
  Start();
  ClientSocket first(SOCK_STREAM, address());
  ClientSocket second(SOCK_STREAM, address());
  for (ClientSocket* socket : {&first, &second}) {
    socket->Send(Frame(query_.Packet()));
    EXPECT_FALSE(socket->ReceiveFrame().none());
  }
  ClientSocket third(SOCK_STREAM, address());
  EXPECT_TRUE(third.AtEnd());
  first.Send(Frame(query_.Packet()));
  EXPECT_FALSE(first.ReceiveFrame().none());
}

TEST_F(DnsServerTest, TwoHundredIdleConnectionsDoNotStopOthers) {
  Start();
  std::vector<std::unique_ptr<ClientSocket>> idle;
  for (int i = 0; i < 200; ++i) {
    idle.push_back(std::make_unique<ClientSocket>(SOCK_STREAM, address()));
  }
  ClientSocket tcp(SOCK_STREAM, address());
  tcp.Send(Frame(query_.Packet()));
  EXPECT_THAT(tcp.ReceiveFrame().answer(), SizeIs(1));
  ClientSocket udp(SOCK_DGRAM, address());
  udp.Send(query_.Packet());
  EXPECT_THAT(udp.ReceiveDatagram().answer(), SizeIs(1));
}

TEST_F(DnsServerTest, StopAnswersWhatWasReceivedAndClosesConnections) {
  Start();
  ClientSocket udp(SOCK_DGRAM, address());
  ClientSocket tcp(SOCK_STREAM, address());
  tcp.Send(Frame(query_.Packet()));
  EXPECT_FALSE(tcp.ReceiveFrame().none());
  udp.Send(query_.Packet());
  server_->Stop();
  EXPECT_FALSE(udp.ReceiveDatagram().none());
  EXPECT_TRUE(tcp.AtEnd());
  uint64_t queries = 0;
  for (const Counters* counters : server_->counters()) {
    queries += counters->queries.value();
  }
  EXPECT_EQ(queries, 2U);
}

TEST_F(DnsServerTest, Rfc7858QueriesOverTlsAreAnsweredAndPadded) {
  namespace asio = boost::asio;
  StartWithTls();
  const SocketAddress address = *SocketAddress::Parse(server_->BoundTlsAddresses()[0]);
  asio::io_context io;
  asio::ssl::context trust(asio::ssl::context::tls_client);
  asio::ssl::stream<asio::ip::tcp::socket> stream(io, trust);
  stream.next_layer().connect({asio::ip::make_address("127.0.0.1"), address.port()});
  stream.handshake(asio::ssl::stream_base::client);
  TestQuery padded = query_;
  const Bytes frame = Frame(padded.WithOption(option::kPadding, {}).Packet());
  for (int i = 0; i < 3; ++i) {
    asio::write(stream, asio::buffer(frame));
    Bytes answer(2);
    asio::read(stream, asio::buffer(answer));
    answer.resize(Load16(answer.data()));
    asio::read(stream, asio::buffer(answer));
    EXPECT_EQ(answer.size(), 468U);
    EXPECT_THAT(Response(answer).answer(), SizeIs(1));
  }
}

TEST_F(DnsServerTest, ClearTextOnTheTlsPortIsClosedAtItsFirstByte) {
  StartWithTls();
  for (const Bytes& sent : {Frame(query_.Packet()), Bytes{0}, Bytes{'G'}}) {
    ClientSocket tcp(SOCK_STREAM, server_->BoundTlsAddresses()[0]);
    tcp.Send(sent);
    EXPECT_TRUE(tcp.AtEnd()) << "nothing is answered";
  }
}

TEST_F(DnsServerTest, StopWaitsNeitherForHandshakesNorForHalfFrames) {
  options_.tcp.drain_timeout = absl::Minutes(10);  // This test would wait for it.
  StartWithTls();
  // The listeners are on one loop, which has taken these before the one that is answered.
  ClientSocket silent(SOCK_STREAM, server_->BoundTlsAddresses()[0]);
  ClientSocket begun(SOCK_STREAM, server_->BoundTlsAddresses()[0]);
  begun.Send({22, 3, 1, 2, 0, 1});
  ClientSocket half(SOCK_STREAM, address());
  Bytes frame = Frame(query_.Packet());
  frame.pop_back();
  half.Send(frame);
  ClientSocket whole(SOCK_STREAM, address());
  whole.Send(Frame(query_.Packet()));
  EXPECT_FALSE(whole.ReceiveFrame().none());
  server_->Stop();
  for (ClientSocket* client : {&silent, &begun, &half, &whole}) {
    EXPECT_TRUE(client->AtEnd());
  }
}

}  // namespace
}  // namespace cloudmap::dns
