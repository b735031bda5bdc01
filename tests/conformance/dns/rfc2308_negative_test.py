#!/usr/bin/env python3
"""NXDOMAIN and NODATA with their SOA (RFC 2308), and the apex (RFC 1034 s4.2.1)."""

from dns_case import AA, QR, RD, DnsTestCase, opt
from support.server import main


class Negative(DnsTestCase):
    @classmethod
    def populate(cls, registry):
        super().populate(registry)
        registry.namespace("seven.test", soa_ttl=7)
        registry.namespace("public.test", kind="PublicDns", soa_ttl=9)
        registry.namespace("default.test", kind="PublicDns")
        registry.namespace("huge.test", soa_ttl=2147483647)
        registry.namespace("zero.test", soa_ttl=0)
        for name, target in (("gone", "no.seven.test"), ("nodata", "seven.test")):
            service = registry.service(cls.namespace, name, {"CNAME": 5}, policy="WEIGHTED")
            registry.instance(service, "i-1", cname=target)

    def test_rfc2308_s2_1_nxdomain_has_one_soa_of_the_apex_and_aa(self):
        for name in ("no.sd.test", "a.b.c.no.sd.test", "no.web.sd.test", "_tcp.sd.test"):
            with self.subTest(name):
                response = self.ask(name, flags=RD)
                self.assert_negative(response, "NXDOMAIN", "sd.test")
                self.assertEqual(QR | AA | RD | 3, response.flags)

    def test_rfc2308_s2_2_nodata_has_one_soa_of_the_apex_and_aa(self):
        for name in ("web.sd.test", "sd.test"):
            with self.subTest(name):
                response = self.ask(name, "AAAA")
                self.assert_negative(response, "NOERROR", "sd.test")
                self.assertEqual(QR | AA, response.flags)

    def test_rfc2308_s3_ttl_of_a_negative_answer_is_the_lesser_of_soa_ttl_and_minimum(self):
        apexes = (("seven.test", 7), ("public.test", 9), ("default.test", 60), ("huge.test", 86400), ("zero.test", 0))
        for apex, ttl in apexes:
            with self.subTest(apex):
                self.assert_negative(self.ask(f"no.{apex}"), "NXDOMAIN", apex, ttl)
                self.assert_negative(self.ask(apex, "MX"), "NOERROR", apex, ttl)

    def test_rfc2308_s5_the_soa_itself_keeps_its_own_ttl(self):
        self.assertEqual([2147483647], self.ask("huge.test", "SOA").ttls)
        self.assertEqual([0], self.ask("zero.test", "SOA").ttls)

    def test_rfc2308_s2_1_negative_end_of_a_chain_has_the_soa_of_its_zone(self):
        response = self.ask("gone.sd.test")
        self.assertEqual(("NXDOMAIN", 1), (response.rcode, len(response.answer)))
        self.assert_soa(response, "seven.test", 7)
        response = self.ask("nodata.sd.test")
        self.assertEqual(("NOERROR", 1), (response.rcode, len(response.answer)))
        self.assert_soa(response, "seven.test", 7)

    def test_rfc2308_negative_answers_fit_without_edns_and_have_it_when_asked(self):
        longest = [b"x" * 63, b"x" * 63, b"x" * 63, b"x" * 52, b"sd", b"test"]
        self.assertEqual("NXDOMAIN", self.ask(longest).rcode)
        self.assert_negative(self.ask("no.sd.test", edns=opt()), "NXDOMAIN", "sd.test")

    def test_rfc2308_answers_have_no_authority_section(self):
        self.assertEqual([], self.ask("web.sd.test").authority)


class Apex(DnsTestCase):
    SOA = "cloudmapd-ns.sd.test. hostmaster.sd.test. {} 7200 900 1209600 86400"
    NS = "cloudmapd-ns.sd.test."

    def test_rfc1034_apex_answers_its_soa(self):
        response = self.ask("sd.test", "SOA")
        self.assertEqual([f"sd.test. SOA {self.SOA.format(self.serial('sd.test'))}"], response.answer)
        self.assertEqual((QR | AA, [15], []), (response.flags, response.ttls, response.authority))

    def test_rfc2181_the_apex_names_this_server_with_its_address(self):
        response = self.ask("sd.test", "NS")
        address = f"{self.NS} A {self.server.dns[0]}"
        self.assertEqual([f"sd.test. NS {self.NS}"], response.answer)
        self.assertEqual([address], response.additional)
        self.assertEqual((QR | AA, [300]), (response.flags, response.ttls))
        self.assertEqual([address], self.ask(self.NS).answer)

    def test_a_service_of_the_name_servers_name_wins_until_it_is_gone(self):
        service = self.registry.service(self.namespace, "cloudmapd-ns", {"A": 60})
        self.registry.instance(service, "i-1", ipv4="192.0.2.77")
        self.assertEqual([f"{self.NS} A 192.0.2.77"], self.ask(self.NS).answer)
        self.registry.deregister(service, "i-1")
        self.assertEqual([f"{self.NS} A {self.server.dns[0]}"], self.ask(self.NS).answer)

    def test_public_namespaces_without_an_soa_property_have_60_seconds(self):
        namespace = self.registry.namespace("sixty.example", kind="PublicDns")
        self.assertEqual(60, self.registry.soa_ttl(namespace))
        self.assertEqual([60], self.ask("sixty.example", "SOA").ttls)

    def test_rfc1034_soa_and_ns_exist_at_the_apex_only(self):
        for record_type in ("SOA", "NS"):
            self.assert_negative(self.ask("web.sd.test", record_type), "NOERROR", "sd.test")

    def test_rfc1982_serial_moves_with_every_published_change_of_the_zone_and_only_then(self):
        other = self.serial("child.sd.test")
        serials = [self.serial("sd.test")]
        service = self.registry.service(self.namespace, "moving", {"A": 60})
        for i in range(3):
            self.registry.instance(service, "i-1", ipv4=f"192.0.2.{i}")
            serials.append(self.serial("sd.test"))
        self.registry.update_ttls(service, {"A": 61})
        serials.append(self.serial("sd.test"))
        self.registry.deregister(service, "i-1")
        serials.append(self.serial("sd.test"))
        self.assertEqual(sorted(set(serials)), serials)
        self.assertEqual(other, self.serial("child.sd.test"))
        # Nothing that DNS shows: the serial stays.
        self.registry.instance(self.web, "i-1", ipv4="192.0.2.1")
        self.registry.service(self.namespace, "without-instances", {"A": 60})
        self.assertEqual(serials[-1], self.serial("sd.test"))


class ConfiguredNegativeTtl(DnsTestCase):
    server_flags = ("--store", "memory", "--soa-ttl", "77")

    @classmethod
    def populate(cls, registry):
        super().populate(registry)
        registry.namespace("seven.test", soa_ttl=7)

    def test_rfc2308_s3_namespaces_without_an_soa_property_have_the_configured_ttl(self):
        self.assert_negative(self.ask("no.sd.test"), "NXDOMAIN", "sd.test", 77)
        self.assert_negative(self.ask("no.seven.test"), "NXDOMAIN", "seven.test", 7)
        self.assertEqual(77, self.registry.soa_ttl(self.namespace))


if __name__ == "__main__":
    main()
