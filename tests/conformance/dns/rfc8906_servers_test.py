#!/usr/bin/env python3
"""What every server must answer to unusual but well-formed queries (RFC 8906, RFC 4892, RFC 5936)."""

from dns_case import (
    AA, ANY, CD, CH, HS, NONE, NOTIFY, QR, RD, UPDATE, DnsTestCase, header, opt, option, query, question, record,
    wire_name,
)
from support.server import main

UNKNOWN_OPCODES = (1, 2, 3, *range(6, 16))


class Opcodes(DnsTestCase):
    def test_rfc8906_s3_1_4_unknown_opcode_is_notimp_with_no_flag_but_qr(self):
        for opcode in UNKNOWN_OPCODES:
            with self.subTest(opcode=opcode):
                packet = query("sd.test", "SOA", opcode=opcode, flags=RD | CD)
                response = self.send(packet)
                self.assertEqual("NOTIMP", response.rcode)
                self.assertEqual(QR | opcode << 11 | 4, response.flags)

    def test_rfc8906_s3_1_4_unknown_opcode_without_question_is_notimp(self):
        for opcode in UNKNOWN_OPCODES:
            with self.subTest(opcode=opcode):
                self.assertEqual("NOTIMP", self.send(header(questions=0, opcode=opcode)).rcode)
                self.assertEqual("NOTIMP", self.send(header(questions=0, opcode=opcode) + b"junk").rcode)

    def test_rfc1996_notify_of_a_primary_is_refused_and_of_a_foreign_zone_notauth(self):
        for apex, rcode in (("sd.test", "REFUSED"), ("web.sd.test", "NOTAUTH"), ("example.com", "NOTAUTH")):
            with self.subTest(apex):
                self.assertEqual(rcode, self.send(query(apex, "SOA", opcode=NOTIFY, flags=AA)).rcode)
        self.assertEqual("FORMERR", self.send(header(questions=0, opcode=NOTIFY)).rcode)

    def test_rfc2136_update_is_refused_and_of_a_foreign_zone_notauth(self):
        change = record("new.sd.test", "A", b"\xc0\0\2\1", 60)
        before = self.serial("sd.test")
        for apex, rcode in (("sd.test", "REFUSED"), ("example.com", "NOTAUTH")):
            with self.subTest(apex):
                packet = header(opcode=UPDATE, authorities=1) + question(apex, "SOA") + change
                self.assertEqual(rcode, self.send(packet).rcode)
        delete = record("web.sd.test", 255, rclass=ANY)
        packet = header(opcode=UPDATE, authorities=1) + question("sd.test", "SOA") + delete
        self.assertEqual("REFUSED", self.send(packet).rcode)
        self.assertEqual(before, self.serial("sd.test"))
        self.assertEqual(3, len(self.ask("web.sd.test").answer))


class Classes(DnsTestCase):
    def test_rfc4892_identity_and_version_are_refused_unless_configured(self):
        for name in ("version.bind", "version.server", "hostname.bind", "id.server"):
            with self.subTest(name):
                response = self.ask(name, "TXT", qclass=CH)
                self.assertEqual(("REFUSED", []), (response.rcode, response.answer))

    def test_rfc1035_other_classes_are_refused_also_for_our_names(self):
        for qclass in (0, 2, CH, HS, 5, NONE, ANY, 65280, 65535):
            with self.subTest(qclass=qclass):
                response = self.ask("web.sd.test", qclass=qclass)
                self.assertEqual(("REFUSED", [], []), (response.rcode, response.answer, response.authority))


class Types(DnsTestCase):
    def test_rfc8906_s3_1_2_unknown_types_are_nodata_or_nxdomain_and_never_notimp(self):
        for code in (0, 3, 58, 99, 1000, 65280, 65534, 65535):
            with self.subTest(code=code):
                self.assert_negative(self.ask("web.sd.test", code), "NOERROR", "sd.test")
                self.assert_negative(self.ask("sd.test", code), "NOERROR", "sd.test")
                self.assert_negative(self.ask("no.sd.test", code), "NXDOMAIN", "sd.test")

    def test_rfc6891_opt_rfc8945_tsig_and_rfc2930_tkey_as_question_types_are_formerr(self):
        for code in (41, 249, 250):
            with self.subTest(code=code):
                self.assertEqual("FORMERR", self.send(query("web.sd.test", code)).rcode)

    def test_rfc1035_maila_and_mailb_are_notimp_as_chosen(self):
        for code in (253, 254):
            with self.subTest(code=code):
                self.assertEqual("NOTIMP", self.ask("web.sd.test", code).rcode)

    def test_rfc5936_s4_2_axfr_over_udp_is_formerr(self):
        self.assertEqual("FORMERR", self.send(query("sd.test", "AXFR")).rcode)

    def test_rfc5936_axfr_over_tcp_is_refused_to_others_than_listed_peers(self):
        for name in ("sd.test", "web.sd.test", "example.com"):
            with self.subTest(name):
                response = self.send(query(name, "AXFR"), tcp=True)
                self.assertIn(response.rcode, ("REFUSED", "NOTAUTH"))
                self.assertEqual([], response.answer)

    def test_rfc1995_ixfr_is_refused_to_others_than_listed_peers(self):
        soa = record("sd.test", "SOA", wire_name("m.test") + wire_name("r.test") + b"\0\0\0\1" * 5)
        packet = header(authorities=1) + question("sd.test", "IXFR") + soa
        for tcp in (False, True):
            with self.subTest(tcp=tcp):
                response = self.send(packet, tcp)
                self.assertEqual(("REFUSED", []), (response.rcode, response.answer))


