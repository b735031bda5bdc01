#!/usr/bin/env python3
"""QTYPE ANY (RFC 8482)."""

from dns_case import DnsTestCase
from support.server import main


class Any(DnsTestCase):
    @classmethod
    def populate(cls, registry):
        super().populate(registry)
        dual = registry.service(cls.namespace, "dual", {"A": 60, "AAAA": 30})
        registry.instance(dual, "i-1", ipv4="192.0.2.1", ipv6="2001:db8::1")
        cname = registry.service(cls.namespace, "alias", {"CNAME": 5}, policy="WEIGHTED")
        registry.instance(cname, "i-1", cname="dual.sd.test")
        srv = registry.service(cls.namespace, "_a._tcp", {"SRV": 20})
        registry.instance(srv, "i-1", ipv4="192.0.2.1", port=80)

    def test_rfc8482_s4_1_one_rrset_is_chosen_over_udp_and_tcp_alike(self):
        cases = {
            "dual.sd.test": ["dual.sd.test. A 192.0.2.1"],
            "alias.sd.test": ["alias.sd.test. CNAME dual.sd.test."],
            "_a._tcp.sd.test": ["_a._tcp.sd.test. SRV 1 1 80 i-1._a._tcp.sd.test."],
        }
        for name, expected in cases.items():
            for tcp in (False, True):
                with self.subTest(name, tcp=tcp):
                    response = self.ask(name, "ANY", tcp=tcp)
                    self.assertEqual(("NOERROR", expected, []), (response.rcode, response.answer, response.authority))

    def test_rfc8482_any_at_an_apex_is_its_soa(self):
        self.assertEqual(self.ask("sd.test", "SOA").answer, self.ask("sd.test", "ANY").answer)

    def test_rfc8482_any_of_an_empty_non_terminal_is_nodata_and_of_a_missing_name_nxdomain(self):
        self.assert_negative(self.ask("_tcp.sd.test", "ANY"), "NOERROR", "sd.test")
        self.assert_negative(self.ask("no.sd.test", "ANY"), "NXDOMAIN", "sd.test")


if __name__ == "__main__":
    main()
