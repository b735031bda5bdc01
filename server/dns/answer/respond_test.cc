// Answers: the right records, in the right sections, with the right flags.
#include "server/dns/answer/respond.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/dns/testing/test_client.h"

namespace cloudmap::dns {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr char kSoa[] =
    "sd.local. 15 IN SOA cloudmapd-ns.sd.local. hostmaster.sd.local. 1 7200 900 1209600 86400";

class RespondTest : public testing::Test {
 protected:
  RespondTest() : client_(registry_) {
    registry_.AddNamespace("sd.local");
    registry_.AddService("web", {{v1::RECORD_TYPE_A, 60}});
    registry_.AddInstance("web", "i-1", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
    registry_.AddInstance("web", "i-2", {{"AWS_INSTANCE_IPV4", "192.0.2.2"}});
    registry_.AddService("dual", {{v1::RECORD_TYPE_A, 60}, {v1::RECORD_TYPE_AAAA, 30}});
    registry_.AddInstance(
        "dual", "i-1", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}, {"AWS_INSTANCE_IPV6", "2001:db8::1"}});
    registry_.AddService("_http._tcp", {{v1::RECORD_TYPE_SRV, 10}});
    registry_.AddInstance("_http._tcp", "a",
                          {{"AWS_INSTANCE_PORT", "80"}, {"AWS_INSTANCE_IPV4", "192.0.2.10"}});
    registry_.AddInstance("_http._tcp", "b",
                          {{"AWS_INSTANCE_PORT", "81"},
                           {"AWS_INSTANCE_IPV4", "192.0.2.11"},
                           {"AWS_INSTANCE_IPV6", "2001:db8::11"}});
    registry_.AddService("alias", {{v1::RECORD_TYPE_A, 60}}, v1::ROUTING_POLICY_WEIGHTED);
    registry_.AddInstance("alias", "i-1", {{"AWS_ALIAS_DNS_NAME", "lb.example.com"}});
    registry_.AddService("empty", {{v1::RECORD_TYPE_A, 60}});
    registry_.AddService("deep.below", {{v1::RECORD_TYPE_A, 60}});
    registry_.AddInstance("deep.below", "i-1", {{"AWS_INSTANCE_IPV4", "192.0.2.3"}});
    registry_.Commit();
  }

  void AddCname(const std::string& name, const std::string& target) {
    registry_.AddService(name, {{v1::RECORD_TYPE_CNAME, 5}}, v1::ROUTING_POLICY_WEIGHTED);
    registry_.AddInstance(name, "i-1", {{"AWS_INSTANCE_CNAME", target}});
  }

  TestRegistry registry_;
  TestClient client_;
};

TEST_F(RespondTest, AddressesOfAService) {
  const Response response = client_.Ask("web.sd.local", type::kA);
  EXPECT_EQ(response.rcode(), LDNS_RCODE_NOERROR);
  EXPECT_TRUE(response.aa());
  EXPECT_THAT(response.answer(), UnorderedElementsAre("web.sd.local. 60 IN A 192.0.2.1",
                                                      "web.sd.local. 60 IN A 192.0.2.2"));
  EXPECT_THAT(response.authority(), IsEmpty());
  EXPECT_FALSE(response.has_opt());
}

TEST_F(RespondTest, Rfc4343QuestionIsEchoedInItsOwnCase) {
  const TestQuery query("wEb.SD.LocaL", type::kA);
  const Response response = client_.Ask(query);
  const Bytes question = query.Question();
  EXPECT_TRUE(std::equal(question.begin(), question.end(), response.bytes().begin() + 12));
  // The answers' owner is a pointer to it.
  EXPECT_THAT(response.answer(), testing::Each(testing::StartsWith("wEb.SD.LocaL. 60 IN A ")));
}

TEST_F(RespondTest, Rfc2181OneTtlPerRRsetEachTypeItsOwn) {
  EXPECT_THAT(client_.Ask("dual.sd.local", type::kA).answer(),
              ElementsAre("dual.sd.local. 60 IN A 192.0.2.1"));
  EXPECT_THAT(client_.Ask("dual.sd.local", type::kAaaa).answer(),
              ElementsAre("dual.sd.local. 30 IN AAAA 2001:db8::1"));
}

