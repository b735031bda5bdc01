#!/usr/bin/env python3
"""SRV records (RFC 2782), their targets' host names, and additional addresses."""

from dns_case import TC, DnsTestCase, opt
from support.server import main

OWNER = "_http._tcp.sd.test"


class Srv(DnsTestCase):
    @classmethod
    def populate(cls, registry):
        cls.namespace = registry.namespace("sd.test")
        cls.http = registry.service(cls.namespace, "_http._tcp", {"SRV": 20})
        registry.instance(cls.http, "i-1", ipv4="192.0.2.1", ipv6="2001:db8::1", port=8080)
        registry.instance(cls.http, "i-2", ipv4="192.0.2.2", port=8081)
        registry.instance(cls.http, "i-3", ipv6="2001:db8::3", port=8082)

    def test_rfc2782_answer_has_priority_1_weight_1_port_and_host_name(self):
        response = self.ask(OWNER, "SRV")
        expected = [f"{OWNER}. SRV 1 1 {8079 + i} i-{i}.{OWNER}." for i in (1, 2, 3)]
        self.assertEqual(expected, sorted(response.answer))
        self.assertEqual([20] * 3, response.ttls)

    def test_rfc2782_targets_are_not_compressed(self):
        response = self.ask(OWNER, "SRV")
        target = b"".join(bytes([len(part)]) + part.encode() for part in OWNER.split(".")) + b"\0"
        for i in (b"i-1", b"i-2", b"i-3"):
            self.assertIn(b"\x03" + i + target, response.wire)

    def test_rfc2782_targets_addresses_are_additional_each_once(self):
        expected = [
            f"i-1.{OWNER}. A 192.0.2.1",
            f"i-1.{OWNER}. AAAA 2001:db8::1",
            f"i-2.{OWNER}. A 192.0.2.2",
            f"i-3.{OWNER}. AAAA 2001:db8::3",
        ]
        for tcp in (False, True):
            response = self.ask(OWNER, "SRV", tcp=tcp)
            self.assertEqual(expected, sorted(response.additional))
            self.assertEqual({20}, {rrset.ttl for rrset in response.message.additional})

    def test_cloudmap_host_names_answer_the_addresses_given(self):
        self.assertEqual([f"i-1.{OWNER}. A 192.0.2.1"], self.ask(f"i-1.{OWNER}").answer)
        self.assertEqual([f"i-1.{OWNER}. AAAA 2001:db8::1"], self.ask(f"i-1.{OWNER}", "AAAA").answer)
        self.assert_negative(self.ask(f"i-2.{OWNER}", "AAAA"), "NOERROR", "sd.test")
        self.assert_negative(self.ask(f"i-3.{OWNER}"), "NOERROR", "sd.test")
        self.assert_negative(self.ask(f"i-4.{OWNER}"), "NXDOMAIN", "sd.test")
        self.assert_negative(self.ask(OWNER), "NOERROR", "sd.test")

    def test_rfc2181_s9_additional_addresses_are_dropped_first_without_tc(self):
        big = self.registry.service(self.namespace, "_big._tcp", {"SRV": 20})
        for i in range(8):
            self.registry.instance(big, f"{i}{'x' * 20}", ipv4=f"192.0.2.{i}", ipv6=f"2001:db8::{i}", port=80)
        whole = self.ask("_big._tcp.sd.test", "SRV", tcp=True)
        self.assertEqual((8, 16), (len(whole.answer), len(whole.additional)))
        cut = self.ask("_big._tcp.sd.test", "SRV", edns=opt(payload=600))
        self.assertEqual((8, 0), (len(cut.answer), cut.flags & TC))
        self.assertLess(len(cut.additional), 16)
        self.assertLessEqual(len(cut.wire), 600)

    def test_rfc2782_eight_targets_of_a_real_name_fit_512_bytes(self):
        eight = self.registry.service(self.namespace, "_e._tcp", {"SRV": 20})
        for i in range(8):
            self.registry.instance(eight, f"task-{i}", ipv4=f"192.0.2.{i}", port=80)
        response = self.ask("_e._tcp.sd.test", "SRV")
        self.assertEqual((8, 0), (len(response.answer), response.flags & TC))

    def test_rfc2782_more_than_eight_instances_give_eight_with_their_own_addresses(self):
        many = self.registry.service(self.namespace, "_m._tcp", {"SRV": 20})
        for i in range(12):
            self.registry.instance(many, f"i{i}", ipv4=f"192.0.2.{i}", port=8000 + i)
        for _ in range(20):
            response = self.ask("_m._tcp.sd.test", "SRV", edns=opt())
            targets = {line.split()[-1] for line in response.answer}
            self.assertEqual(8, len(targets))
            self.assertEqual(targets, {line.split()[0] for line in response.additional})

    def test_rfc2782_instance_ids_with_dots_and_unusual_characters_are_labels(self):
        odd = self.registry.service(self.namespace, "odd", {"SRV": 20})
        self.registry.instance(odd, "a.b", ipv4="192.0.2.1", port=80)
        self.registry.instance(odd, "x/y@z:1_", ipv4="192.0.2.2", port=81)
        response = self.ask("odd.sd.test", "SRV")
        targets = {str(rrset[0].target) for rrset in response.message.answer}
        self.assertEqual({"a.b.odd.sd.test.", "x/y\\@z:1_.odd.sd.test."}, targets)
        self.assertEqual(["x/y\\@z:1_.odd.sd.test. A 192.0.2.2"], self.ask([b"x/y@z:1_", b"odd", b"sd", b"test"]).answer)

    def test_rfc2181_equal_addresses_of_several_targets_belong_to_each(self):
        same = self.registry.service(self.namespace, "same", {"SRV": 20})
        for i in (1, 2):
            self.registry.instance(same, f"i-{i}", ipv4="192.0.2.1", port=80)
        expected = [f"i-{i}.same.sd.test. A 192.0.2.1" for i in (1, 2)]
        self.assertEqual(expected, sorted(self.ask("same.sd.test", "SRV").additional))

    def test_rfc2782_additional_addresses_are_in_no_duplicate_where_namespaces_of_one_name_meet(self):
        for vpc in ("vpc-1", "vpc-2"):
            namespace = self.registry.namespace("twice.test", vpc=vpc)
            service = self.registry.service(namespace, "web", {"SRV": 20})
            self.registry.instance(service, "i-1", ipv4="192.0.2.1", port=int(vpc[-1]))
        response = self.ask("web.twice.test", "SRV")
        self.assertEqual(2, len(response.answer))
        self.assertEqual(["i-1.web.twice.test. A 192.0.2.1"], response.additional)


if __name__ == "__main__":
    main()
