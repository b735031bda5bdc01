#!/usr/bin/env python3
"""Messages that are not well-formed queries (RFC 1035 s4, RFC 9267, RFC 9619), and header flags."""

import random
import struct

from dns_case import (
    AA, AD, ANY, CD, HS, IN, NOTIFY, QR, RA, RD, TC, UPDATE, Z, DnsTestCase, exchange_tcp, header, opt,
    option, query, question, record, wire_name,
)
from support.server import main

TYPE_AND_CLASS = struct.pack("!2H", 1, IN)


class Malformed(DnsTestCase):
    def assert_header_only_formerr(self, packet):
        response = self.assert_formerr(packet)
        self.assertEqual(12, len(response.wire))

    def test_rfc1035_datagram_shorter_than_a_header_is_ignored(self):
        for size in (0, 1, 2, 11):
            with self.subTest(size=size):
                self.assert_unanswered(query("web.sd.test")[:size])

    def test_rfc1035_tcp_frame_shorter_than_a_header_closes_the_connection(self):
        for size in (0, 2, 11):
            with self.subTest(size=size):
                stream = self.tcp()
                stream.sendall(struct.pack("!H", size) + query("web.sd.test")[:size])
                self.assertEqual(b"", stream.recv(1))

    def test_rfc1035_a_response_is_never_answered(self):
        self.assert_unanswered(query("web.sd.test", flags=QR))
        self.assert_unanswered(query("web.sd.test", flags=QR | AA, edns=opt()))
        self.assert_unanswered(header(flags=QR | 1, questions=0))
        stream = self.tcp()
        packet = query("web.sd.test", flags=QR)
        stream.sendall(struct.pack("!H", len(packet)) + packet)
        self.assertEqual(b"", stream.recv(1))

    def test_rfc1035_question_cut_short_is_formerr(self):
        whole = query("web.sd.test")
        for size in range(12, len(whole)):
            with self.subTest(size=size):
                self.assert_header_only_formerr(whole[:size])

    def test_rfc1035_label_over_63_and_extended_label_types_are_formerr(self):
        # 01 was an extended label type (RFC 6891 s5), 10 was never defined.
        for length in (0x40, 0x41, 0x7F, 0x80, 0xBF):
            with self.subTest(length=length):
                label = bytes([length]) + b"x" * length
                self.assert_header_only_formerr(header() + label + b"\0" + TYPE_AND_CLASS)

    def test_rfc1035_name_over_255_is_formerr_and_of_255_is_not(self):
        fits = [b"x" * 63] * 3 + [b"y" * 61]
        self.assertEqual(255, len(wire_name(fits)))
        self.assertEqual("REFUSED", self.send(query(fits)).rcode)
        self.assert_header_only_formerr(query([b"x" * 63] * 3 + [b"y" * 62]))
        self.assertEqual("REFUSED", self.send(query([b"x"] * 127)).rcode)
        self.assert_header_only_formerr(query([b"x"] * 128))

    def test_rfc9267_pointer_in_the_question_is_formerr(self):
        cases = {
            "to itself": b"\xc0\x0c",
            "to a loop": b"\xc0\x0e\xc0\x0c",
            "forward": b"\xc0\x12",
            "past the end": b"\xff\xff",
            "to the header": b"\xc0\x00",
            "behind a label, to that label": b"\x01a\xc0\x0c",
            "of one byte, at the end": None,
        }
        for what, name in cases.items():
            with self.subTest(what):
                packet = header() + b"\xc0" if name is None else header() + name + TYPE_AND_CLASS + b"\0\0\0\0"
                self.assert_header_only_formerr(packet)

    def test_rfc9267_nul_and_dot_inside_a_label_neither_end_nor_split_the_name(self):
        for labels in ([b"web\0", b"sd", b"test"], [b"w\0b", b"sd", b"test"], [b"a.web", b"sd", b"test"]):
            with self.subTest(labels=labels):
                self.assert_negative(self.ask(labels), "NXDOMAIN", "sd.test")
        for labels in ([b"web.sd", b"test"], [b"web", b"sd.test"], [b"web.sd.test"], [b"web", b"sd\0test"]):
            with self.subTest(labels=labels):
                self.assertEqual("REFUSED", self.ask(labels).rcode)

    def test_rfc9619_question_count_other_than_one_is_formerr(self):
        self.assert_formerr(header(questions=0))
        self.assert_formerr(header(questions=0, additionals=1) + opt())
        for count in (2, 3, 65535):
            with self.subTest(count=count):
                two = question("web.sd.test") + question("sd.test", "SOA")
                self.assert_header_only_formerr(header(questions=count) + two)
        self.assert_header_only_formerr(header(questions=2) + question("web.sd.test"))

    def test_rfc1035_records_of_other_sections_are_read_and_ignored(self):
        address = record("web.sd.test", "A", b"\xcb\x00\x71\x01", 60)
        packet = header(answers=1, authorities=1, additionals=2) + question("web.sd.test")
        response = self.send(packet + address + address + address + opt())
        self.assertEqual(("NOERROR", 3, True), (response.rcode, len(response.answer), response.has_opt))
        self.assertNotIn("203.0.113.1", " ".join(response.answer))

    def test_rfc1035_compressed_owner_names_behind_the_question_are_read(self):
        address = b"\xc0\x0c" + record("", "A", b"\xcb\x00\x71\x01", 60)[1:]
        response = self.send(header(answers=1) + question("web.sd.test") + address)
        self.assertEqual("NOERROR", response.rcode)
        for target in (b"\xc0\x00", b"\xc0\x1d", b"\xff\xff"):
            with self.subTest(target=target):
                forward = target + record("", "A", b"\xcb\x00\x71\x01", 60)[1:]
                self.assert_formerr(header(answers=1) + question("web.sd.test") + forward)

    def test_rfc1035_wrong_rdlength_is_formerr(self):
        whole = header(answers=1) + question("web.sd.test") + record("web.sd.test", "A", b"\1\2\3\4")
        self.assertEqual("NOERROR", self.send(whole).rcode)
        for rdlength in (5, 65535):
            with self.subTest(rdlength=rdlength):
                self.assert_formerr(whole[:-6] + struct.pack("!H", rdlength) + whole[-4:])
        self.assert_formerr(whole[:-1])

    def test_rfc1035_bytes_behind_the_last_record_are_formerr_as_chosen(self):
        self.assert_formerr(query("web.sd.test") + b"\0")
        self.assert_formerr(query("web.sd.test", edns=opt()) + b"x" * 20)
        self.assert_formerr(query("web.sd.test") + b"x" * 3000)

    def test_rfc1035_missing_records_are_formerr(self):
        for section in ("answers", "authorities", "additionals"):
            with self.subTest(section):
                self.assert_formerr(header(**{section: 1}) + question("web.sd.test"))
                self.assert_formerr(header(**{section: 65535}) + question("web.sd.test") + opt())

    # BIND's bin/tests/system/formerr cases, by their names.
    def test_rfc1035_malformed_messages_of_the_bind_formerr_test(self):
        web = question("web.sd.test")
        key = record("web.sd.test", "KEY", b"\0\0\0\0", rclass=ANY)
        tsig_rdata = wire_name("hmac-sha256") + b"\0" * 6 + struct.pack("!HHHHH", 300, 0, 0, 0, 0)
        tsig = record("key.test", "TSIG", tsig_rdata, rclass=ANY)
        cases = {
            "nametoolong": header() + b"\x3f" + b"x" * 63 + (b"\x3f" + b"x" * 63) * 4 + b"\0" + TYPE_AND_CLASS,
            "twoquestionnames": header(questions=2) + web + question("other.sd.test"),
            "twoquestiontypes": header(questions=2) + web + question("web.sd.test", "AAAA"),
            "qtypeasanswer": header(answers=1) + web + record("web.sd.test", 255),
            "dupquestion": header(questions=2) + web + web,
            "questionclass": header(questions=2) + web + question("web.sd.test", "A", HS),
            "noquestions": header(questions=0, answers=1) + record("web.sd.test", "A", b"\1\2\3\4"),
            "shortrecord": header(answers=1) + web + record("web.sd.test", "A", b"\1\2\3\4")[:-6],
            "shortquestion": header() + wire_name("web.sd.test") + b"\0\1",
            "badrecordname": header(answers=1) + web + b"\x3fxx",
            "badnsowner": header(authorities=1) + web + b"\x80" + record("", "NS", b"\0")[1:],
            "wrongclass": header(answers=1) + web + record("web.sd.test", "A", b"\1\2\3\4", rclass=HS),
            "keyclass": header(answers=1) + web + key,
            "optwrongname": header(additionals=1) + web + opt(owner="a"),
            "malformeddeltype": header(authorities=1, opcode=UPDATE) + question("sd.test", "SOA") + b"\1a\0\0\1",
            "tsigwrongclass": header(additionals=1) + web + record("key.test", "TSIG", tsig_rdata, rclass=IN),
            "tsignotlast": header(additionals=2) + web + tsig + opt(),
            "tsiginanswer": header(answers=1) + web + tsig,
        }
        for name, packet in cases.items():
            with self.subTest(name):
                self.assert_formerr(packet)

    def test_rfc8945_a_signed_query_is_notauth_without_a_key(self):
        tsig_rdata = wire_name("hmac-sha256") + b"\0" * 6 + struct.pack("!HHHHH", 300, 0, 0, 0, 0)
        tsig = record("key.test", "TSIG", tsig_rdata, rclass=ANY)
        response = self.send(header(additionals=1) + question("web.sd.test") + tsig)
        self.assertEqual(("NOTAUTH", []), (response.rcode, response.answer))

    def test_rfc1035_every_prefix_of_a_query_is_formerr_or_ignored(self):
        whole = query("web.sd.test", edns=opt(option(10, b"12345678"), option(65001, b"abc")))
        for size in range(len(whole)):
            with self.subTest(size=size):
                if size < 12:
                    self.assert_unanswered(whole[:size])
                else:
                    self.assert_formerr(whole[:size])

    def test_rfc1035_mutated_queries_never_break_the_server_or_the_form_of_its_replies(self):
        seed = 1035
        rng = random.Random(seed)
        bases = [
            query("web.sd.test", edns=opt(option(10, b"12345678"))),
            query("sd.test", "SOA", flags=RD),
            header(answers=1, additionals=1) + question("web.sd.test") + record("a.test", "A", b"\1\2\3\4") + opt(),
            query("sd.test", "SOA", opcode=NOTIFY),
        ]
        for number in range(3000):
            packet = bytearray(rng.choice(bases))
            for _ in range(rng.randint(1, 4)):
                packet[rng.randrange(2, len(packet))] = rng.randrange(256)
            packet[2] &= 0x7F
            with self.subTest(seed=seed, number=number, packet=packet.hex()):
                response = self.send(bytes(packet))
                self.assertLessEqual(len(response.wire), 1232)
        self.assertEqual("NOERROR", self.ask("web.sd.test").rcode)


