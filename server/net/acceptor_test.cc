#include "server/net/acceptor.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <vector>

#include "gtest/gtest.h"
#include "server/net/io_context.h"
#include "server/net/tcp_listener.h"

namespace cloudmap {
namespace {

class AcceptorTest : public ::testing::Test {
 protected:
  void Listen(const char* on) {
    acceptor_ = nullptr;  // before the loop that it is on
    io_ = *MakeIoContext();
    absl::StatusOr<UniqueFd> listening = ListenTcp("--listen", on);
    ASSERT_TRUE(listening.ok()) << listening.status();
    address_ = SocketAddress::OfSocket(listening->get());
    acceptor_ = std::make_unique<Acceptor>(*io_, *std::move(listening),
                                           [this](UniqueFd connection, const SocketAddress& peer) {
                                             accepted_.push_back(std::move(connection));
                                             peers_.push_back(peer.ToString());
                                           });
    ASSERT_TRUE(acceptor_->Start().ok());
  }

  UniqueFd Connect() const {
    UniqueFd client(socket(address_.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(client.get(), address_.get(), address_.size()), 0);
    return client;
  }

  // Lets the loop run until so many connections have been taken.
  void RunUntilAccepted(size_t count) {
    while (accepted_.size() < count) {
      io_->run_one();
    }
  }

  std::unique_ptr<boost::asio::io_context> io_;
  SocketAddress address_;
  std::unique_ptr<Acceptor> acceptor_;
  std::vector<UniqueFd> accepted_;
  std::vector<std::string> peers_;
};

TEST_F(AcceptorTest, HandsOverConnectionsWithTheirPeers) {
  for (const char* on : {"127.0.0.1:0", "[::1]:0"}) {
    Listen(on);
    const UniqueFd client = Connect();
    RunUntilAccepted(1);
    EXPECT_EQ(peers_[0], SocketAddress::OfSocket(client.get()).ToString());
    accepted_.clear();
    peers_.clear();
  }
}

TEST_F(AcceptorTest, WithoutDescriptorsConnectionsWaitAndAreTakenWhenThereAreSome) {
  Listen("127.0.0.1:0");
  std::vector<UniqueFd> clients;
  clients.push_back(Connect());
  RunUntilAccepted(1);
  clients.push_back(Connect());
  clients.push_back(Connect());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit exhausted = before;
  exhausted.rlim_cur = static_cast<rlim_t>(clients.back().get()) + 1;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &exhausted), 0);
  // The failed attempt, and the first one after the pause.
  io_->run_one();
  io_->run_one();
  EXPECT_EQ(accepted_.size(), 1U);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  RunUntilAccepted(3);
}

TEST_F(AcceptorTest, AfterStopNobodyIsTaken) {
  Listen("127.0.0.1:0");
  const UniqueFd waiting = Connect();
  acceptor_->Stop();
  acceptor_->Stop();
  io_->run();
  EXPECT_TRUE(accepted_.empty());
  const UniqueFd refused(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_NE(connect(refused.get(), address_.get(), address_.size()), 0);
}

TEST_F(AcceptorTest, ItMayGoWhileItWaits) {
  Listen("127.0.0.1:0");
  acceptor_.reset();
  io_->run();
}

TEST(ListenTcp, WildcardsAreOfOneFamilyEach) {
  SocketAddress v6 = *SocketAddress::Parse("[::]:0");
  const absl::StatusOr<UniqueFd> all_v6 = ListenTcp(v6);
  ASSERT_TRUE(all_v6.ok()) << all_v6.status();
  SocketAddress v4 = *SocketAddress::Parse("0.0.0.0:0");
  v4.set_port(v6.port());
  const absl::StatusOr<UniqueFd> all_v4 = ListenTcp(v4);
  EXPECT_TRUE(all_v4.ok()) << all_v4.status();
}

}  // namespace
}  // namespace cloudmap
