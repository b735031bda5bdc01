#include "server/dns/secondary/transfer.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/dns/testing/test_client.h"
#include "server/dns/transport/tcp_session.h"

namespace cloudmap::dns {
namespace {

using testing::SizeIs;
using testing::StartsWith;

class TransferTest : public testing::Test {
 protected:
  TransferTest() : client_(registry_) {
    registry_.AddNamespace("sd.local");
    registry_.Commit();
    client_.options.allow_transfer = {*IpPrefix::Parse("192.0.2.0/24")};
    client_.transport = Transport::kTcp;
  }

  // The records of all messages that answer `query` on a TCP connection.
  std::vector<std::string> Transfer(const TestQuery& query) {
    const Published<CacheTable> cache(std::make_shared<const CacheTable>(client_.cache));
    TcpThread thread(registry_.publisher().zones(), {cache}, 1);
    FrameBuffer frames;
    const Bytes packet = query.Packet();
    auto [space, room] = frames.Space();
    EXPECT_GE(room, packet.size() + 2);
    Store16(space, static_cast<uint16_t>(packet.size()));
    std::copy(packet.begin(), packet.end(), space + 2);
    frames.Received(packet.size() + 2);
    std::vector<std::string> records;
    while (frames.has_work()) {
      Bytes out;
      const Client client{Transport::kTcp, client_.address, 1};
      EXPECT_TRUE(frames.AnswerFrames(
          client_.options, client, thread,
          [](std::span<const uint8_t>) -> std::unique_ptr<WaitingQuestion> { return nullptr; },
          out));
      for (size_t at = 0; at < out.size(); at += 2U + Load16(out.data() + at)) {
        const auto begin = out.begin() + static_cast<std::ptrdiff_t>(at) + 2;
        const Response message(Bytes(begin, begin + Load16(out.data() + at)));
        EXPECT_EQ(message.rcode(), LDNS_RCODE_NOERROR);
        EXPECT_TRUE(message.aa());
        EXPECT_EQ(Load16(message.bytes().data()), query.id);
        EXPECT_LE(message.bytes().size(), 16384U);
        const auto answer = message.answer();
        records.insert(records.end(), answer.begin(), answer.end());
      }
    }
    return records;
  }

  TestRegistry registry_;
  TestClient client_;
};

TEST_F(TransferTest, Rfc5936EmptyZoneIsSoaNsSoa) {
  const auto records = Transfer(TestQuery("SD.local", type::kAxfr));
  ASSERT_THAT(records, SizeIs(3));
  EXPECT_THAT(records.front(), StartsWith("sd.local. 15 IN SOA "));
  EXPECT_EQ(records.front(), records.back());
}

TEST_F(TransferTest, Rfc5936EveryRecordOnceOverAsManyMessagesAsItTakes) {
  constexpr int kServices = 300;
  registry_.AddService("big", {{v1::RECORD_TYPE_A, 60}});
  for (int i = 0; i < 2000; ++i) {
    registry_.AddInstance("big", absl::StrCat("i", i),
                          {{"AWS_INSTANCE_IPV4", absl::StrCat("10.0.", i / 250, ".", i % 250)}});
  }
  for (int i = 0; i < kServices; ++i) {
    registry_.AddService(absl::StrCat("_p", i, "._tcp"), {{v1::RECORD_TYPE_SRV, 60}});
    registry_.AddInstance(absl::StrCat("_p", i, "._tcp"), "a",
                          {{"AWS_INSTANCE_PORT", "80"}, {"AWS_INSTANCE_IPV4", "192.0.2.1"}});
  }
  registry_.Commit();
  for (const uint16_t qtype : {type::kAxfr, type::kIxfr}) {
    auto records = Transfer(TestQuery("sd.local", qtype));
    ASSERT_THAT(records, SizeIs(3 + 2000 + 2 * kServices));
    EXPECT_EQ(records.front(), records.back());
    records.pop_back();
    EXPECT_EQ(std::set<std::string>(records.begin(), records.end()).size(), records.size());
  }
}

TEST_F(TransferTest, OnlyAllowedClientsAndOnlyWholeZones) {
  EXPECT_EQ(client_.Ask("web.sd.local", type::kAxfr).rcode(), LDNS_RCODE_NOTAUTH);
  EXPECT_EQ(client_.Ask("example.com", type::kAxfr).rcode(), LDNS_RCODE_NOTAUTH);
  client_.address = *SocketAddress::Parse("198.51.100.1:53");
  EXPECT_EQ(client_.Ask("sd.local", type::kAxfr).rcode(), LDNS_RCODE_REFUSED);
}

TEST_F(TransferTest, Rfc2181s10OneNameHasOneCname) {
  registry_.AddService("moved", {{v1::RECORD_TYPE_CNAME, 60}}, v1::ROUTING_POLICY_WEIGHTED);
  for (const char* id : {"a", "b"}) {
    registry_.AddInstance("moved", id, {{"AWS_INSTANCE_CNAME", absl::StrCat(id, ".example.com")}});
  }
  registry_.Commit();
  EXPECT_THAT(Transfer(TestQuery("sd.local", type::kAxfr)), SizeIs(3 + 1));
}

TEST_F(TransferTest, Rfc1995IxfrOverUdpIsTheCurrentSoa) {
  client_.transport = Transport::kUdp;
  const Response response = client_.Ask("sd.local", type::kIxfr);
  EXPECT_TRUE(response.aa());
  ASSERT_THAT(response.answer(), SizeIs(1));
  EXPECT_THAT(response.answer()[0], StartsWith("sd.local. 15 IN SOA "));
}

}  // namespace
}  // namespace cloudmap::dns
