#!/usr/bin/env python3
"""Letter case of names (RFC 4343), and bytes that are no letters."""

import random

from dns_case import DnsTestCase
from support.server import main


class LetterCase(DnsTestCase):
    @classmethod
    def populate(cls, registry):
        namespace = registry.namespace("Mixed.Test")
        upper = registry.service(namespace, "Web-APP", {"A": 60})
        registry.instance(upper, "i-1", ipv4="192.0.2.1")
        srv = registry.service(namespace, "_Http._TCP", {"SRV": 60})
        registry.instance(srv, "Inst-A", ipv4="192.0.2.2", port=80)
        alias = registry.service(namespace, "alias", {"CNAME": 60}, policy="WEIGHTED")
        registry.instance(alias, "i-1", cname="WEB-app.MIXED.test")

    def test_rfc4343_names_match_in_every_case_and_are_echoed_in_the_asked_one(self):
        rng = random.Random(4343)
        for _ in range(100):
            name = "".join(rng.choice((c.lower(), c.upper())) for c in "web-app.mixed.test")
            with self.subTest(name):
                response = self.ask(name)
                self.assertEqual([f"{name}. A 192.0.2.1"], response.answer)

    def test_rfc4343_negative_answers_match_without_case_too(self):
        self.assert_negative(self.ask("WEB-APP.MIXED.TEST", "AAAA"), "NOERROR", "MIXED.TEST")
        self.assert_negative(self.ask("nO.mIxEd.tEsT"), "NXDOMAIN", "mIxEd.tEsT")

    def test_rfc4343_host_names_of_instances_match_without_case(self):
        for name in ("Inst-A._Http._TCP.Mixed.Test", "inst-a._http._tcp.mixed.test"):
            with self.subTest(name):
                self.assertEqual([f"{name}. A 192.0.2.2"], self.ask(name).answer)

    def test_rfc4343_cname_targets_are_followed_without_case_and_keep_theirs(self):
        response = self.ask("alias.mixed.test")
        self.assertEqual("alias.mixed.test. CNAME WEB-app.MIXED.test.", response.answer[0])
        self.assertEqual("WEB-app.MIXED.test. A 192.0.2.1", response.answer[1])

    def test_rfc4343_s3_only_ascii_letters_have_case(self):
        # 0x40, 0x5b to 0x5f are the neighbours of A and Z; 0x60 and 0x7b to 0x7f differ by bit 5 alone.
        for byte, other in ((0x40, 0x60), (0x5B, 0x7B), (0x5C, 0x7C), (0x5D, 0x7D), (0x5E, 0x7E), (0x5F, 0x7F)):
            with self.subTest(byte=byte):
                for name in ([bytes([other]) + b"http", b"_tcp"], [bytes([byte]) + b"http", b"\x7ftcp"]):
                    response = self.ask([*name, b"mixed", b"test"], "SRV")
                    self.assertEqual("NXDOMAIN", response.rcode)

    def test_rfc4343_s3_bytes_over_127_are_not_folded(self):
        # 0xd7 and 0xf7 differ by bit 5, as Latin-1 capital and small letters do.
        for byte in (0xC1, 0xD7, 0xDE, 0xE1, 0xF7):
            with self.subTest(byte=byte):
                label = b"web-app"[:-1] + bytes([byte])
                self.assertEqual("NXDOMAIN", self.ask([label, b"mixed", b"test"]).rcode)

    def test_rfc4343_s2_1_an_escaped_dot_is_part_of_its_label(self):
        self.assertEqual("NXDOMAIN", self.ask([b"_http._tcp", b"mixed", b"test"], "SRV").rcode)
        self.assertEqual(1, len(self.ask("_http._tcp.mixed.test", "SRV").answer))


if __name__ == "__main__":
    main()
