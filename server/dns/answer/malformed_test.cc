// What is not a proper question: silence, FORMERR, NOTIMP, REFUSED or NOTAUTH, never a crash.
#include <string>

#include "server/dns/testing/test_client.h"

namespace cloudmap::dns {
namespace {

using testing::IsEmpty;

class MalformedTest : public testing::Test {
 protected:
  MalformedTest() : client_(registry_) {
    registry_.AddNamespace("sd.local");
    registry_.AddService("web", {{v1::RECORD_TYPE_A, 60}});
    registry_.AddInstance("web", "i-1", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
    registry_.Commit();
  }

  static Bytes Join(std::initializer_list<Bytes> parts) {
    Bytes all;
    for (const Bytes& part : parts) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }
  // A header for `questions`, then `rest`.
  static Bytes With(uint16_t questions, uint16_t answers, uint16_t authorities,
                    uint16_t additionals, const Bytes& rest) {
    return Join({kQuery.Header(questions, answers, authorities, additionals), rest});
  }
  // A record owned by the root.
  static Bytes Record(uint16_t type, uint16_t rr_class, const Bytes& rdata) {
    Bytes record = {0};
    for (const uint16_t word :
         {type, rr_class, uint16_t{0}, uint16_t{60}, static_cast<uint16_t>(rdata.size())}) {
      Append16(record, word);
    }
    return Join({record, rdata});
  }
  void ExpectFormErr(const Bytes& packet) {
    const Response response = client_.Send(packet);
    ASSERT_FALSE(response.none());
    EXPECT_EQ(response.rcode(), LDNS_RCODE_FORMERR);
    EXPECT_EQ(Load16(response.bytes().data()), kQuery.id);
    EXPECT_FALSE(response.aa());
    EXPECT_THAT(response.answer(), IsEmpty());
    EXPECT_EQ(ldns_pkt_get_opcode(response.packet()), LDNS_PACKET_QUERY);
  }

  static inline const TestQuery kQuery{"web.sd.local", type::kA};
  TestRegistry registry_;
  TestClient client_;
};

TEST_F(MalformedTest, ShorterThanAHeaderIsNotAnswered) {
  const Bytes packet = kQuery.Packet();
  for (size_t size = 0; size < kHeaderSize; ++size) {
    EXPECT_TRUE(client_.Send({packet.begin(), packet.begin() + static_cast<long>(size)}).none());
  }
}

TEST_F(MalformedTest, AResponseIsNotAnsweredSoThatServersDoNotLoop) {
  EXPECT_TRUE(client_.Ask(TestQuery(kQuery).WithFlags(kFlagQr)).none());
  EXPECT_TRUE(client_.Ask(TestQuery(kQuery).WithFlags(kFlagQr | kFlagAa | 3)).none());
}

TEST_F(MalformedTest, Rfc1035QuestionCutShortIsFormErr) {
  const Bytes packet = kQuery.Packet();
  for (size_t size = kHeaderSize; size < packet.size(); ++size) {
    ExpectFormErr({packet.begin(), packet.begin() + static_cast<long>(size)});
  }
}

TEST_F(MalformedTest, Rfc9267PointersAndLongLabelsInAQuestionAreFormErr) {
  const Bytes type_and_class = {0, 1, 0, 1};
  for (const Bytes& name :
       {Bytes{0xc0, 12}, Bytes{0xc0, 0}, Bytes{0xc0, 14}, Bytes{0xc1, 0}, Bytes{1, 'a', 0xc0, 12},
        Bytes{0x40, 'a', 0}, Bytes{0x80, 'a', 0}, Bytes{63, 'a', 0}}) {
    ExpectFormErr(With(1, 0, 0, 0, Join({name, type_and_class})));
  }
}

TEST_F(MalformedTest, Rfc1035NameOver255BytesIsFormErr) {
  Bytes name;
  for (int i = 0; i < 128; ++i) {
    name.insert(name.end(), {1, 'a'});
  }
  name.push_back(0);
  ExpectFormErr(With(1, 0, 0, 0, Join({name, {0, 1, 0, 1}})));
}

TEST_F(MalformedTest, Rfc9619NoneOrSeveralQuestionsAreFormErr) {
  ExpectFormErr(With(0, 0, 0, 0, {}));
  ExpectFormErr(With(2, 0, 0, 0, Join({kQuery.Question(), kQuery.Question()})));
  ExpectFormErr(With(65535, 0, 0, 0, kQuery.Question()));
}

TEST_F(MalformedTest, BytesBehindTheLastRecordAreFormErr) {
  ExpectFormErr(Join({kQuery.Packet(), {0}}));
  TestQuery edns(kQuery);
  ExpectFormErr(Join({edns.WithEdns().Packet(), {0}}));
}

TEST_F(MalformedTest, RecordsThatAreMissingOrCutShortAreFormErr) {
  ExpectFormErr(With(1, 0, 0, 1, kQuery.Question()));
  ExpectFormErr(With(1, 1, 0, 0, kQuery.Question()));
  const Bytes record = Record(type::kA, kClassIn, {192, 0, 2, 1});
  for (size_t size = 0; size < record.size(); ++size) {
    const Bytes cut(record.begin(), record.begin() + static_cast<long>(size));
    ExpectFormErr(With(1, 0, 1, 0, Join({kQuery.Question(), cut})));
  }
  // RDLENGTH beyond the packet.
  ExpectFormErr(
      With(1, 0, 0, 1, Join({kQuery.Question(), {0, 0, 16, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 1, 2}})));
}

TEST_F(MalformedTest, RecordOwnersMustBeNamesWithBackwardPointers) {
  const auto owned_by = [&](const Bytes& owner) {
    return With(1, 0, 0, 1,
                Join({kQuery.Question(), owner, {0, 16, 0, 1, 0, 0, 0, 0, 0, 2, 1, 'x'}}));
  };
  const auto end = static_cast<uint8_t>(kHeaderSize + kQuery.Question().size());
  EXPECT_EQ(client_.Send(owned_by({0xc0, 12})).rcode(), LDNS_RCODE_NOERROR);
  ExpectFormErr(owned_by({0xc0, end}));                            // itself
  ExpectFormErr(owned_by({0xc0, static_cast<uint8_t>(end + 2)}));  // forwards
  ExpectFormErr(owned_by({1, 'a', 0xc0, end}));                    // a loop
  ExpectFormErr(owned_by({0xc0, 4}));                              // into the header
  ExpectFormErr(owned_by({0xff, 0xff}));                           // past the end
  ExpectFormErr(owned_by({0x41, 'a', 0}));                         // an extended label
}

TEST_F(MalformedTest, RecordsOfAnotherClassOrAQuestionTypeAreFormErr) {
  ExpectFormErr(
      With(1, 1, 0, 0, Join({kQuery.Question(), Record(type::kA, kClassCh, {1, 2, 3, 4})})));
  ExpectFormErr(With(1, 1, 0, 0, Join({kQuery.Question(), Record(type::kAny, kClassIn, {})})));
  ExpectFormErr(With(1, 0, 1, 0, Join({kQuery.Question(), Record(type::kAxfr, kClassIn, {})})));
}

TEST_F(MalformedTest, AnswersInAQueryAreIgnored) {
  const Bytes record = Record(type::kA, kClassIn, {1, 2, 3, 4});
  const Response response =
      client_.Send(With(1, 2, 1, 0, Join({kQuery.Question(), record, record, record})));
  EXPECT_EQ(response.rcode(), LDNS_RCODE_NOERROR);
  EXPECT_THAT(response.answer(), testing::SizeIs(1));
}

TEST_F(MalformedTest, Rfc8945TsigIsLastOfClassAnyAndNeverKnown) {
  const Bytes tsig = Record(type::kTsig, kClassAny, {});
  EXPECT_EQ(client_.Send(With(1, 0, 0, 1, Join({kQuery.Question(), tsig}))).rcode(),
            LDNS_RCODE_NOTAUTH);
  ExpectFormErr(With(1, 0, 0, 1, Join({kQuery.Question(), Record(type::kTsig, kClassIn, {})})));
  ExpectFormErr(With(1, 0, 0, 2, Join({kQuery.Question(), tsig, TestQuery(kQuery).Opt()})));
  ExpectFormErr(With(1, 1, 0, 0, Join({kQuery.Question(), tsig})));
}

TEST_F(MalformedTest, Rfc6891OptMustBeOneInAdditionalOwnedByTheRoot) {
  const Bytes opt = kQuery.Opt();
  ExpectFormErr(With(1, 0, 0, 2, Join({kQuery.Question(), opt, opt})));
  ExpectFormErr(With(1, 1, 0, 0, Join({kQuery.Question(), opt})));
  ExpectFormErr(With(1, 0, 1, 0, Join({kQuery.Question(), opt})));
  ExpectFormErr(With(1, 0, 0, 1, Join({kQuery.Question(), {1, 'a'}, opt})));
}

TEST_F(MalformedTest, OptionsThatOverrunOrAreCutShortAreFormErr) {
  for (const Bytes& options :
       {Bytes{0}, Bytes{0, 10, 0}, Bytes{0, 10, 0, 1}, Bytes{0, 3, 0, 9, 1}}) {
    TestQuery query(kQuery);
    query.WithEdns().options = options;
    ExpectFormErr(query.Packet());
  }
}

TEST_F(MalformedTest, Rfc8906UnknownOpcodesAreNotImpWithoutFlags) {
  for (const int opcode : {1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}) {
    const auto flags =
        static_cast<uint16_t>((opcode << kOpcodeShift) | kFlagRd | kFlagCd | kFlagAa);
    const Response response = client_.Ask(TestQuery(kQuery).WithFlags(flags));
    EXPECT_EQ(Load16(response.bytes().data() + 2), kFlagQr | (opcode << kOpcodeShift) | 4);
    const Bytes header = TestQuery(kQuery).WithFlags(flags).Header(0, 0, 0, 0);
    EXPECT_EQ(client_.Send(header).rcode(), LDNS_RCODE_NOTIMPL);
  }
}

TEST_F(MalformedTest, NotifyAndUpdateAreRefusedForOurZonesAndNotAuthForOthers) {
  for (const int opcode : {4, 5}) {
    const auto flags = static_cast<uint16_t>(opcode << kOpcodeShift);
    const auto ask = [&](const char* zone) {
      return client_.Ask(TestQuery(zone, type::kSoa).WithFlags(flags)).rcode();
    };
    EXPECT_EQ(ask("sd.local"), LDNS_RCODE_REFUSED);
    EXPECT_EQ(ask("web.sd.local"), LDNS_RCODE_NOTAUTH);
    EXPECT_EQ(ask("example.com"), LDNS_RCODE_NOTAUTH);
  }
}

TEST_F(MalformedTest, ClassesOtherThanInAreRefused) {
  for (const uint16_t qclass : {uint16_t{0}, uint16_t{2}, kClassCh, uint16_t{4}, uint16_t{254},
                                kClassAny, uint16_t{65535}}) {
    const Response response = client_.Ask(TestQuery(kQuery).WithClass(qclass));
    EXPECT_EQ(response.rcode(), LDNS_RCODE_REFUSED) << qclass;
    EXPECT_FALSE(response.aa());
  }
}

TEST_F(MalformedTest, MetaTypesAsQuestion) {
  for (const uint16_t qtype : {type::kOpt, type::kTsig, type::kTkey}) {
    EXPECT_EQ(client_.Ask("web.sd.local", qtype).rcode(), LDNS_RCODE_FORMERR) << qtype;
  }
  for (const uint16_t qtype : {type::kMaila, type::kMailb}) {
    EXPECT_EQ(client_.Ask("web.sd.local", qtype).rcode(), LDNS_RCODE_NOTIMPL) << qtype;
  }
}

TEST_F(MalformedTest, ZoneTransferOverUdp) {
  EXPECT_EQ(client_.Ask("sd.local", type::kAxfr).rcode(), LDNS_RCODE_FORMERR);
  EXPECT_EQ(client_.Ask("sd.local", type::kIxfr).rcode(), LDNS_RCODE_REFUSED);
}

TEST_F(MalformedTest, ZoneTransferOverTcpIsRefusedUnlessAllowed) {
  client_.transport = Transport::kTcp;
  for (const uint16_t qtype : {type::kAxfr, type::kIxfr}) {
    const Response response = client_.Ask(TestQuery("sd.local", qtype).WithEdns());
    EXPECT_EQ(response.rcode(), LDNS_RCODE_REFUSED);
    EXPECT_EQ(response.Option(option::kExtendedError), std::string("\0\x12", 2));
  }
}

// Any change of one byte of a valid query is answered within its limits or not at all.
TEST_F(MalformedTest, EveryOneByteChangeOfAQueryIsSurvived) {
  TestQuery query(kQuery);
  query.WithOption(option::kCookie, Bytes(24, 1))
      .WithOption(option::kClientSubnet, {0, 1, 8, 0, 10});
  const Bytes packet = query.Packet();
  Bytes out(1232);
  for (size_t at = 0; at < packet.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      Bytes changed = packet;
      changed[at] = static_cast<uint8_t>(value);
      const Client client{Transport::kUdp, client_.address, 1};
      const size_t size = Respond(changed, {registry_.zones(), client_.cache}, client_.options,
                                  client, client_.worker, out)
                              .size;
      ASSERT_TRUE(size == 0 || (size >= kHeaderSize && size <= 1232));
      ASSERT_TRUE(size == 0 || (out[2] & 0x80) != 0);
    }
  }
}

}  // namespace
}  // namespace cloudmap::dns
