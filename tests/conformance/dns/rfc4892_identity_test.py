#!/usr/bin/env python3
"""Which server answered: NSID (RFC 5001) and id.server (RFC 4892), when configured."""

from dns_case import AA, CH, NSID, QR, DnsTestCase, opt, option
from support.server import main


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
                self.assertEqual((QR | AA, ["ns-7.example"]), (response.flags, [line.split('"')[1] for line in response.answer]))

    def test_rfc4892_the_version_stays_untold_and_other_types_refused(self):
        self.assertEqual("REFUSED", self.ask("version.bind", "TXT", qclass=CH).rcode)
        self.assertEqual("REFUSED", self.ask("id.server", "A", qclass=CH).rcode)
        self.assertEqual("REFUSED", self.ask("id.server", "TXT").rcode)


if __name__ == "__main__":
    main()
