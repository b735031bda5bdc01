#!/usr/bin/env python3
"""Types that are not served (RFC 3597), and DNSSEC's types in unsigned zones (RFC 4035)."""

from dns_case import DnsTestCase, opt
from support.server import main


class Types(DnsTestCase):
    @classmethod
    def populate(cls, registry):
        super().populate(registry)
        registry.namespace("alone.example")
        cname = registry.service(cls.namespace, "to-child", {"CNAME": 5}, policy="WEIGHTED")
        registry.instance(cname, "i-1", cname="child.sd.test")
        cname = registry.service(cls.namespace, "to-alone", {"CNAME": 5}, policy="WEIGHTED")
        registry.instance(cname, "i-1", cname="alone.example")

    def test_rfc3597_unknown_type_at_an_existing_name_is_nodata(self):
        for code in (12345, 65281, 10, 64, 65, 257):
            with self.subTest(code=code):
                self.assert_negative(self.ask("web.sd.test", code), "NOERROR", "sd.test")

    def test_rfc3597_unknown_type_at_a_missing_name_is_nxdomain(self):
        self.assert_negative(self.ask("no.sd.test", 12345), "NXDOMAIN", "sd.test")

    def test_rfc3597_only_the_asked_type_is_answered(self):
        for record_type in ("AAAA", "MX", "TXT", "SRV", "CNAME", "NS", "SOA", "PTR"):
            with self.subTest(record_type):
                self.assert_negative(self.ask("web.sd.test", record_type), "NOERROR", "sd.test")

    def test_rfc4035_dnssec_types_in_an_unsigned_zone_are_nodata(self):
        for record_type in ("RRSIG", "DNSKEY", "NSEC", "NSEC3", "NSEC3PARAM", "DS", "CDS", "CDNSKEY"):
            with self.subTest(record_type):
                response = self.ask("web.sd.test", record_type, edns=opt(flags=0x8000))
                self.assert_negative(response, "NOERROR", "sd.test")

    def test_rfc4035_s3_1_4_1_ds_of_an_apex_is_answered_by_the_parent_if_it_is_ours(self):
        self.assert_negative(self.ask("child.sd.test", "DS"), "NOERROR", "sd.test")
        self.assert_negative(self.ask("alone.example", "DS"), "NOERROR", "alone.example")
        self.assert_negative(self.ask("no.child.sd.test", "DS"), "NXDOMAIN", "child.sd.test")

    def test_rfc4035_ds_of_an_apex_behind_a_cname_has_a_whole_owner_name(self):
        for name, apexes in (("to-child", ("sd.test.", "child.sd.test.")), ("to-alone", ("alone.example.",))):
            with self.subTest(name):
                response = self.ask(f"{name}.sd.test", "DS")
                self.assertEqual(1, len(response.answer))
                self.assertIn(str(response.message.authority[0].name), apexes)


if __name__ == "__main__":
    main()