class Header(DnsTestCase):
    def test_rfc1035_id_and_question_are_echoed(self):
        for message_id in (0, 1, 0xFFFF):
            self.assertEqual("NOERROR", self.ask("WeB.sd.TEST", message_id=message_id).rcode)

    def test_rfc1035_z_ad_and_tc_of_a_query_are_ignored(self):
        for flags in (Z, AD, TC, AA, RA, Z | AD | TC | AA | RA):
            with self.subTest(flags=flags):
                response = self.ask("web.sd.test", flags=flags)
                self.assertEqual(("NOERROR", 3, QR | AA), (response.rcode, len(response.answer), response.flags))

    def test_rfc1035_nonzero_rcode_of_a_query_is_ignored(self):
        self.assertEqual("NOERROR", self.ask("web.sd.test", flags=5).rcode)

    def test_rfc1035_rd_and_rfc4035_cd_are_copied(self):
        for flags in (RD, CD, RD | CD):
            with self.subTest(flags=flags):
                self.assertEqual(QR | AA | flags, self.ask("web.sd.test", flags=flags).flags)
                self.assertEqual(QR | AA | flags | 3, self.ask("no.sd.test", flags=flags).flags)

    def test_rfc1035_ra_is_clear_without_forwarding_and_aa_only_for_our_names(self):
        self.assertEqual(QR | RD | 5, self.ask("www.example.com", flags=RD).flags)
        self.assertEqual(QR | 5, self.ask("", "NS").flags)

    def test_rfc1035_same_flags_over_tcp(self):
        packet = query("web.sd.test", flags=RD | CD | Z | TC)
        response = self.check(packet, exchange_tcp(self.tcp(), [packet])[0])
        self.assertEqual(QR | AA | RD | CD, response.flags)


if __name__ == "__main__":
    main()
