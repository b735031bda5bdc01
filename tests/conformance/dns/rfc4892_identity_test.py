#!/usr/bin/env python3
"""Which server answered: NSID (RFC 5001) and id.server (RFC 4892), when configured."""

from dns_case import AA, CH, COOKIE, NSID, QR, DnsTestCase, opt, option
from support.server import NotReady, main


class Identity(DnsTestCase):
    server_flags = ("--store", "memory", "--nsid", "ns-7.example")

    def test_rfc5001_nsid_is_answered_when_asked_for(self):
        for name in ("web.sd.test", "no.sd.test", "example.com"):
            for tcp in (False, True):
                response = self.ask(name, tcp=tcp, edns=opt(option(NSID)))
                self.assertEqual([b"ns-7.example"], response.options(NSID))
        self.assertEqual([], self.ask("web.sd.test", edns=opt()).options(NSID))

    def test_rfc4892_id_server_and_hostname_bind_are_answered(self):
        for name in ("id.server", "hostname.bind", "ID.Server"):
            with self.subTest(name):
                response = self.ask(name, "TXT", qclass=CH)
                self.assertEqual(QR | AA, response.flags)
                self.assertEqual(["ns-7.example"], [line.split('"')[1] for line in response.answer])

    def test_rfc4892_the_version_stays_untold_and_other_types_refused(self):
        self.assertEqual("REFUSED", self.ask("version.bind", "TXT", qclass=CH).rcode)
        self.assertEqual("REFUSED", self.ask("id.server", "A", qclass=CH).rcode)
        self.assertEqual("REFUSED", self.ask("id.server", "TXT").rcode)


class LongIdentity(DnsTestCase):
    server_flags = ("--store", "memory", "--nsid", "n" * 128)

    def test_rfc5001_the_longest_nsid_keeps_the_longest_question_within_512_bytes(self):
        longest = [b"x" * 63] * 3 + [b"y" * 61]
        response = self.ask(longest, edns=opt(option(NSID), option(COOKIE, b"12345678"), payload=512))
        self.assertEqual(("REFUSED", [b"n" * 128]), (response.rcode, response.options(NSID)))
        self.assertLessEqual(len(response.wire), 512)

    def test_rfc5001_a_longer_nsid_is_a_usage_error(self):
        server = self.new_server("--store", "memory", "--nsid", "n" * 129)
        with self.assertRaises(NotReady) as refused:
            server.start()
        self.assertIn(refused.exception.code, (1, 2))
        self.assertIn("--nsid", refused.exception.stderr)


if __name__ == "__main__":
    main()