TEST_F(RespondTest, Rfc2782SrvWithHostAddressesInAdditional) {
  const Response response = client_.Ask("_http._tcp.sd.local", type::kSrv);
  EXPECT_THAT(response.answer(),
              UnorderedElementsAre("_http._tcp.sd.local. 10 IN SRV 1 1 80 a._http._tcp.sd.local.",
                                   "_http._tcp.sd.local. 10 IN SRV 1 1 81 b._http._tcp.sd.local."));
  EXPECT_THAT(response.additional(),
              UnorderedElementsAre("a._http._tcp.sd.local. 10 IN A 192.0.2.10",
                                   "b._http._tcp.sd.local. 10 IN A 192.0.2.11",
                                   "b._http._tcp.sd.local. 10 IN AAAA 2001:db8::11"));
}

TEST_F(RespondTest, Rfc2782SrvTargetIsNotCompressed) {
  const Response response = client_.Ask("_http._tcp.sd.local", type::kSrv);
  const std::string bytes(response.bytes().begin(), response.bytes().end());
  EXPECT_NE(bytes.find(*WireName("a._http._tcp.sd.local")), std::string::npos);
  EXPECT_NE(bytes.find(*WireName("b._http._tcp.sd.local")), std::string::npos);
}

TEST_F(RespondTest, SrvHostNamesHaveAddresses) {
  EXPECT_THAT(client_.Ask("b._http._tcp.sd.local", type::kAaaa).answer(),
              ElementsAre("b._http._tcp.sd.local. 10 IN AAAA 2001:db8::11"));
  EXPECT_THAT(client_.Ask("a._http._tcp.sd.local", type::kA).answer(),
              ElementsAre("a._http._tcp.sd.local. 10 IN A 192.0.2.10"));
}

TEST_F(RespondTest, OnlySrvServicesHaveHostNames) {
  EXPECT_EQ(client_.Ask("i-1.web.sd.local", type::kA).rcode(), LDNS_RCODE_NXDOMAIN);
}

TEST_F(RespondTest, Rfc2308NxdomainCarriesExactlyTheZonesSoa) {
  const Response response = client_.Ask("missing.sd.local", type::kA);
  EXPECT_EQ(response.rcode(), LDNS_RCODE_NXDOMAIN);
  EXPECT_TRUE(response.aa());
  EXPECT_THAT(response.answer(), IsEmpty());
  EXPECT_THAT(response.authority(), ElementsAre(kSoa));
}

TEST_F(RespondTest, Rfc2308NodataCarriesExactlyTheZonesSoa) {
  for (const uint16_t qtype :
       {type::kAaaa, type::kTxt, uint16_t{65280}, uint16_t{46}, uint16_t{47}, uint16_t{48}}) {
    const Response response = client_.Ask("web.sd.local", qtype);
    EXPECT_EQ(response.rcode(), LDNS_RCODE_NOERROR) << qtype;
    EXPECT_THAT(response.answer(), IsEmpty());
    EXPECT_THAT(response.authority(), ElementsAre(kSoa));
  }
}

TEST_F(RespondTest, Rfc3597UnknownTypeAtAMissingNameIsNxdomain) {
  EXPECT_EQ(client_.Ask("missing.sd.local", 65280).rcode(), LDNS_RCODE_NXDOMAIN);
}

TEST_F(RespondTest, Rfc8020EmptyNonTerminalIsNodata) {
  for (const char* name : {"_tcp.sd.local", "below.sd.local"}) {
    const Response response = client_.Ask(name, type::kA);
    EXPECT_EQ(response.rcode(), LDNS_RCODE_NOERROR) << name;
    EXPECT_THAT(response.answer(), IsEmpty());
    EXPECT_THAT(response.authority(), ElementsAre(kSoa));
  }
}

TEST_F(RespondTest, ServiceWithoutInstancesHasNoName) {
  EXPECT_EQ(client_.Ask("empty.sd.local", type::kA).rcode(), LDNS_RCODE_NXDOMAIN);
}

