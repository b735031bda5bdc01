#!/usr/bin/env python3
"""EDNS (RFC 6891) with NSID (5001), client subnet (7871), keepalive (7828), padding (7830), and the
sizes of answers (RFC 1035 s4.2.1, RFC 2181 s9)."""

import struct

from dns_case import (
    COOKIE, ECS, KEEPALIVE, NSID, PADDING, TC, DnsTestCase, header, opt, option, query, question, record,
)
from support.server import main


def subnet(family, source, scope, address=b""):
    return option(ECS, struct.pack("!HBB", family, source, scope) + address)


class Opt(DnsTestCase):
    def edns(self, *options, **fields):
        return self.ask("web.sd.test", edns=opt(*options, **fields))

    def test_rfc6891_s7_no_opt_without_opt(self):
        for name in ("web.sd.test", "no.sd.test", "example.com"):
            self.assertFalse(self.ask(name).has_opt)

    def test_rfc6891_s7_opt_is_answered_by_opt_whatever_the_rcode(self):
        cases = {
            "NOERROR": query("web.sd.test", edns=opt()),
            "NXDOMAIN": query("no.sd.test", edns=opt()),
            "REFUSED": query("example.com", edns=opt()),
            "BADVERS": query("web.sd.test", edns=opt(version=1)),
            "FORMERR": query("web.sd.test", "OPT", edns=opt()),
            "NOTIMP": query("web.sd.test", "MAILB", edns=opt()),
        }
        for rcode, packet in cases.items():
            with self.subTest(rcode):
                response = self.send(packet)
                self.assertEqual((rcode, 0, 1232), (response.rcode, response.message.edns, response.message.payload))

    def test_rfc6891_s6_2_3_payload_below_512_counts_as_512(self):
        service = self.registry.service(self.namespace, "v6", {"AAAA": 5})
        for i in range(8):
            self.registry.instance(service, f"i-{i}", ipv6=f"2001:db8::{i}")
        for payload in (0, 1, 100, 511, 512):
            with self.subTest(payload=payload):
                response = self.ask("v6.sd.test", "AAAA", edns=opt(payload=payload))
                self.assertEqual((8, 0), (len(response.answer), response.flags & TC))

    def test_rfc6891_s6_1_3_badvers_has_no_data(self):
        for version in (1, 2, 127, 255):
            response = self.edns(version=version)
            self.assertEqual(("BADVERS", [], []), (response.rcode, response.answer, response.authority))

    def test_rfc6891_s6_1_4_only_do_is_copied(self):
        self.assertEqual(0x8000, self.edns(flags=0xFFFF).message.ednsflags)
        self.assertEqual(0, self.edns(flags=0x7FFF).message.ednsflags)

    def test_rfc6891_extended_rcode_of_a_query_is_ignored(self):
        self.assertEqual("NOERROR", self.edns(extended_rcode=255).rcode)

    def test_rfc6891_s6_1_2_unknown_options_are_not_echoed(self):
        response = self.edns(option(4, b"a"), option(65001, b"x" * 100), option(0), option(65535))
        self.assertEqual(("NOERROR", ()), (response.rcode, tuple(response.message.options)))

    def test_rfc6891_s6_1_1_two_opts_or_one_in_the_wrong_place_are_formerr(self):
        web = question("web.sd.test")
        self.assert_formerr(header(additionals=2) + web + opt() + opt())
        self.assert_formerr(header(additionals=1) + web + opt(owner="a"))
        self.assert_formerr(header(answers=1) + web + opt())
        self.assert_formerr(header(authorities=1) + web + opt())

    def test_rfc6891_s6_1_1_opt_is_found_among_other_additional_records(self):
        other = record("a.test", "A", b"\1\2\3\4")
        packet = header(additionals=3) + question("web.sd.test") + other + opt() + other
        self.assertTrue(self.send(packet).has_opt)

    def test_rfc6891_s7_malformed_option_is_formerr_with_opt(self):
        overrun = struct.pack("!2H", 65001, 5) + b"abcd"
        for options in ((overrun,), (option(65001, b"x"), overrun), (b"\0",), (b"\0\3\0",)):
            with self.subTest(options=options):
                response = self.edns_formerr(*options)
                self.assertTrue(response.has_opt)

    def edns_formerr(self, *options):
        return self.assert_formerr(query("web.sd.test", edns=opt(*options)))

    def test_rfc5001_nsid_is_not_told_unless_configured(self):
        self.assertEqual([], self.edns(option(NSID)).options(NSID))

    def test_rfc7871_s7_2_1_subnet_is_echoed_with_scope_0(self):
        for given in (subnet(1, 24, 0, b"\xc0\0\2"), subnet(2, 56, 0, b"\x20\x01\r\xb8\0\0\0"), subnet(1, 0, 0)):
            with self.subTest(given=given):
                response = self.edns(given)
                self.assertEqual([given[4:]], response.options(ECS))
                self.assertEqual(3, len(response.answer))

    def test_rfc7871_s7_1_2_malformed_subnet_is_formerr(self):
        bad = (
            option(ECS, b"\0\1\0"),
            subnet(1, 33, 0, b"\1\2\3\4\5"),
            subnet(2, 129, 0, b"x" * 17),
            subnet(3, 8, 0, b"x"),
            subnet(1, 24, 0, b"\1\2"),
            subnet(1, 24, 0, b"\1\2\3\4"),
            subnet(1, 24, 24, b"\1\2\3"),
            subnet(1, 20, 0, b"\1\2\x1f"),
        )
        for given in bad:
            with self.subTest(given=given):
                self.edns_formerr(given)

    def test_rfc7828_s3_2_1_keepalive_over_udp_is_ignored(self):
        for value in (b"", b"\0\x64"):
            response = self.edns(option(KEEPALIVE, value))
            self.assertEqual(("NOERROR", []), (response.rcode, response.options(KEEPALIVE)))

    def test_rfc7828_s3_3_2_keepalive_over_tcp_tells_the_timeout(self):
        response = self.ask("web.sd.test", tcp=True, edns=opt(option(KEEPALIVE)))
        self.assertEqual([struct.pack("!H", 100)], response.options(KEEPALIVE))
        response = self.ask("web.sd.test", tcp=True, edns=opt())
        self.assertEqual([], response.options(KEEPALIVE))

    def test_rfc7828_s3_2_1_keepalive_with_a_value_over_tcp_is_formerr(self):
        response = self.send(query("web.sd.test", edns=opt(option(KEEPALIVE, b"\0\x64"))), tcp=True)
        self.assertEqual(("FORMERR", []), (response.rcode, response.answer))

    def test_rfc7830_s6_no_padding_over_clear_text(self):
        for tcp in (False, True):
            response = self.ask("web.sd.test", tcp=tcp, edns=opt(option(PADDING, b"\0" * 20)))
            self.assertEqual(("NOERROR", []), (response.rcode, response.options(PADDING)))


