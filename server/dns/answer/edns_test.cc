// EDNS(0), its options, and the size of responses.
#include "server/dns/answer/edns.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/dns/testing/test_client.h"

namespace cloudmap::dns {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class EdnsTest : public testing::Test {
 protected:
  EdnsTest() : client_(registry_), query_("web.sd.local", type::kA) {
    registry_.AddNamespace("sd.local");
    registry_.AddService("web", {{v1::RECORD_TYPE_A, 60}});
    registry_.AddInstance("web", "i-1", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
    registry_.Commit();
  }

  // Eight SRV records with targets of `label` bytes more, and one address each.
  void AddWideService(const std::string& name, size_t label) {
    registry_.AddService(name, {{v1::RECORD_TYPE_SRV, 60}});
    for (int i = 0; i < 8; ++i) {
      registry_.AddInstance(
          name, absl::StrCat(i, std::string(label - 1, 'x')),
          {{"AWS_INSTANCE_PORT", "80"}, {"AWS_INSTANCE_IPV4", absl::StrCat("192.0.2.", i)}});
    }
    registry_.Commit();
  }

  TestRegistry registry_;
  TestClient client_;
  TestQuery query_;
};

TEST_F(EdnsTest, Rfc6891NoOptInQueryNoOptInReply) { EXPECT_FALSE(client_.Ask(query_).has_opt()); }

TEST_F(EdnsTest, Rfc6891OptInQueryOptInEveryReply) {
  for (const char* name : {"web.sd.local", "missing.sd.local", "sd.local", "example.com"}) {
    const Response response = client_.Ask(TestQuery(name, type::kA).WithEdns());
    EXPECT_TRUE(response.has_opt()) << name;
    EXPECT_EQ(ldns_pkt_edns_udp_size(response.packet()), 1232);
    EXPECT_EQ(ldns_pkt_edns_version(response.packet()), 0);
  }
  for (const int opcode : {4, 5}) {
    EXPECT_TRUE(client_
                    .Ask(TestQuery(query_).WithEdns().WithFlags(
                        static_cast<uint16_t>(opcode << kOpcodeShift)))
                    .has_opt());
  }
}

TEST_F(EdnsTest, Rfc6891HigherVersionIsBadversWithoutAnswer) {
  query_.WithEdns().version = 1;
  const Response response = client_.Ask(query_);
  EXPECT_EQ(response.rcode(), 0);
  EXPECT_EQ(ldns_pkt_edns_extended_rcode(response.packet()), 1);
  EXPECT_EQ(ldns_pkt_edns_version(response.packet()), 0);
  EXPECT_THAT(response.answer(), IsEmpty());
  EXPECT_FALSE(response.aa());
}

TEST_F(EdnsTest, Rfc3225DoIsCopiedAndOtherFlagsAreNot) {
  query_.WithEdns().dnssec_ok = true;
  EXPECT_TRUE(ldns_pkt_edns_do(client_.Ask(query_).packet()));
  Bytes packet = query_.Packet();
  packet[packet.size() - 4] = 0x7f;
  packet[packet.size() - 3] = 0xff;
  EXPECT_EQ(ldns_pkt_edns_z(client_.Send(packet).packet()), 0);
}

TEST_F(EdnsTest, Rfc6891UnknownOptionsAreIgnored) {
  const Response response = client_.Ask(query_.WithOption(100, {1, 2, 3}).WithOption(65001, {}));
  EXPECT_EQ(response.rcode(), LDNS_RCODE_NOERROR);
  EXPECT_THAT(response.answer(), SizeIs(1));
  EXPECT_EQ(response.Option(100), "none");
}

TEST_F(EdnsTest, Rfc7873ClientCookieIsAnsweredWithAServerCookie) {
  const Response first = client_.Ask(query_.WithOption(option::kCookie, {1, 2, 3, 4, 5, 6, 7, 8}));
  const std::string cookie = first.Option(option::kCookie);
  ASSERT_EQ(cookie.size(), kCookieSize);
  EXPECT_EQ(cookie.substr(0, 8), "\1\2\3\4\5\6\7\10");
  TestQuery again("web.sd.local", type::kA);
  again.WithOption(option::kCookie, Bytes(cookie.begin(), cookie.end()));
  EXPECT_EQ(client_.Ask(again).Option(option::kCookie), cookie);
  // Another client's cookie is replaced, and the question answered.
  client_.address = *SocketAddress::Parse("198.51.100.1:53");
  const Response other = client_.Ask(again);
  EXPECT_NE(other.Option(option::kCookie), cookie);
  EXPECT_THAT(other.answer(), SizeIs(1));
}

TEST_F(EdnsTest, Rfc7873CookieOfAnotherLengthIsFormErr) {
  for (const unsigned size : {0U, 1U, 7U, 9U, 15U, 41U, 100U}) {
    TestQuery query("web.sd.local", type::kA);
    EXPECT_EQ(client_.Ask(query.WithOption(option::kCookie, Bytes(size, 1))).rcode(),
              LDNS_RCODE_FORMERR)
        << size;
  }
  for (const unsigned size : {8U, 16U, 24U, 40U}) {
    TestQuery query("web.sd.local", type::kA);
    EXPECT_EQ(client_.Ask(query.WithOption(option::kCookie, Bytes(size, 1))).rcode(),
              LDNS_RCODE_NOERROR)
        << size;
  }
}

TEST_F(EdnsTest, Rfc6891FormErrForAMalformedOptionCarriesOpt) {
  for (const auto& [code, value] :
       {std::pair(option::kCookie, Bytes(7, 1)), std::pair(option::kClientSubnet, Bytes(3, 0))}) {
    TestQuery query("web.sd.local", type::kA);
    query.WithOption(option::kCookie, Bytes(8, 2));
    const Response response = client_.Ask(query.WithOption(code, value));
    EXPECT_EQ(response.rcode(), LDNS_RCODE_FORMERR);
    EXPECT_TRUE(response.has_opt());
    EXPECT_EQ(response.Option(option::kCookie), "none");
  }
}

TEST_F(EdnsTest, AnswersStayWithinTheLimitWhenOptionsLeaveNoRoom) {
  client_.options.nsid = std::string(RespondOptions::kNsidMax, 'n');
  const std::string label(63, 'x');
  for (size_t last = 40; last <= 52; ++last) {
    TestQuery query(label + "." + label + "." + label + "." + std::string(last, 'y') + ".sd.local",
                    type::kA);
    query.WithEdns(512).WithOption(option::kNsid, {}).WithOption(option::kCookie, Bytes(8, 1));
    query.WithOption(option::kClientSubnet,
                     {0, 2, 128, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
    const Response response = client_.Ask(query);
    EXPECT_LE(response.bytes().size(), 512U);
    EXPECT_EQ(response.tc(), response.authority().empty());
  }
}

TEST_F(EdnsTest, Rfc7873QueryWithoutAQuestionRefreshesACookie) {
  query_.WithOption(option::kCookie, Bytes(8, 7));
  Bytes packet = query_.Header(0, 0, 0, 1);
  const Bytes opt = query_.Opt();
  packet.insert(packet.end(), opt.begin(), opt.end());
  const Response response = client_.Send(packet);
  EXPECT_EQ(response.rcode(), LDNS_RCODE_NOERROR);
  EXPECT_EQ(response.Option(option::kCookie).size(), kCookieSize);
  EXPECT_EQ(Load16(response.bytes().data() + 4), 0);
}

TEST_F(EdnsTest, Rfc5001NsidWhenConfigured) {
  EXPECT_EQ(client_.Ask(query_.WithOption(option::kNsid, {})).Option(option::kNsid), "none");
  client_.options.nsid = "node-1";
  EXPECT_EQ(client_.Ask(query_).Option(option::kNsid), "node-1");
}

TEST_F(EdnsTest, Rfc4892IdentityWhenConfigured) {
  for (const char* name : {"id.server", "hostname.bind"}) {
    client_.options.nsid = "";
    EXPECT_EQ(client_.Ask(TestQuery(name, type::kTxt).WithClass(kClassCh)).rcode(),
              LDNS_RCODE_REFUSED);
    client_.options.nsid = "node-1";
    EXPECT_THAT(client_.Ask(TestQuery(name, type::kTxt).WithClass(kClassCh)).answer(),
                testing::ElementsAre(absl::StrCat(name, ". 0 CH TXT \"node-1\"")));
  }
  EXPECT_EQ(client_.Ask(TestQuery("version.bind", type::kTxt).WithClass(kClassCh)).rcode(),
            LDNS_RCODE_REFUSED);
}

TEST_F(EdnsTest, Rfc7828KeepaliveOnTcpOnly) {
  query_.WithOption(option::kTcpKeepalive, {});
  EXPECT_EQ(client_.Ask(query_).Option(option::kTcpKeepalive), "none");
  client_.transport = Transport::kTcp;
  EXPECT_EQ(client_.Ask(query_).Option(option::kTcpKeepalive), std::string("\0\x64", 2));
}

TEST_F(EdnsTest, Rfc7828KeepaliveWithAValueIsFormErrOnTcpAndIgnoredOnUdp) {
  query_.WithOption(option::kTcpKeepalive, {0, 1});
  EXPECT_EQ(client_.Ask(query_).rcode(), LDNS_RCODE_NOERROR);
  client_.transport = Transport::kTcp;
  EXPECT_EQ(client_.Ask(query_).rcode(), LDNS_RCODE_FORMERR);
}

TEST_F(EdnsTest, Rfc8467PaddingOnTlsOnly) {
  query_.WithOption(option::kPadding, Bytes(10, 0));
  for (const Transport plain : {Transport::kUdp, Transport::kTcp}) {
    client_.transport = plain;
    EXPECT_EQ(client_.Ask(query_).Option(option::kPadding), "none");
  }
  client_.transport = Transport::kTls;
  EXPECT_EQ(client_.Ask(query_).bytes().size(), kPaddingBlock);
  AddWideService("wide", 40);
  TestQuery wide("wide.sd.local", type::kSrv);
  EXPECT_EQ(client_.Ask(wide.WithOption(option::kPadding, {})).bytes().size() % kPaddingBlock, 0U);
  EXPECT_EQ(client_.Ask(TestQuery(query_)).Option(option::kNsid), "none");
}

TEST_F(EdnsTest, Rfc7871ClientSubnetComesBackWithScopeZero) {
  const Bytes subnet = {0, 1, 24, 0, 192, 0, 2};
  const Response response = client_.Ask(query_.WithOption(option::kClientSubnet, subnet));
  EXPECT_EQ(response.Option(option::kClientSubnet), std::string(subnet.begin(), subnet.end()));
}

TEST_F(EdnsTest, Rfc7871MalformedClientSubnetIsFormErr) {
  for (const Bytes& subnet :
       {Bytes{}, Bytes{0, 1, 24}, Bytes{0, 1, 24, 0, 192, 0}, Bytes{0, 1, 24, 0, 192, 0, 2, 0},
        Bytes{0, 1, 33, 0, 1, 2, 3, 4, 5}, Bytes{0, 3, 8, 0, 1}, Bytes{0, 1, 20, 0, 192, 0, 0xff},
        Bytes{0, 1, 24, 24, 192, 0, 2}, Bytes{0, 3, 0, 0}}) {
    TestQuery query("web.sd.local", type::kA);
    EXPECT_EQ(client_.Ask(query.WithOption(option::kClientSubnet, subnet)).rcode(),
              LDNS_RCODE_FORMERR);
  }
}

TEST_F(EdnsTest, ResponseFitsWhatTheClientTakesOrIsTruncatedAsAWhole) {
  AddWideService("wide", 40);
  const auto full = [&](uint16_t payload) {
    TestQuery query("wide.sd.local", type::kSrv);
    return client_.Ask(payload == 0 ? query : query.WithEdns(payload));
  };
  // The answer takes 12 + 19 + 8 * (12 + 6 + 56) = 623 bytes, the OPT record 11.
  for (const int payload : {0, 1, 511, 512, 600, 633}) {
    const Response response = full(static_cast<uint16_t>(payload));
    EXPECT_TRUE(response.tc()) << payload;
    EXPECT_THAT(response.answer(), IsEmpty());
    EXPECT_EQ(response.has_opt(), payload != 0);
    EXPECT_LE(response.bytes().size(), 512U);
  }
  for (const int payload : {634, 700, 1232, 1233, 4096, 65535}) {
    const Response response = full(static_cast<uint16_t>(payload));
    EXPECT_FALSE(response.tc()) << payload;
    EXPECT_THAT(response.answer(), SizeIs(8));
    EXPECT_LE(response.bytes().size(), static_cast<size_t>(std::min(payload, 1232)));
  }
}

TEST_F(EdnsTest, Rfc2181GlueIsLeftOutBeforeAnythingIsTruncated) {
  AddWideService("wide", 40);
  size_t glue_before = 0;
  for (uint16_t payload = 650; payload <= 800; ++payload) {
    TestQuery query("wide.sd.local", type::kSrv);
    const Response response = client_.Ask(query.WithEdns(payload));
    ASSERT_FALSE(response.tc());
    ASSERT_THAT(response.answer(), SizeIs(8));
    ASSERT_LE(response.bytes().size(), payload);
    ASSERT_GE(response.additional().size(), glue_before);
    glue_before = response.additional().size();
  }
  EXPECT_EQ(glue_before, 8U);
}

TEST_F(EdnsTest, TcpIsNeverTruncated) {
  AddWideService("wide", 63);
  client_.transport = Transport::kTcp;
  const Response response = client_.Ask("wide.sd.local", type::kSrv);
  EXPECT_FALSE(response.tc());
  EXPECT_THAT(response.answer(), SizeIs(8));
  EXPECT_THAT(response.additional(), SizeIs(8));
}

TEST_F(EdnsTest, NegativeAnswerOfTheLongestNameFits512Bytes) {
  const std::string label(63, 'x');
  const std::string name =
      label + "." + label + "." + label + "." + std::string(52, 'y') + ".sd.local";
  const Response response = client_.Ask(TestQuery(name, type::kA).WithEdns(512));
  EXPECT_EQ(response.rcode(), LDNS_RCODE_NXDOMAIN);
  EXPECT_FALSE(response.tc());
  EXPECT_THAT(response.authority(), SizeIs(1));
}

}  // namespace
}  // namespace cloudmap::dns
