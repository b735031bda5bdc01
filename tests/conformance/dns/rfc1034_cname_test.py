#!/usr/bin/env python3
"""CNAME (RFC 1034 s3.6.2, RFC 2181 s10.1, RFC 6604) and the longest matching zone."""

from dns_case import AA, QR, DnsTestCase
from support.server import main


class Cname(DnsTestCase):
    @classmethod
    def populate(cls, registry):
        super().populate(registry)
        cls.other = registry.namespace("other.test", soa_ttl=7)
        target = registry.service(cls.other, "app", {"A": 30})
        registry.instance(target, "i-1", ipv4="192.0.2.9")
        cls.cname(registry, "one", "web.sd.test")
        cls.cname(registry, "two", "one.sd.test.")
        cls.cname(registry, "across", "app.other.test")
        cls.cname(registry, "outside", "www.example.com")
        cls.cname(registry, "gone", "no.other.test")
        cls.cname(registry, "self", "self.sd.test")
        cls.cname(registry, "ping", "pong.sd.test")
        cls.cname(registry, "pong", "ping.sd.test")
        for i in range(12):
            cls.cname(registry, f"step{i}", f"step{i + 1}.sd.test")
        cls.srv = registry.service(cls.namespace, "_s._tcp", {"SRV": 20})
        registry.instance(cls.srv, "i-1", ipv4="192.0.2.8", port=80)
        cls.cname(registry, "to-srv", "_s._tcp.sd.test")

    @classmethod
    def cname(cls, registry, name, target):
        service = registry.service(cls.namespace, name, {"CNAME": 10}, policy="WEIGHTED")
        registry.instance(service, "i-1", cname=target)

    def test_rfc1034_s3_6_2_cname_is_followed_within_a_zone(self):
        response = self.ask("two.sd.test")
        self.assertEqual(
            ["two.sd.test. CNAME one.sd.test.", "one.sd.test. CNAME web.sd.test."], response.answer[:2]
        )
        self.assertEqual([f"web.sd.test. A 192.0.2.{i}" for i in (1, 2, 3)], sorted(response.answer[2:]))
        self.assertEqual(([10, 10, 60, 60, 60], QR | AA), (response.ttls, response.flags))

    def test_rfc1034_cname_is_followed_into_other_zones_of_ours(self):
        expected = ["across.sd.test. CNAME app.other.test.", "app.other.test. A 192.0.2.9"]
        self.assertEqual(expected, self.ask("across.sd.test").answer)

    def test_rfc1034_cname_to_outside_is_answered_alone(self):
        response = self.ask("outside.sd.test")
        self.assertEqual(["outside.sd.test. CNAME www.example.com."], response.answer)
        self.assertEqual(("NOERROR", []), (response.rcode, response.authority))

    def test_rfc1034_cname_itself_is_answered_without_chasing(self):
        for record_type in ("CNAME", "ANY"):
            self.assertEqual(["one.sd.test. CNAME web.sd.test."], self.ask("one.sd.test", record_type).answer)

    def test_rfc1034_any_other_type_is_answered_by_the_cname(self):
        for record_type in ("AAAA", "MX", "TXT", 65280):
            response = self.ask("one.sd.test", record_type)
            self.assertEqual(["one.sd.test. CNAME web.sd.test."], response.answer)
            self.assertEqual("NOERROR", response.rcode)
            self.assert_soa(response, "sd.test")

    def test_rfc6604_s3_rcode_is_that_of_the_last_name(self):
        response = self.ask("gone.sd.test")
        self.assertEqual(("NXDOMAIN", ["gone.sd.test. CNAME no.other.test."]), (response.rcode, response.answer))
        self.assert_soa(response, "other.test", 7)

    def test_rfc1034_srv_behind_a_cname_has_its_additional_addresses(self):
        response = self.ask("to-srv.sd.test", "SRV")
        self.assertEqual("_s._tcp.sd.test. SRV 1 1 80 i-1._s._tcp.sd.test.", response.answer[1])
        self.assertEqual(["i-1._s._tcp.sd.test. A 192.0.2.8"], response.additional)

    def test_rfc1034_a_long_chain_is_answered_as_far_as_it_was_walked(self):
        response = self.ask("step0.sd.test")
        self.assertEqual([f"step{i}.sd.test. CNAME step{i + 1}.sd.test." for i in range(9)], response.answer)
        self.assertEqual("NOERROR", response.rcode)
        self.assertEqual(response.answer, self.ask("step0.sd.test", tcp=True).answer)

    def test_rfc1034_a_loop_is_answered_without_end(self):
        for name in ("self", "ping"):
            response = self.ask(f"{name}.sd.test")
            self.assertEqual("NOERROR", response.rcode)
            self.assertTrue(response.answer)

    def test_rfc2181_s5_a_loop_repeats_no_record(self):
        for name, count in (("self", 1), ("ping", 2)):
            with self.subTest(name):
                answer = self.ask(f"{name}.sd.test").answer
                self.assertEqual((count, count), (len(answer), len(set(answer))))


class Zones(DnsTestCase):
    @classmethod
    def populate(cls, registry):
        for name in ("sd.test", "deep.sd.test", "example.test"):
            namespace = registry.namespace(name)
            service = registry.service(namespace, "web", {"A": 60})
            registry.instance(service, "i-1", ipv4="192.0.2.1")
        parent = registry.namespace("top.test")
        for name in ("web.hidden", "hidden"):
            service = registry.service(parent, name, {"A": 60})
            registry.instance(service, "i-1", ipv4="192.0.2.2")

    def test_rfc1034_s4_3_2_longest_matching_zone_answers(self):
        self.assert_negative(self.ask("no.deep.sd.test"), "NXDOMAIN", "deep.sd.test")
        self.assert_negative(self.ask("no.sd.test"), "NXDOMAIN", "sd.test")

    def test_rfc1034_zones_match_at_label_boundaries_only(self):
        for name in ("xexample.test", "web.xexample.test", "ample.test", "test", ""):
            self.assertEqual("REFUSED", self.ask(name).rcode)

    def test_route53_most_specific_zone_has_no_fall_through_to_a_shorter_one(self):
        self.assertEqual(1, len(self.ask("web.hidden.top.test").answer))
        child = self.registry.namespace("hidden.top.test")
        self.assert_negative(self.ask("web.hidden.top.test"), "NXDOMAIN", "hidden.top.test")
        self.assert_negative(self.ask("hidden.top.test"), "NOERROR", "hidden.top.test")
        self.registry.delete_namespace(child)
        self.assertEqual(1, len(self.ask("web.hidden.top.test").answer))
        self.assertEqual(1, len(self.ask("hidden.top.test").answer))

    def test_rfc1034_a_namespace_is_served_from_its_creation_to_its_deletion(self):
        self.assertEqual("REFUSED", self.ask("new.example", "SOA").rcode)
        namespace = self.registry.namespace("new.example")
        self.assertEqual("NOERROR", self.ask("new.example", "SOA").rcode)
        self.registry.delete_namespace(namespace)
        self.assertEqual("REFUSED", self.ask("new.example", "SOA").rcode)

    def test_rfc1034_a_namespace_of_one_label_is_a_zone(self):
        namespace = self.registry.namespace("internal")
        service = self.registry.service(namespace, "web", {"A": 60})
        self.registry.instance(service, "i-1", ipv4="192.0.2.3")
        self.assertEqual(["web.internal. A 192.0.2.3"], self.ask("web.internal").answer)
        self.assert_negative(self.ask("internal"), "NOERROR", "internal")


if __name__ == "__main__":
    main()
