#!/usr/bin/env python3
"""DNS cookies (RFC 7873, RFC 9018)."""

import socket
import struct
import time

from dns_case import COOKIE, TIMEOUT_SECONDS, DnsTestCase, Registry, exchange_tcp, header, opt, option, query
from support.server import main

CLIENT = b"\x01\x23\x45\x67\x89\xab\xcd\xef"


class Cookies(DnsTestCase):
    def cookie(self, value=CLIENT, **options):
        """The cookie that the answer to a query with this cookie has."""
        response = self.ask("web.sd.test", edns=opt(option(COOKIE, value)), **options)
        self.assertEqual(("NOERROR", 3), (response.rcode, len(response.answer)))
        found = response.options(COOKIE)
        self.assertEqual(1, len(found))
        return found[0]

    def test_rfc9018_s4_server_cookie_is_version_reserved_time_and_hash(self):
        cookie = self.cookie()
        self.assertEqual(24, len(cookie))
        self.assertEqual(CLIENT, cookie[:8])
        self.assertEqual(b"\x01\0\0\0", cookie[8:12])
        age = (int(time.time()) - struct.unpack("!I", cookie[12:16])[0] + 2**31) % 2**32 - 2**31
        self.assertLess(abs(age), 60)

    def test_rfc7873_s5_2_5_a_valid_cookie_is_accepted_and_sent_back(self):
        cookie = self.cookie()
        self.assertEqual(cookie, self.cookie(cookie))
        self.assertEqual(cookie, self.cookie(cookie, tcp=True))

    def test_rfc9018_s4_hash_depends_on_client_cookie_and_address(self):
        cookie = self.cookie()
        other = self.cookie(CLIENT[::-1])
        self.assertNotEqual(cookie[16:], other[16:])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
            elsewhere.settimeout(TIMEOUT_SECONDS)
            elsewhere.bind(("127.0.0.2", 0))
            elsewhere.connect(self.server.dns)
            packet = query("web.sd.test", edns=opt(option(COOKIE, cookie)))
            elsewhere.send(packet)
            response = self.check(packet, elsewhere.recv(65535))
        # Not an error, but another cookie.
        self.assertEqual(("NOERROR", 3), (response.rcode, len(response.answer)))
        self.assertNotEqual(cookie[16:], response.options(COOKIE)[0][16:])

    def test_rfc7873_s5_2_3_a_bad_cookie_is_answered_normally_with_a_new_one(self):
        good = self.cookie()
        now = struct.unpack("!I", good[12:16])[0]
        forged = {
            "hash": good[:-1] + bytes([good[-1] ^ 1]),
            "version": good[:8] + b"\2" + good[9:],
            "reserved": good[:9] + b"\1" + good[10:],
            "time": good[:12] + struct.pack("!I", now - 60) + good[16:],
            "too old": good[:12] + struct.pack("!I", (now - 4000) % 2**32) + good[16:],
            "half the clock away": good[:12] + struct.pack("!I", (now + 2**31) % 2**32) + good[16:],
            "server cookie of 8 bytes": CLIENT + b"x" * 8,
            "server cookie of 32 bytes": CLIENT + b"x" * 32,
        }
        for what, value in forged.items():
            with self.subTest(what):
                cookie = self.cookie(value)
                self.assertNotEqual(value, cookie)
                self.assertEqual((24, CLIENT), (len(cookie), cookie[:8]))
                self.assertEqual(cookie, self.cookie(cookie))

    def test_rfc7873_s5_2_2_cookie_of_a_wrong_length_is_formerr(self):
        for size in (0, 1, 7, 9, 15, 41, 100):
            with self.subTest(size=size):
                self.assert_formerr(query("web.sd.test", edns=opt(option(COOKIE, b"x" * size))))

    def test_rfc7873_s5_2_2_cookies_of_8_and_of_16_to_40_bytes_are_the_well_formed_ones(self):
        for tcp in (False, True):
            well_formed = set()
            for size in range(64):
                packet = query("web.sd.test", edns=opt(option(COOKIE, bytes(range(size)))))
                response = self.send(packet, tcp)
                if response.rcode == "NOERROR":
                    self.assertEqual(bytes(range(8)), response.options(COOKIE)[0][:8])
                    well_formed.add(size)
                else:
                    self.assertEqual(("FORMERR", []), (response.rcode, response.options(COOKIE)))
            self.assertEqual({8, *range(16, 41)}, well_formed)

    def test_rfc7873_s5_4_refresh_with_a_cookie_of_a_wrong_length_is_formerr(self):
        for size in (0, 7, 9, 15, 41):
            packet = header(questions=0, additionals=1) + opt(option(COOKIE, b"x" * size))
            self.assertEqual("FORMERR", self.send(packet).rcode, size)

    def test_rfc7873_s5_2_3_no_cookie_ever_leads_to_badcookie(self):
        good = self.cookie()
        for value in (CLIENT, good, good[::-1], good[:-1] + b"?", CLIENT + b"x" * 8, CLIENT + b"x" * 32):
            for name, rcode in (("web.sd.test", "NOERROR"), ("no.sd.test", "NXDOMAIN"), ("example.com", "REFUSED")):
                for tcp in (False, True):
                    response = self.ask(name, edns=opt(option(COOKIE, value)), tcp=tcp)
                    self.assertEqual(rcode, response.rcode)

    def test_rfc9018_s3_every_thread_takes_the_cookies_of_the_others(self):
        cookie = self.cookie()
        packet = query("web.sd.test", edns=opt(option(COOKIE, cookie)))
        for _ in range(32):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other_port:
                other_port.settimeout(TIMEOUT_SECONDS)
                other_port.connect(self.server.dns)
                other_port.send(packet)
                response = self.check(packet, other_port.recv(65535))
            self.assertEqual([cookie], response.options(COOKIE))
            self.assertEqual(cookie, self.cookie(cookie, tcp=True))

    def test_rfc7873_s7_1_a_cookie_from_before_a_restart_is_answered_normally_and_replaced(self):
        server = self.start_server()
        registry = Registry(server)
        registry.addresses(registry.service(registry.namespace("sd.test"), "web", {"A": 60}), 3)
        registry.close()

        def ask(cookie):
            packet = query("web.sd.test", edns=opt(option(COOKIE, cookie)))
            with socket.create_connection(server.dns, timeout=TIMEOUT_SECONDS) as stream:
                response = self.check(packet, exchange_tcp(stream, [packet])[0])
            self.assertEqual(("NOERROR", 3), (response.rcode, len(response.answer)))
            return response.options(COOKIE)[0]

        before = ask(CLIENT)
        self.assertEqual(before, ask(before))
        server.stop()
        server.start()
        after = ask(before)
        self.assertEqual((24, CLIENT), (len(after), after[:8]))
        self.assertNotEqual(before[16:], after[16:], "the secrets are of the process")
        self.assertEqual(after, ask(after))

    def test_rfc6891_s7_that_formerr_has_opt(self):
        response = self.assert_formerr(query("web.sd.test", edns=opt(option(COOKIE, b"x" * 7))))
        self.assertTrue(response.has_opt)

    def test_rfc7873_s5_2_only_the_first_cookie_counts(self):
        options = option(COOKIE, CLIENT) + option(COOKIE, b"87654321")
        response = self.ask("web.sd.test", edns=opt(options))
        self.assertEqual([CLIENT], [value[:8] for value in response.options(COOKIE)])

    def test_rfc7873_s5_4_cookie_without_question_is_refreshed(self):
        packet = header(questions=0, additionals=1) + opt(option(COOKIE, CLIENT))
        for tcp in (False, True):
            response = self.send(packet, tcp)
            self.assertEqual(("NOERROR", (0, 0, 0, 1)), (response.rcode, response.counts))
            refreshed = response.options(COOKIE)[0]
            self.assertEqual(refreshed, self.cookie(refreshed))

    def test_rfc7873_errors_carry_a_cookie_too(self):
        for name, rcode in (("no.sd.test", "NXDOMAIN"), ("example.com", "REFUSED")):
            response = self.ask(name, edns=opt(option(COOKIE, CLIENT)))
            self.assertEqual((rcode, 24), (response.rcode, len(response.options(COOKIE)[0])))

    def test_rfc7873_no_cookie_without_a_cookie(self):
        self.assertEqual([], self.ask("web.sd.test", edns=opt()).options(COOKIE))


if __name__ == "__main__":
    main()