TEST_F(RespondTest, ServiceWhoseLastInstanceLeftStaysAsLongAsNamesAreBelowIt) {
  registry_.DeleteInstance("_http._tcp", "a");
  registry_.DeleteInstance("_http._tcp", "b");
  registry_.AddService("x._http._tcp", {{v1::RECORD_TYPE_A, 60}});
  registry_.AddInstance("x._http._tcp", "i", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
  registry_.Commit();
  EXPECT_EQ(client_.Ask("_http._tcp.sd.local", type::kSrv).rcode(), LDNS_RCODE_NOERROR);
  registry_.DeleteInstance("x._http._tcp", "i");
  registry_.Commit();
  EXPECT_EQ(client_.Ask("_http._tcp.sd.local", type::kSrv).rcode(), LDNS_RCODE_NXDOMAIN);
  EXPECT_EQ(client_.Ask("_tcp.sd.local", type::kSrv).rcode(), LDNS_RCODE_NXDOMAIN);
}

TEST_F(RespondTest, ApexHasSoaAndNs) {
  const Response soa = client_.Ask("sd.local", type::kSoa);
  EXPECT_TRUE(soa.aa());
  EXPECT_THAT(soa.answer(), ElementsAre(kSoa));
  EXPECT_THAT(client_.Ask("sd.local", type::kNs).answer(),
              ElementsAre("sd.local. 300 IN NS cloudmapd-ns.sd.local."));
  EXPECT_THAT(client_.Ask("sd.local", type::kA).authority(), ElementsAre(kSoa));
}

TEST_F(RespondTest, ServiceNamedDotIsAtTheApex) {
  registry_.AddService(".", {{v1::RECORD_TYPE_A, 20}});
  registry_.AddInstance(".", "i-1", {{"AWS_INSTANCE_IPV4", "192.0.2.7"}});
  registry_.Commit();
  EXPECT_THAT(client_.Ask("sd.local", type::kA).answer(),
              ElementsAre("sd.local. 20 IN A 192.0.2.7"));
  EXPECT_THAT(client_.Ask("sd.local", type::kNs).answer(), SizeIs(1));
}

TEST_F(RespondTest, NegativeTtlIsTheNamespacesButAtMostTheMinimum) {
  registry_.AddNamespace("short.local", v1::NAMESPACE_TYPE_DNS_PRIVATE, 3);
  registry_.AddNamespace("long.local", v1::NAMESPACE_TYPE_DNS_PUBLIC, 200000);
  registry_.Commit();
  EXPECT_THAT(client_.Ask("x.short.local", type::kA).authority()[0],
              testing::StartsWith("short.local. 3 IN SOA"));
  EXPECT_THAT(client_.Ask("x.long.local", type::kA).authority()[0],
              testing::StartsWith("long.local. 86400 IN SOA"));
  EXPECT_THAT(client_.Ask("long.local", type::kSoa).answer()[0],
              testing::StartsWith("long.local. 200000 IN SOA"));
}

TEST_F(RespondTest, LongestZoneOnLabelBoundariesWithoutFallThrough) {
  registry_.AddNamespace("local");
  registry_.AddService("web.sd", {{v1::RECORD_TYPE_A, 1}});
  registry_.AddInstance("web.sd", "i", {{"AWS_INSTANCE_IPV4", "192.0.2.66"}});
  registry_.AddService("other.sd", {{v1::RECORD_TYPE_A, 1}});
  registry_.AddInstance("other.sd", "i", {{"AWS_INSTANCE_IPV4", "192.0.2.66"}});
  registry_.Commit();
  EXPECT_THAT(client_.Ask("web.sd.local", type::kA).answer(), SizeIs(2));
  const Response hidden = client_.Ask("other.sd.local", type::kA);
  EXPECT_EQ(hidden.rcode(), LDNS_RCODE_NXDOMAIN);
  EXPECT_THAT(hidden.authority(), ElementsAre(kSoa));
  EXPECT_THAT(client_.Ask("xsd.local", type::kA).authority()[0],
              testing::StartsWith("local. 15 IN SOA"));
}

TEST_F(RespondTest, OutsideAllZonesIsRefusedWithExtendedError20) {
  for (const char* name : {"example.com", "local", ".", "xsd.local"}) {
    const Response response = client_.Ask(TestQuery(name, type::kA).WithEdns());
    EXPECT_EQ(response.rcode(), LDNS_RCODE_REFUSED) << name;
    EXPECT_FALSE(response.aa());
    EXPECT_THAT(response.authority(), IsEmpty());
    EXPECT_EQ(response.Option(option::kExtendedError), std::string("\0\x14", 2));
  }
}

TEST_F(RespondTest, AliasIsServfailWithExtendedError22UntilItCanBeResolved) {
  const Response response = client_.Ask(TestQuery("alias.sd.local", type::kA).WithEdns());
  EXPECT_EQ(response.rcode(), LDNS_RCODE_SERVFAIL);
  EXPECT_EQ(response.Option(option::kExtendedError), std::string("\0\x16", 2));
  // The name exists, and other types are plain NODATA.
  EXPECT_EQ(client_.Ask("alias.sd.local", type::kAaaa).rcode(), LDNS_RCODE_NOERROR);
}

TEST_F(RespondTest, Rfc1034CnameForAnyOtherTypeAndChainWithinOurZones) {
  AddCname("www", "WEB.sd.local");
  AddCname("outer", "www.sd.local.");
  registry_.Commit();
  const Response response = client_.Ask("outer.sd.local", type::kA);
  EXPECT_TRUE(response.aa());
  ASSERT_THAT(response.answer(), SizeIs(4));
  EXPECT_EQ(response.answer()[0], "outer.sd.local. 5 IN CNAME www.sd.local.");
  EXPECT_EQ(response.answer()[1], "www.sd.local. 5 IN CNAME WEB.sd.local.");
  EXPECT_THAT(response.answer()[2], testing::StartsWith("WEB.sd.local. 60 IN A 192.0.2."));
  EXPECT_THAT(client_.Ask("outer.sd.local", type::kCname).answer(),
              ElementsAre("outer.sd.local. 5 IN CNAME www.sd.local."));
}

TEST_F(RespondTest, Rfc6604ChainEndsWithTheRcodeAndSoaOfTheLastZone) {
  registry_.AddNamespace("other.test", v1::NAMESPACE_TYPE_DNS_PRIVATE, 77);
  AddCname("nx", "missing.sd.local");
  AddCname("nodata", "_tcp.sd.local");
  registry_.Commit();
  const Response nx = client_.Ask("nx.other.test", type::kA);
  EXPECT_EQ(nx.rcode(), LDNS_RCODE_NXDOMAIN);
  EXPECT_THAT(nx.answer(), ElementsAre("nx.other.test. 5 IN CNAME missing.sd.local."));
  EXPECT_THAT(nx.authority(), ElementsAre(kSoa));
  const Response nodata = client_.Ask("nodata.other.test", type::kA);
  EXPECT_EQ(nodata.rcode(), LDNS_RCODE_NOERROR);
  EXPECT_THAT(nodata.authority(), ElementsAre(kSoa));
}

TEST_F(RespondTest, CnameOutOfOurZonesIsAnsweredAlone) {
  AddCname("ext", "www.example.com");
  registry_.Commit();
  const Response response = client_.Ask("ext.sd.local", type::kA);
  EXPECT_EQ(response.rcode(), LDNS_RCODE_NOERROR);
  EXPECT_TRUE(response.aa());
  EXPECT_THAT(response.answer(), ElementsAre("ext.sd.local. 5 IN CNAME www.example.com."));
  EXPECT_THAT(response.authority(), IsEmpty());
}

TEST_F(RespondTest, Rfc2181CnameLoopRepeatsNoRecord) {
  AddCname("loop-a", "loop-b.sd.local");
  AddCname("loop-b", "loop-a.sd.local");
  AddCname("self", "self.sd.local");
  registry_.Commit();
  const Response response = client_.Ask(TestQuery("loop-a.sd.local", type::kA).WithEdns());
  EXPECT_EQ(response.rcode(), LDNS_RCODE_NOERROR);
  EXPECT_THAT(response.answer(), SizeIs(2));
  EXPECT_THAT(client_.Ask("self.sd.local", type::kA).answer(), SizeIs(1));
}

TEST_F(RespondTest, CnameChainIsFollowedEightTimes) {
  for (int i = 0; i < 12; ++i) {
    AddCname(absl::StrCat("c", i), absl::StrCat("c", i + 1, ".sd.local"));
  }
  AddCname("c12", "web.sd.local");
  registry_.Commit();
  EXPECT_THAT(client_.Ask("c4.sd.local", type::kA).answer(), SizeIs(9));
  EXPECT_THAT(client_.Ask("c5.sd.local", type::kA).answer(), SizeIs(8 + 2));
}

TEST_F(RespondTest, Rfc8482AnyIsOneRRset) {
  const Response dual = client_.Ask("dual.sd.local", type::kAny);
  EXPECT_THAT(dual.answer(), ElementsAre("dual.sd.local. 60 IN A 192.0.2.1"));
  client_.transport = Transport::kTcp;
  EXPECT_THAT(client_.Ask("dual.sd.local", type::kAny).answer(), SizeIs(1));
  EXPECT_THAT(client_.Ask("sd.local", type::kAny).answer(), ElementsAre(kSoa));
  EXPECT_EQ(client_.Ask("missing.sd.local", type::kAny).rcode(), LDNS_RCODE_NXDOMAIN);
  EXPECT_THAT(client_.Ask("_tcp.sd.local", type::kAny).authority(), ElementsAre(kSoa));
}

TEST_F(RespondTest, Rfc4035DsOfAnApexIsAnsweredFromTheParentSide) {
  EXPECT_THAT(client_.Ask("sd.local", type::kDs).authority(), ElementsAre(kSoa));
  registry_.AddNamespace("local");
  registry_.Commit();
  const Response response = client_.Ask("sd.local", type::kDs);
  EXPECT_EQ(response.rcode(), LDNS_RCODE_NOERROR);
  EXPECT_THAT(response.authority()[0], testing::StartsWith("local. 15 IN SOA"));
}

TEST_F(RespondTest, DsThroughACnameNamesTheRightSoaOwner) {
  registry_.AddNamespace("child.sd.local");
  registry_.Commit();
  registry_.Use("ns-1");
  AddCname("c", "child.sd.local");
  registry_.Commit();
  const Response response = client_.Ask("c.sd.local", type::kDs);
  EXPECT_THAT(response.answer(), ElementsAre("c.sd.local. 5 IN CNAME child.sd.local."));
  ASSERT_THAT(response.authority(), SizeIs(1));
  EXPECT_THAT(response.authority()[0], testing::StartsWith("sd.local. 15 IN SOA"));
}

TEST_F(RespondTest, MultivalueIsEightDistinctOfManyAndAllAppear) {
  for (int i = 0; i < 12; ++i) {
    registry_.AddInstance("web", absl::StrCat("m-", i),
                          {{"AWS_INSTANCE_IPV4", absl::StrCat("198.51.100.", i)}});
  }
  registry_.Commit();
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const auto answer = client_.Ask("web.sd.local", type::kA).answer();
    ASSERT_THAT(std::set<std::string>(answer.begin(), answer.end()), SizeIs(8));
    seen.insert(answer.begin(), answer.end());
  }
  EXPECT_EQ(seen.size(), 14U);
}

