#!/usr/bin/env python3
"""Extended errors (RFC 8914)."""

from dns_case import CH, DnsTestCase, opt, query
from support.server import main

NOT_AUTHORITATIVE, NOT_SUPPORTED, NO_REACHABLE_AUTHORITY = 20, 21, 22


class ExtendedErrors(DnsTestCase):
    @classmethod
    def populate(cls, registry):
        super().populate(registry)
        cls.alias = registry.service(cls.namespace, "alias", {"A": 60}, policy="WEIGHTED")
        registry.alias(cls.alias, "i-1", "lb.example.com")

    def test_rfc8914_s4_21_name_outside_all_namespaces_is_refused_as_not_authoritative(self):
        for name in ("example.com", "", "test", "xsd.test"):
            with self.subTest(name):
                response = self.ask(name, edns=opt())
                self.assertEqual(("REFUSED", [NOT_AUTHORITATIVE]), (response.rcode, response.extended_errors))
                self.assertEqual([], response.authority, "no referral to the root")

    def test_rfc8914_s4_22_other_classes_are_not_supported(self):
        response = self.ask("version.bind", "TXT", qclass=CH, edns=opt())
        self.assertEqual(("REFUSED", [NOT_SUPPORTED]), (response.rcode, response.extended_errors))

    def test_rfc8914_s4_23_alias_target_without_a_resolver_is_servfail(self):
        response = self.ask("alias.sd.test", edns=opt())
        self.assertEqual(("SERVFAIL", [NO_REACHABLE_AUTHORITY]), (response.rcode, response.extended_errors))
        self.assertEqual(([], []), (response.answer, response.authority))
        self.assert_negative(self.ask("alias.sd.test", "AAAA"), "NOERROR", "sd.test")

    def test_rfc8914_no_extended_error_without_edns_nor_with_a_usual_answer(self):
        self.assertFalse(self.ask("example.com").has_opt)
        for name in ("web.sd.test", "no.sd.test", "sd.test"):
            self.assertEqual([], self.ask(name, edns=opt()).extended_errors)

    def test_rfc8914_same_over_tcp(self):
        response = self.send(query("example.com", edns=opt()), tcp=True)
        self.assertEqual([NOT_AUTHORITATIVE], response.extended_errors)


if __name__ == "__main__":
    main()
