// How the registry's changes show in DNS.
#include "server/dns/zones/publisher.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/dns/testing/test_client.h"

namespace cloudmap::dns {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
using testing::UnorderedElementsAre;

class PublisherTest : public testing::Test {
 protected:
  PublisherTest() : client_(registry_) { registry_.AddNamespace("sd.local"); }

  void AddHost(const std::string& service, const std::string& id, const std::string& ip) {
    registry_.AddInstance(service, id, {{"AWS_INSTANCE_PORT", "80"}, {"AWS_INSTANCE_IPV4", ip}});
  }
  ldns_pkt_rcode RcodeOf(const std::string& name) { return client_.Ask(name, type::kA).rcode(); }
  uint32_t SerialOf(const std::string& zone) {
    const Response response = client_.Ask(zone, type::kSoa);
    const ldns_rr* soa = ldns_rr_list_rr(ldns_pkt_answer(response.packet()), 0);
    return ldns_rdf2native_int32(ldns_rr_rdf(soa, 2));
  }

  TestRegistry registry_;
  TestClient client_;
};

TEST_F(PublisherTest, TableCarriesTheRevisionOfTheLastBatch) {
  registry_.Commit();
  EXPECT_EQ(registry_.zones().revision(), 1);
  registry_.Commit();
  EXPECT_EQ(registry_.zones().revision(), 2);
}

TEST_F(PublisherTest, RegisteringAndDeregisteringShowAtOnce) {
  registry_.AddService("web", {{v1::RECORD_TYPE_A, 60}});
  registry_.Commit();
  EXPECT_EQ(RcodeOf("web.sd.local"), LDNS_RCODE_NXDOMAIN);
  registry_.AddInstance("web", "i", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
  registry_.Commit();
  EXPECT_THAT(client_.Ask("web.sd.local", type::kA).answer(), SizeIs(1));
  registry_.DeleteInstance("web", "i");
  registry_.Commit();
  EXPECT_EQ(RcodeOf("web.sd.local"), LDNS_RCODE_NXDOMAIN);
}

TEST_F(PublisherTest, SerialMovesWithEveryChangeOfTheZoneAndOnlyThen) {
  registry_.AddService("web", {{v1::RECORD_TYPE_A, 60}});
  registry_.Commit();
  registry_.AddInstance("web", "i", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
  registry_.Commit();
  EXPECT_EQ(SerialOf("sd.local"), 2U);
  registry_.AddNamespace("other.test");
  registry_.Commit();
  EXPECT_EQ(SerialOf("sd.local"), 2U);
  EXPECT_EQ(SerialOf("other.test"), 3U);
}

TEST_F(PublisherTest, EqualAddressesAreOneRecordAndUnusableInstancesNone) {
  registry_.AddService("web", {{v1::RECORD_TYPE_A, 60}});
  registry_.AddInstance("web", "i-1", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
  registry_.AddInstance("web", "i-2", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
  registry_.AddInstance("web", "i-3", {{"AWS_INSTANCE_IPV6", "2001:db8::1"}});
  registry_.Commit();
  EXPECT_THAT(client_.Ask("web.sd.local", type::kA).answer(), SizeIs(1));
}

TEST_F(PublisherTest, AddressesAndSrvOfOneServiceEachHaveTheirTtl) {
  registry_.AddService(
      "web", {{v1::RECORD_TYPE_A, 60}, {v1::RECORD_TYPE_AAAA, 30}, {v1::RECORD_TYPE_SRV, 10}},
      v1::ROUTING_POLICY_MULTIVALUE, true);
  const auto add = [&](const char* id, int host, v1::HealthStatus health) {
    registry_.AddInstance("web", id,
                          {{"AWS_INSTANCE_IPV4", absl::StrCat("192.0.2.", host)},
                           {"AWS_INSTANCE_IPV6", absl::StrCat("2001:db8::", host)},
                           {"AWS_INSTANCE_PORT", "80"}},
                          health);
  };
  add("i-1", 1, v1::HEALTH_STATUS_HEALTHY);
  add("i-2", 2, v1::HEALTH_STATUS_UNHEALTHY);
  registry_.Commit();
  EXPECT_THAT(client_.Ask("web.sd.local", type::kA).answer(),
              ElementsAre("web.sd.local. 60 IN A 192.0.2.1"));
  EXPECT_THAT(client_.Ask("web.sd.local", type::kAaaa).answer(),
              ElementsAre("web.sd.local. 30 IN AAAA 2001:db8::1"));
  const Response srv = client_.Ask("web.sd.local", type::kSrv);
  EXPECT_THAT(srv.answer(), ElementsAre("web.sd.local. 10 IN SRV 1 1 80 i-1.web.sd.local."));
  EXPECT_THAT(srv.additional(), ElementsAre("i-1.web.sd.local. 10 IN A 192.0.2.1",
                                            "i-1.web.sd.local. 10 IN AAAA 2001:db8::1"));
  EXPECT_THAT(client_.Ask("i-2.web.sd.local", type::kA).answer(),
              ElementsAre("i-2.web.sd.local. 10 IN A 192.0.2.2"));
}

TEST_F(PublisherTest, UnhealthyInstancesAreLeftOutUnlessAllAre) {
  registry_.AddService("web", {{v1::RECORD_TYPE_A, 60}}, v1::ROUTING_POLICY_MULTIVALUE, true);
  const auto add = [&](const char* id, const char* ip, v1::HealthStatus health) {
    registry_.AddInstance("web", id, {{"AWS_INSTANCE_IPV4", ip}}, health);
  };
  add("i-1", "192.0.2.1", v1::HEALTH_STATUS_HEALTHY);
  add("i-2", "192.0.2.2", v1::HEALTH_STATUS_UNHEALTHY);
  add("i-3", "192.0.2.3", v1::HEALTH_STATUS_UNHEALTHY);
  registry_.Commit();
  EXPECT_THAT(client_.Ask("web.sd.local", type::kA).answer(),
              ElementsAre("web.sd.local. 60 IN A 192.0.2.1"));
  add("i-1", "192.0.2.1", v1::HEALTH_STATUS_UNHEALTHY);
  registry_.Commit();
  EXPECT_THAT(client_.Ask("web.sd.local", type::kA).answer(), SizeIs(3));
}

TEST_F(PublisherTest, WeightedAnswersExactlyOne) {
  registry_.AddService("web", {{v1::RECORD_TYPE_A, 60}}, v1::ROUTING_POLICY_WEIGHTED);
  registry_.AddInstance("web", "i-1", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
  registry_.AddInstance("web", "i-2", {{"AWS_INSTANCE_IPV4", "192.0.2.2"}});
  registry_.Commit();
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(client_.Ask("web.sd.local", type::kA).answer(), SizeIs(1));
  }
}

TEST_F(PublisherTest, NamesFoldCaseInServicesAndInstanceIds) {
  registry_.AddService("Web", {{v1::RECORD_TYPE_SRV, 60}});
  AddHost("Web", "Inst-A", "192.0.2.1");
  AddHost("Web", "inst-a", "192.0.2.2");
  registry_.Commit();
  EXPECT_THAT(client_.Ask("web.sd.local", type::kSrv).answer(), SizeIs(1));
  // Two ids that differ in case only are one name with both addresses.
  EXPECT_THAT(client_.Ask("inst-a.web.sd.local", type::kA).answer(), SizeIs(2));
  registry_.DeleteInstance("Web", "Inst-A");
  registry_.Commit();
  EXPECT_THAT(client_.Ask("INST-A.web.sd.local", type::kA).answer(),
              ElementsAre("INST-A.web.sd.local. 60 IN A 192.0.2.2"));
}

TEST_F(PublisherTest, Rfc4343SrvRecordsThatDifferInCaseAreOne) {
  registry_.AddService("web", {{v1::RECORD_TYPE_SRV, 60}});
  for (const char* id : {"i", "I"}) {
    registry_.AddInstance("web", id,
                          {{"AWS_INSTANCE_PORT", "80"}, {"AWS_INSTANCE_IPV4", "192.0.2.1"}});
  }
  registry_.Commit();
  const Response response = client_.Ask("web.sd.local", type::kSrv);
  EXPECT_THAT(response.answer(), SizeIs(1));
  EXPECT_THAT(response.additional(), SizeIs(1));
}

TEST_F(PublisherTest, Rfc2181GlueIsTheWholeRRsetOrNone) {
  registry_.AddService("web", {{v1::RECORD_TYPE_SRV, 60}});
  AddHost("web", "i", "192.0.2.1");
  AddHost("web", "I", "192.0.2.2");
  AddHost("web", "j", "192.0.2.3");
  registry_.Commit();
  EXPECT_THAT(client_.Ask("i.web.sd.local", type::kA).answer(), SizeIs(2));
  EXPECT_THAT(client_.Ask("web.sd.local", type::kSrv).additional(),
              ElementsAre("j.web.sd.local. 60 IN A 192.0.2.3"));
}

TEST_F(PublisherTest, Rfc2181GlueOfOneTargetIsGivenOnce) {
  registry_.AddService("web", {{v1::RECORD_TYPE_SRV, 60}});
  AddHost("web", "i", "192.0.2.1");
  registry_.AddNamespace("sd.local");
  registry_.AddService("web", {{v1::RECORD_TYPE_SRV, 60}});
  registry_.AddInstance("web", "i",
                        {{"AWS_INSTANCE_PORT", "81"}, {"AWS_INSTANCE_IPV4", "192.0.2.1"}});
  registry_.Commit();
  const Response response = client_.Ask("web.sd.local", type::kSrv);
  EXPECT_THAT(response.answer(), SizeIs(2));
  EXPECT_THAT(response.additional(), SizeIs(1));
}

TEST_F(PublisherTest, InstanceIdsWithDotsMakeSeveralLabels) {
  registry_.AddService("_db._tcp", {{v1::RECORD_TYPE_SRV, 60}});
  AddHost("_db._tcp", "rack.1", "192.0.2.1");
  registry_.Commit();
  EXPECT_THAT(client_.Ask("rack.1._db._tcp.sd.local", type::kA).answer(), SizeIs(1));
  EXPECT_EQ(RcodeOf("1._db._tcp.sd.local"), LDNS_RCODE_NOERROR);
  EXPECT_EQ(RcodeOf("rack._db._tcp.sd.local"), LDNS_RCODE_NXDOMAIN);
  registry_.DeleteInstance("_db._tcp", "rack.1");
  registry_.Commit();
  EXPECT_EQ(RcodeOf("1._db._tcp.sd.local"), LDNS_RCODE_NXDOMAIN);
}

TEST_F(PublisherTest, ServicesAndHostsThatMeetAtOneNameAreMerged) {
  registry_.AddService("db", {{v1::RECORD_TYPE_SRV, 60}});
  AddHost("db", "a", "192.0.2.1");
  registry_.AddService("a.db", {{v1::RECORD_TYPE_A, 20}});
  registry_.AddInstance("a.db", "i", {{"AWS_INSTANCE_IPV4", "192.0.2.2"}});
  registry_.AddService(".", {{v1::RECORD_TYPE_SRV, 30}});
  AddHost(".", "a.db", "192.0.2.3");
  registry_.Commit();
  EXPECT_THAT(
      client_.Ask("a.db.sd.local", type::kA).answer(),
      UnorderedElementsAre("a.db.sd.local. 20 IN A 192.0.2.1", "a.db.sd.local. 20 IN A 192.0.2.2",
                           "a.db.sd.local. 20 IN A 192.0.2.3"));
  registry_.DeleteInstance("db", "a");
  registry_.Commit();
  EXPECT_THAT(client_.Ask("a.db.sd.local", type::kA).answer(), SizeIs(2));
}

TEST_F(PublisherTest, NamesTooLongForDnsAreNotServed) {
  const std::string label(64, 'x');
  registry_.AddService("db", {{v1::RECORD_TYPE_SRV, 60}});
  AddHost("db", label, "192.0.2.1");
  AddHost("db", "fine", "192.0.2.2");
  registry_.Commit();
  EXPECT_THAT(client_.Ask("db.sd.local", type::kSrv).answer(),
              ElementsAre("db.sd.local. 60 IN SRV 1 1 80 fine.db.sd.local."));
}

TEST_F(PublisherTest, TtlChangeRewritesServiceAndHosts) {
  registry_.AddService("db", {{v1::RECORD_TYPE_SRV, 60}});
  AddHost("db", "a", "192.0.2.1");
  registry_.Commit();
  registry_.AddService("db", {{v1::RECORD_TYPE_SRV, 5}});
  registry_.Commit();
  EXPECT_THAT(client_.Ask("db.sd.local", type::kSrv).answer()[0], StartsWith("db.sd.local. 5 "));
  EXPECT_THAT(client_.Ask("a.db.sd.local", type::kA).answer()[0], StartsWith("a.db.sd.local. 5 "));
}

TEST_F(PublisherTest, RemovingDnsConfigRemovesTheNames) {
  registry_.AddService("db", {{v1::RECORD_TYPE_SRV, 60}});
  AddHost("db", "a", "192.0.2.1");
  registry_.Commit();
  registry_.AddService("db", {});
  registry_.Commit();
  EXPECT_EQ(RcodeOf("db.sd.local"), LDNS_RCODE_NXDOMAIN);
  EXPECT_EQ(RcodeOf("a.db.sd.local"), LDNS_RCODE_NXDOMAIN);
}

TEST_F(PublisherTest, SoaTtlFollowsTheNamespace) {
  registry_.Commit();
  EXPECT_THAT(client_.Ask("sd.local", type::kSoa).answer()[0], StartsWith("sd.local. 15 IN"));
  registry::NamespaceRecord record = *registry_.state().FindNamespace("ns-1")->record;
  record.set_soa_ttl_seconds(120);
  registry::Mutation mutation;
  mutation.Put(record);
  const auto changes = mutation.changes();
  const registry::State after = registry::Apply(registry_.state(), changes, 9);
  registry_.publisher().OnCommit(registry_.state(), after, changes);
  EXPECT_THAT(client_.Ask("sd.local", type::kSoa).answer()[0], StartsWith("sd.local. 120 IN"));
}

TEST_F(PublisherTest, DeletedNamespaceIsNoZone) {
  registry_.Commit();
  EXPECT_EQ(RcodeOf("x.sd.local"), LDNS_RCODE_NXDOMAIN);
  registry_.DeleteNamespace();
  registry_.Commit();
  EXPECT_EQ(RcodeOf("x.sd.local"), LDNS_RCODE_REFUSED);
  EXPECT_EQ(registry_.zones().zone_count(), 0U);
}

TEST_F(PublisherTest, HttpNamespaceIsNoZone) {
  registry_.AddNamespace("http.test", v1::NAMESPACE_TYPE_HTTP);
  registry_.AddService("web", {{v1::RECORD_TYPE_A, 60}});
  registry_.Commit();
  EXPECT_EQ(RcodeOf("web.http.test"), LDNS_RCODE_REFUSED);
}

TEST_F(PublisherTest, PrivateNamespaceHidesThePublicOneOfItsName) {
  registry_.AddService("web", {{v1::RECORD_TYPE_A, 60}});
  registry_.AddInstance("web", "i", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
  registry_.Commit();
  registry_.AddNamespace("SD.local", v1::NAMESPACE_TYPE_DNS_PUBLIC, 900);
  registry_.AddService("web", {{v1::RECORD_TYPE_A, 60}});
  registry_.AddInstance("web", "i", {{"AWS_INSTANCE_IPV4", "198.51.100.1"}});
  registry_.AddService("public", {{v1::RECORD_TYPE_A, 60}});
  registry_.AddInstance("public", "i", {{"AWS_INSTANCE_IPV4", "198.51.100.1"}});
  registry_.Commit();
  EXPECT_THAT(client_.Ask("web.sd.local", type::kA).answer(),
              ElementsAre("web.sd.local. 60 IN A 192.0.2.1"));
  EXPECT_EQ(RcodeOf("public.sd.local"), LDNS_RCODE_NXDOMAIN);
  registry_.Use("ns-1");
  registry_.DeleteInstance("web", "i");
  registry_.DeleteService("web");
  registry_.DeleteNamespace();
  registry_.Commit();
  EXPECT_THAT(client_.Ask("public.sd.local", type::kA).answer(), SizeIs(1));
}

TEST_F(PublisherTest, PrivateNamespacesOfOneNameAreOneZone) {
  registry_.AddService("web", {{v1::RECORD_TYPE_A, 60}});
  registry_.AddInstance("web", "i", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
  registry_.AddNamespace("sd.local", v1::NAMESPACE_TYPE_DNS_PRIVATE, 99);
  registry_.AddService("web", {{v1::RECORD_TYPE_A, 30}});
  registry_.AddInstance("web", "i", {{"AWS_INSTANCE_IPV4", "192.0.2.2"}});
  registry_.Commit();
  EXPECT_THAT(
      client_.Ask("web.sd.local", type::kA).answer(),
      UnorderedElementsAre("web.sd.local. 30 IN A 192.0.2.1", "web.sd.local. 30 IN A 192.0.2.2"));
  // The oldest namespace's SOA.
  EXPECT_THAT(client_.Ask("sd.local", type::kSoa).answer()[0], StartsWith("sd.local. 15 IN SOA"));
}

TEST_F(PublisherTest, Rfc8020NamesAboveAZoneBelowAreEmptyNonTerminals) {
  // b.a.sd.local makes a.sd.local exist in sd.local, whichever of the two was there first.
  registry_.AddNamespace("b.a.sd.local");
  registry_.Commit();
  EXPECT_EQ(RcodeOf("a.sd.local"), LDNS_RCODE_NOERROR);
  registry_.AddNamespace("local");
  registry_.Commit();
  registry_.AddNamespace("a.sd.local");
  registry_.Commit();
  EXPECT_THAT(client_.Ask("a.sd.local", type::kTxt).authority()[0], StartsWith("a.sd.local. "));
  registry_.DeleteNamespace();
  registry_.Commit();
  EXPECT_EQ(RcodeOf("a.sd.local"), LDNS_RCODE_NOERROR);
  registry_.Use("ns-1");
  registry_.DeleteNamespace();
  registry_.Commit();
  // Now "local" is the closest zone above b.a.sd.local.
  EXPECT_EQ(RcodeOf("sd.local"), LDNS_RCODE_NOERROR);
  EXPECT_EQ(RcodeOf("a.sd.local"), LDNS_RCODE_NOERROR);
  registry_.Use("ns-2");
  registry_.DeleteNamespace();
  registry_.Commit();
  EXPECT_EQ(RcodeOf("a.sd.local"), LDNS_RCODE_NXDOMAIN);
}

TEST_F(PublisherTest, ALoadAfterAFailedCommitForgetsWhatTheStoreDoesNotHave) {
  registry_.AddService("web", {{v1::RECORD_TYPE_A, 60}});
  registry_.AddInstance("web", "i", {{"AWS_INSTANCE_IPV4", "192.0.2.1"}});
  registry_.Commit();
  EXPECT_EQ(RcodeOf("web.sd.local"), LDNS_RCODE_NOERROR);
  registry_.publisher().OnLoad(registry::State());
  EXPECT_EQ(registry_.zones().zone_count(), 0U);
  EXPECT_EQ(RcodeOf("web.sd.local"), LDNS_RCODE_REFUSED);
}

// Names of this server itself: of its endpoint, and of the name servers of its zones.
class OwnNames {
 public:
  explicit OwnNames(const PublisherOptions& options) : registry(options), client_(registry) {}

  std::vector<std::string> Ask(const std::string& name, uint16_t qtype) {
    return client_.Ask(name, qtype).answer();
  }
  std::vector<std::string> Additional(const std::string& name, uint16_t qtype) {
    return client_.Ask(name, qtype).additional();
  }
  // "owner type" of every RRset in the zone but SOA and NS, as a transfer walks them.
  std::vector<std::string> RRsetsOf(const std::string& apex) {
    std::vector<std::string> lines;
    LookupName name;
    const std::string wire = *WireName(apex);
    name.Parse({reinterpret_cast<const uint8_t*>(wire.data()), wire.size()}, 0);
    name.Hash(registry.zones().hash_key());
    (*registry.zones().FindApex(name))->nodes().ForEach([&](const NameView& owner, const auto& e) {
      for (const RRset& rrset : e.node->rrsets()) {
        lines.push_back(absl::StrCat(NameText(owner), " ", rrset.type()));
      }
    });
    return lines;
  }

  TestRegistry registry;

 private:
  TestClient client_;
};

PublisherOptions Endpoint(const std::string& name) {
  PublisherOptions options;
  options.static_names = {{name, {"192.0.2.1"}}};
  options.name_servers = options.static_names;
  options.name_server_addresses = {"192.0.2.1"};
  return options;
}

TEST(OwnNames, StaticNamesAreAnsweredUntilANamespaceTakesTheName) {
  PublisherOptions options;
  options.static_names = {{"Map.test", {"192.0.2.1", "2001:db8::1", "nonsense"}},
                          {"data-map.test", {"192.0.2.1"}}};
  OwnNames own(options);
  EXPECT_THAT(own.Ask("map.test", type::kA), ElementsAre("map.test. 60 IN A 192.0.2.1"));
  EXPECT_THAT(own.Ask("map.test", type::kAaaa), ElementsAre("map.test. 60 IN AAAA 2001:db8::1"));
  EXPECT_THAT(own.Ask("data-map.test", type::kA), SizeIs(1));
  own.registry.AddNamespace("map.test");
  own.registry.Commit();
  EXPECT_THAT(own.Ask("map.test", type::kA), IsEmpty());
  own.registry.DeleteNamespace();
  own.registry.Commit();
  EXPECT_THAT(own.Ask("map.test", type::kA), SizeIs(1));
  EXPECT_THAT(own.Ask("map.test", type::kSoa), ElementsAre(testing::HasSubstr(" 2 7200 ")))
      << "the serial goes on";
}

// The endpoint may be on an address that has no DNS.
TEST(OwnNames, ZonesOfStaticNamesAreServedWhereDnsIs) {
  PublisherOptions options;
  options.static_names = {{"map.test", {"192.0.2.1"}}};
  options.name_server_addresses = {"192.0.2.53"};
  OwnNames own(options);
  EXPECT_THAT(own.Ask("map.test", type::kNs),
              ElementsAre("map.test. 300 IN NS cloudmapd-ns.map.test."));
  EXPECT_THAT(own.Additional("map.test", type::kNs),
              ElementsAre("cloudmapd-ns.map.test. 300 IN A 192.0.2.53"));
  EXPECT_THAT(own.Ask("cloudmapd-ns.map.test", type::kA), SizeIs(1));
  EXPECT_THAT(own.Ask("map.test", type::kA), ElementsAre("map.test. 60 IN A 192.0.2.1"));
}

TEST(OwnNames, ZonesNameTheConfiguredServersInsteadOfOneInside) {
  OwnNames own(Endpoint("map.test"));
  own.registry.AddNamespace("sd.local");
  own.registry.Commit();
  EXPECT_THAT(own.Ask("sd.local", type::kNs), ElementsAre("sd.local. 300 IN NS map.test."));
  EXPECT_THAT(own.Additional("sd.local", type::kNs), ElementsAre("map.test. 300 IN A 192.0.2.1"));
  EXPECT_THAT(own.Ask("cloudmapd-ns.sd.local", type::kA), IsEmpty());
  EXPECT_THAT(own.Ask("sd.local", type::kSoa),
              ElementsAre(StartsWith("sd.local. 15 IN SOA map.test. hostmaster.sd.local. ")));
}

// What a secondary has of a zone, it has from the zone alone.
TEST(OwnNames, AServerThatIsCalledByANameInsideAZoneHasItsAddressesInIt) {
  OwnNames own(Endpoint("map.sd.local"));
  own.registry.AddNamespace("sd.local");
  own.registry.Commit();
  EXPECT_THAT(own.RRsetsOf("sd.local"), ElementsAre("map.sd.local. 1"));
  EXPECT_THAT(own.Ask("map.sd.local", type::kA), ElementsAre("map.sd.local. 60 IN A 192.0.2.1"))
      << "from its own zone";
}

TEST(OwnNames, ANamespaceThatIsCalledAsTheServerLeadsToItUntilItHasAddressesAtItsApex) {
  OwnNames own(Endpoint("map.test"));
  const std::string server = "map.test. 300 IN A 192.0.2.1";
  own.registry.AddNamespace("map.test");
  own.registry.Commit();
  EXPECT_THAT(own.Ask("map.test", type::kA), ElementsAre(server));
  own.registry.AddService(".", {{v1::RECORD_TYPE_A, 60}});
  own.registry.AddInstance(".", "i", {{"AWS_INSTANCE_IPV4", "192.0.2.9"}});
  own.registry.Commit();
  EXPECT_THAT(own.Ask("map.test", type::kA), ElementsAre("map.test. 60 IN A 192.0.2.9"));
  own.registry.DeleteInstance(".", "i");
  own.registry.Commit();
  EXPECT_THAT(own.Ask("map.test", type::kA), ElementsAre(server));
}

// Everything a client can ask of the registry's names, as text.
std::string Snapshot(TestClient& client, const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    for (const uint16_t qtype : {type::kA, type::kAaaa, type::kSrv, type::kCname}) {
      const Response response = client.Ask(name, qtype);
      auto answer = response.answer();
      std::sort(answer.begin(), answer.end());
      absl::StrAppend(&text, name, " ", qtype, " ", static_cast<int>(response.rcode()), "\n");
      for (const std::string& line : answer) {
        absl::StrAppend(&text, "  ", line, "\n");
      }
    }
  }
  return text;
}

TEST_F(PublisherTest, ManyRandomChangesEqualLoadingTheResult) {
  // Few names, so that services, hosts and empty non-terminals meet often.
  const std::vector<std::string> labels = {"a", "B", "a.b", "b.a", "a.a.b", "."};
  std::vector<std::string> names = {"sd.local"};
  for (const char* x : {"a", "b"}) {
    names.push_back(absl::StrCat(x, ".sd.local"));
    for (const char* y : {"a", "b"}) {
      names.push_back(absl::StrCat(x, ".", y, ".sd.local"));
      for (const char* z : {"a", "b"}) {
        names.push_back(absl::StrCat(x, ".", y, ".", z, ".sd.local"));
        for (const char* w : {"a", "b"}) {
          names.push_back(absl::StrCat(w, ".", x, ".", y, ".", z, ".sd.local"));
        }
      }
    }
  }
  FastRandom random(2024);
  const auto pick = [&]() -> const std::string& {
    return labels[random.Below(static_cast<uint32_t>(labels.size()))];
  };
  registry_.Commit();
  const std::string empty = Snapshot(client_, names);
  for (int round = 0; round < 400; ++round) {
    for (uint32_t i = random.Below(4); i != ~0U; --i) {
      const std::string& service = pick();
      switch (random.Below(5)) {
        case 0:
          registry_.AddService(service, {{v1::RECORD_TYPE_SRV, random.Below(3)}});
          break;
        case 1:
          registry_.AddService(service, {{v1::RECORD_TYPE_A, 9}});
          break;
        case 2:
          registry_.DeleteInstance(service, pick());
          break;
        default:
          if (registry_.state().FindService(absl::StrCat("srv-ns-1-", service)) != nullptr) {
            AddHost(service, pick(), absl::StrCat("192.0.2.", random.Below(4)));
          }
      }
      registry_.Commit();
    }
    TestRegistry loaded;
    loaded.publisher().OnLoad(registry_.state());
    TestClient fresh(loaded);
    ASSERT_EQ(Snapshot(client_, names), Snapshot(fresh, names)) << round;
  }
  // Taking everything away again leaves no empty non-terminal behind.
  for (const std::string& service : labels) {
    for (const std::string& id : labels) {
      registry_.DeleteInstance(service, id);
    }
  }
  registry_.Commit();
  EXPECT_EQ(Snapshot(client_, names), empty);
}

}  // namespace
}  // namespace cloudmap::dns