TEST_F(RespondTest, FlagsOfAResponse) {
  // RD and CD are copied; AD, Z, TC and a query's own AA are not (RFC 1035 s4.1.1, RFC 4035
  // s3.2.2).
  constexpr uint16_t kAllFlags = kFlagAa | kFlagTc | kFlagRd | kFlagRa | 0x40 | 0x20 | kFlagCd | 15;
  const Response response = client_.Ask(TestQuery("web.sd.local", type::kA).WithFlags(kAllFlags));
  EXPECT_EQ(Load16(response.bytes().data() + 2), kFlagQr | kFlagAa | kFlagRd | kFlagCd);
  EXPECT_EQ(
      Load16(client_.Ask(TestQuery("web.sd.local", type::kA).WithFlags(0)).bytes().data() + 2),
      kFlagQr | kFlagAa);
  client_.options.outside = OutsideNames::kForward;
  client_.options.allow_recursion = PrefixSet({*IpPrefix::Parse("192.0.2.0/24")});
  EXPECT_TRUE(ldns_pkt_ra(client_.Ask("web.sd.local", type::kA).packet()));
}

TEST_F(RespondTest, AnswersAndCountsByRcode) {
  client_.Ask("web.sd.local", type::kA);
  client_.Ask("missing.sd.local", type::kA);
  client_.Ask("example.com", type::kA);
  client_.Send({1, 2, 3});
  const Counters& counters = client_.worker.counters;
  EXPECT_EQ(counters.queries.value(), 4U);
  EXPECT_EQ(counters.ignored.value(), 1U);
  EXPECT_EQ(counters.rcodes[0].value(), 1U);
  EXPECT_EQ(counters.rcodes[3].value(), 1U);
  EXPECT_EQ(counters.rcodes[5].value(), 1U);
}

}  // namespace
}  // namespace cloudmap::dns