class EdnsCompliance(DnsTestCase):
    """The tests of RFC 8906 s8.2, by section."""

    def soa(self, **fields):
        return self.ask("sd.test", "SOA", **fields)

    def test_rfc8906_s8_1_1_plain_dns(self):
        response = self.soa()
        self.assertEqual(("NOERROR", False, 1), (response.rcode, response.has_opt, len(response.answer)))

    def test_rfc8906_s8_1_3_all_header_flags(self):
        response = self.soa(flags=0x400 | RD | 0x80 | 0x40 | 0x20 | CD)
        self.assertEqual(("NOERROR", QR | AA | RD | CD), (response.rcode, response.flags))

    def test_rfc8906_s8_2_1_edns_version_0(self):
        response = self.soa(edns=opt())
        self.assertEqual(("NOERROR", 0, 1), (response.rcode, response.message.edns, len(response.answer)))

    def test_rfc8906_s8_2_2_unknown_edns_version_is_badvers_without_data(self):
        for version in (1, 100, 255):
            with self.subTest(version=version):
                response = self.soa(edns=opt(version=version))
                self.assertEqual(("BADVERS", 0, []), (response.rcode, response.message.edns, response.answer))

    def test_rfc8906_s8_2_3_unknown_option_is_ignored_and_not_echoed(self):
        response = self.soa(edns=opt(option(100, b"x"), option(65001)))
        self.assertEqual(("NOERROR", ()), (response.rcode, tuple(response.message.options)))

    def test_rfc8906_s8_2_4_unknown_edns_flags_are_ignored_and_cleared(self):
        response = self.soa(edns=opt(flags=0x7FFF))
        self.assertEqual(("NOERROR", 0), (response.rcode, response.message.ednsflags))

    def test_rfc8906_s8_2_5_unknown_version_with_unknown_flags(self):
        response = self.soa(edns=opt(version=1, flags=0x40))
        self.assertEqual(("BADVERS", 0), (response.rcode, response.message.ednsflags & 0xFFFF))

    def test_rfc8906_s8_2_6_unknown_version_with_unknown_option(self):
        response = self.soa(edns=opt(option(100), version=1))
        self.assertEqual(("BADVERS", ()), (response.rcode, tuple(response.message.options)))

    def test_rfc8906_s8_2_7_truncated_response_keeps_opt(self):
        many = self.registry.service(self.namespace, "many", {"SRV": 5})
        for i in range(8):
            self.registry.instance(many, f"{i}{'x' * 60}", ipv4="192.0.2.1", port=80)
        response = self.ask("many.sd.test", "SRV", edns=opt(payload=512))
        self.assertTrue(response.flags & 0x200)
        self.assertTrue(response.has_opt)

    def test_rfc8906_s8_2_8_dnssec_ok_is_copied(self):
        self.assertEqual(0x8000, self.soa(edns=opt(flags=0x8000)).message.ednsflags & 0xFFFF)
        self.assertEqual(0, self.soa(edns=opt()).message.ednsflags)

    def test_rfc8906_s8_2_10_several_known_options_at_once(self):
        options = (option(3), option(8, b"\0\1\0\0"), option(9), option(10, b"12345678"))
        self.assertEqual("NOERROR", self.soa(edns=opt(*options)).rcode)

    def test_rfc8906_every_query_gets_an_answer_over_tcp_too(self):
        packets = [
            query("sd.test", "SOA", opcode=15),
            query("sd.test", 1000),
            query("sd.test", "SOA", edns=opt(version=1)),
            query("sd.test", "SOA", qclass=HS),
        ]
        rcodes = [self.send(packet, tcp=True).rcode for packet in packets]
        self.assertEqual(["NOTIMP", "NOERROR", "BADVERS", "REFUSED"], rcodes)


if __name__ == "__main__":
    main()