class Sizes(DnsTestCase):
    # Bytes of the header, of OPT without options, and of an additional A record.
    HEADER, OPT, ADDRESS = 12, 11, 16

    @classmethod
    def populate(cls, registry):
        super().populate(registry)
        cls.sized, cls.counts = {}, {}
        for total in (512, 513, 1221, 1222):
            cls.sized[total] = cls.make_sized(registry, total)

    @classmethod
    def make_sized(cls, registry, total):
        """The name of a service whose SRV answer, header to last answer, has so many bytes."""
        owner = f"s{total}" + ("x" * 55 + ".y" + "y" * 50 if total > 600 else "")
        service = registry.service(cls.namespace, owner, {"SRV": 5})
        name = f"{owner}.sd.test"
        wire_size = len(name) + 2
        left = total - cls.HEADER - wire_size - 4
        each = 12 + 6 + 1 + wire_size  # an SRV whose instance id is empty
        count = next(n for n in range(8, 0, -1) if n <= left - n * each <= n * 63)
        cls.counts[name] = count
        spread, extra = divmod(left - count * each, count)
        for i in range(count):
            length = spread + (1 if i < extra else 0)
            registry.instance(service, f"{i}".ljust(length, "z")[:length], ipv4="192.0.2.1", port=80)
        return name

    def fits(self, total, **options):
        response = self.ask(self.sized[total], "SRV", **options)
        if response.flags & TC:
            self.assertEqual(([], []), (response.answer, response.additional))
            return False
        others = (self.OPT if response.has_opt else 0) + self.ADDRESS * len(response.additional)
        self.assertEqual(total, len(response.wire) - others)
        return True

    def test_rfc1035_s4_2_1_512_bytes_fit_without_edns_and_513_do_not(self):
        self.assertTrue(self.fits(512))
        self.assertFalse(self.fits(513))

    def test_rfc6891_1232_bytes_fit_with_edns_and_1233_do_not(self):
        for payload in (1232, 1233, 4096, 65535):
            with self.subTest(payload=payload):
                self.assertTrue(self.fits(1221, edns=opt(payload=payload)))
                self.assertFalse(self.fits(1222, edns=opt(payload=payload)))

    def test_rfc6891_no_datagram_is_longer_than_its_limit_whatever_is_asked(self):
        ecs = subnet(2, 128, 0, b"\x20\x01\r\xb8" + b"\1" * 12)
        options = (b"", option(COOKIE, b"12345678"), option(NSID) + ecs + option(COOKIE, b"12345678"))
        questions = [(name, "SRV") for name in self.sized.values()]
        questions += [("web.sd.test", "A"), ("sd.test", "NS"), ("no.sd.test", "A"), ("example.com", "A")]
        truncated = 0
        for name, record_type in questions:
            for payload in (0, 512, 513, 600, 1024, 1220, 1231, 1232, 1233, 1280, 1452, 4096, 65535):
                for given in options:
                    limit = min(max(payload, 512), 1232)
                    with self.subTest(name, payload=payload, options=len(given)):
                        response = self.ask(name, record_type, edns=opt(given, payload=payload))
                        self.assertLessEqual(len(response.wire), limit)
                        if response.flags & TC:
                            truncated += 1
                            self.assertEqual(([], []), (response.answer, response.additional))
                        elif record_type == "SRV":
                            self.assertEqual(self.counts[name], len(response.answer))
            self.assertLessEqual(len(self.ask(name, record_type).wire), 512)
        self.assertGreater(truncated, 0)

    def test_rfc6891_the_clients_payload_is_the_limit_below_ours(self):
        self.assertTrue(self.fits(512, edns=opt(payload=523)))
        self.assertFalse(self.fits(512, edns=opt(payload=522)))
        self.assertFalse(self.fits(1221, edns=opt(payload=1231)))

    def test_rfc7766_nothing_is_truncated_over_tcp(self):
        for total in self.sized:
            self.assertTrue(self.fits(total, tcp=True))
            self.assertTrue(self.fits(total, tcp=True, edns=opt(payload=512)))

    def test_rfc2181_s9_truncated_answers_keep_question_opt_and_aa(self):
        response = self.ask(self.sized[1222], "SRV", edns=opt())
        self.assertTrue(response.has_opt)
        self.assertEqual("NOERROR", response.rcode)


if __name__ == "__main__":
    main()
