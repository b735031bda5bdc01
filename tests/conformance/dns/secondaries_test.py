#!/usr/bin/env python3
"""NSD and Knot DNS as secondaries (RFC 5936, RFC 1996)."""

import time
import unittest

import dns.exception
import dns.flags
import dns.rcode
import dns.rdatatype

from dns_case import Registry
import secondary_servers
from support import dns_programs
from support.loopback import own_address
from support.server import ServerTestCase, main
from transfers import exchange, records, transfer_messages


# Of everything that has to travel to a secondary; nothing takes this long when all is well.
TRAVEL_SECONDS = 60
POLL_SECONDS = 0.1
NUDGE_SECONDS = 15
TYPES = ("A", "AAAA", "SRV", "CNAME", "SOA", "NS", "TXT")
BIG = 600


class SecondaryRules:
    """The rules, for the secondary that a class below names."""

    secondary_name = None
    zones = ("records.test", "changes.test", "sets.test", "cnames.test", "big.test", "later.test", "restart.test")

    @classmethod
    def setUpClass(cls):
        if dns_programs.find(cls.secondary_name) is None:
            raise unittest.SkipTest(f"{cls.secondary_name} is not installed")
        cls.secondary = secondary_servers.Secondary(cls.secondary_name, cls.zones)
        cls.addClassCleanup(cls.secondary.discard)
        cls.server = cls.start_class_server("--allow-transfer", own_address(), "--notify", cls.secondary.text)
        cls.secondary.start(cls.server.dns)

    def setUp(self):
        self.registry = Registry(self.server)
        self.addCleanup(self.registry.close)

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(f"--- log of {self.secondary_name}\n{self.secondary.log_tail()}")
        return result

    def at_secondary(self, name, record_type):
        """Its response, None while it does not answer."""
        try:
            return exchange(self.secondary.address, name, record_type)
        except (OSError, EOFError, dns.exception.Timeout):
            return None

    def serial(self, apex):
        return exchange(self.server.dns, apex, "SOA").answer[0][0].serial

    def secondary_serial(self, apex):
        response = self.at_secondary(apex, "SOA")
        if response is None or response.rcode() != dns.rcode.NOERROR or not response.answer:
            return None
        return response.answer[0][0].serial

    def eventually(self, holds):
        """Until the assertions in `holds` hold. NSD's processes take a new zone one after the other, and
        refuse service while they do."""
        deadline = time.monotonic() + TRAVEL_SECONDS
        while True:
            try:
                return holds()
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(POLL_SECONDS)

    def wait_for_serial(self, apex):
        """Until the secondary has what the server has now."""
        nudge_at = time.monotonic() + NUDGE_SECONDS
        soa_ttl = 100

        def holds():
            nonlocal nudge_at, soa_ttl
            if time.monotonic() > nudge_at:
                # A transfer that NSD gave up (on a busy machine) is tried again with the next NOTIFY.
                soa_ttl += 1
                self.registry.set_soa_ttl(apex, soa_ttl)
                nudge_at += NUDGE_SECONDS
            self.assertEqual(self.serial(apex), self.secondary_serial(apex))

        self.eventually(holds)

    def secondary_values(self, name, record_type="A"):
        response = self.at_secondary(name, record_type)
        self.assertIsNotNone(response)
        return {data for _, _, kind, data in records(response.answer) if kind == record_type}

    def assert_values(self, values, name, record_type="A"):
        self.eventually(lambda: self.assertEqual(values, self.secondary_values(name, record_type)))

    def names(self, apex):
        """All names of the zone, and some that are not there."""
        messages = transfer_messages(self.server.dns, apex, own_address())
        found = {str(rrset.name) for message in messages for rrset in message.answer}
        return found | {f"missing.{apex}.", f"_tcp.{apex}.", f"x.web.{apex}."}

    @staticmethod
    def seen(response):
        """What a resolver makes of a response. NS records beside an answer are each server's choice."""
        if response is None:
            return None
        soas = [rrset for rrset in response.authority if rrset.rdtype == dns.rdatatype.SOA]
        return (
            dns.rcode.to_text(response.rcode()),
            response.flags & (dns.flags.AA | dns.flags.TC),
            records(response.answer),
            records(soas),
        )

    def test_rfc5936_secondary_answers_every_name_as_we_do(self):
        registry = self.registry
        namespace = registry.namespace("records.test", soa_ttl=60)
        registry.addresses(registry.service(namespace, "web", {"A": 60}), 5)
        both = registry.service(namespace, "both", {"A": 10, "AAAA": 20})
        for i in range(3):
            registry.instance(both, f"i-{i}", ipv4=f"192.0.2.{i}", ipv6=f"2001:db8::{i}")
        http = registry.service(namespace, "_http._tcp", {"SRV": 30})
        for i in range(4):
            registry.instance(http, f"Host-{i}", ipv4=f"10.0.0.{i}", ipv6=f"2001:db8::1:{i}", port=8000 + i)
        for name, target in (("inside", "web.records.test"), ("outside", "www.example.com")):
            registry.instance(registry.service(namespace, name, {"CNAME": 40}, "WEIGHTED"), "i", cname=target)
        registry.instance(registry.service(namespace, "a.dotted.name", {"A": 0}), "i", ipv4="192.0.2.9")
        registry.instance(registry.service(namespace, ".", {"A": 50}), "apex", ipv4="192.0.2.99")
        registry.service(namespace, "empty", {"A": 60})
        self.wait_for_serial("records.test")
        names = self.names("records.test")
        self.assertEqual(1 + 1 + 1 + 5 + 2 + 1 + 3 + 1, len(names), names)
        for name in sorted(names):
            for record_type in TYPES:
                with self.subTest(name, type=record_type):
                    ours = self.seen(exchange(self.server.dns, name, record_type))
                    self.eventually(
                        lambda: self.assertEqual(ours, self.seen(self.at_secondary(name, record_type)))
                    )
        glue = records(exchange(self.server.dns, "_http._tcp.records.test", "SRV").additional)
        self.assertEqual(8, len(glue))
        self.assertLessEqual(glue, records(self.at_secondary("_http._tcp.records.test", "SRV").additional))

    def test_rfc1996_secondary_is_told_of_every_kind_of_change(self):
        registry = self.registry
        namespace = registry.namespace("changes.test")
        service = registry.service(namespace, "web", {"A": 60}, health=True)
        registry.addresses(service, 2)
        self.wait_for_serial("changes.test")
        self.assert_values({"192.0.2.1", "192.0.2.2"}, "web.changes.test")
        before = self.serial("changes.test")

        def change(values, ttl=60):
            """What was just changed moved the serial and arrives."""
            nonlocal before
            self.assertGreater(self.serial("changes.test"), before)
            before = self.serial("changes.test")
            self.wait_for_serial("changes.test")
            self.assert_values(values, "web.changes.test")
            response = self.at_secondary("web.changes.test", "A")
            self.assertEqual({ttl} if values else set(), {rrset.ttl for rrset in response.answer})

        registry.instance(service, "i-3", ipv4="192.0.2.3")
        change({"192.0.2.1", "192.0.2.2", "192.0.2.3"})
        registry.instance(service, "i-3", ipv4="192.0.2.33")
        change({"192.0.2.1", "192.0.2.2", "192.0.2.33"})
        registry.set_health(service, "i-1", "UNHEALTHY")
        change({"192.0.2.2", "192.0.2.33"})
        registry.set_health(service, "i-1", "HEALTHY")
        change({"192.0.2.1", "192.0.2.2", "192.0.2.33"})
        registry.update_ttls(service, {"A": 7})
        change({"192.0.2.1", "192.0.2.2", "192.0.2.33"}, ttl=7)
        for i in (1, 2):
            registry.deregister(service, f"i-{i}")
        change({"192.0.2.33"}, ttl=7)
        registry.deregister(service, "i-3")
        change(set())
        self.assertEqual(dns.rcode.NXDOMAIN, self.at_secondary("web.changes.test", "A").rcode())

    def test_rfc1034_s4_3_5_secondary_has_whole_rrsets_of_which_we_answer_some(self):
        registry = self.registry
        namespace = registry.namespace("sets.test")
        many = registry.service(namespace, "many", {"A": 60})
        registry.addresses(many, 12)
        weighted = registry.service(namespace, "weighted", {"A": 60}, "WEIGHTED")
        registry.addresses(weighted, 3)
        self.wait_for_serial("sets.test")
        for name, count, answered in (("many.sets.test", 12, 8), ("weighted.sets.test", 3, 1)):
            whole = {f"192.0.2.{i}" for i in range(1, count + 1)}
            self.assert_values(whole, name)
            ours = records(exchange(self.server.dns, name, "A").answer)
            self.assertEqual(answered, len(ours))
            self.assertLess({data for _, _, _, data in ours}, whole)

    def test_rfc2181_s10_1_secondary_takes_a_zone_with_several_weighted_cnames_of_one_name(self):
        # A name has at most one CNAME: a secondary may refuse a zone where it has two.
        registry = self.registry
        namespace = registry.namespace("cnames.test")
        service = registry.service(namespace, "alias", {"CNAME": 60}, "WEIGHTED")
        registry.instance(service, "i-1", cname="one.example.com")
        registry.instance(service, "i-2", cname="two.example.com")
        registry.addresses(registry.service(namespace, "web", {"A": 60}), 2)
        self.wait_for_serial("cnames.test")
        self.assert_values({"192.0.2.1", "192.0.2.2"}, "web.cnames.test")
        self.eventually(lambda: self.assertEqual(1, len(self.secondary_values("alias.cnames.test", "CNAME"))))

    def test_rfc5936_s2_2_zone_over_64_kib_arrives_whole(self):
        registry = self.registry
        namespace = registry.namespace("big.test")
        service = registry.service(namespace, "srv", {"SRV": 60})
        for i in range(BIG):
            registry.instance(service, f"instance-{i}".ljust(60, "x"), ipv4=f"10.0.{i // 250}.{i % 250}", port=80)
        self.wait_for_serial("big.test")
        for i in range(0, BIG, 7):
            name = f"instance-{i}".ljust(60, "x") + ".srv.big.test"
            self.assert_values({f"10.0.{i // 250}.{i % 250}"}, name)
        # One SRV RRset of more than 50,000 bytes fits a message only without the addresses.
        self.eventually(lambda: self.assertEqual(BIG, len(self.secondary_values("srv.big.test", "SRV"))))

    def test_cloudmap_namespace_that_comes_after_the_secondary_is_transferred(self):
        self.assertIsNone(self.secondary_serial("later.test"))
        namespace = self.registry.namespace("later.test")
        self.wait_for_serial("later.test")
        # Deleted and made anew, its serial goes on.
        before = self.serial("later.test")
        self.registry.delete_namespace(namespace)
        namespace = self.registry.namespace("later.test")
        self.registry.addresses(self.registry.service(namespace, "web", {"A": 60}), 1)
        self.assertGreater(self.serial("later.test"), before)
        self.wait_for_serial("later.test")
        self.assert_values({"192.0.2.1"}, "web.later.test")

    def test_rfc1996_secondary_and_server_catch_up_after_restarts(self):
        namespace = self.registry.namespace("restart.test")
        service = self.registry.service(namespace, "web", {"A": 60})
        self.registry.addresses(service, 1)
        self.wait_for_serial("restart.test")

        # What changes while the secondary is away.
        self.secondary.stop()
        self.registry.instance(service, "i-2", ipv4="192.0.2.2")
        self.secondary.start(self.server.dns)
        self.wait_for_serial("restart.test")
        self.assert_values({"192.0.2.1", "192.0.2.2"}, "web.restart.test")

        # What was not told when the server was killed, and what changes afterwards.
        before = self.serial("restart.test")
        self.registry.instance(service, "i-3", ipv4="192.0.2.3")
        self.server.kill()
        self.server.start()
        self.assertGreater(self.serial("restart.test"), before)
        self.wait_for_serial("restart.test")
        self.assert_values({f"192.0.2.{i}" for i in (1, 2, 3)}, "web.restart.test")
        self.registry.close()
        registry = Registry(self.server)
        self.addCleanup(registry.close)
        registry.instance(service, "i-4", ipv4="192.0.2.4")
        self.wait_for_serial("restart.test")
        self.assert_values({f"192.0.2.{i}" for i in (1, 2, 3, 4)}, "web.restart.test")


class NsdSecondary(SecondaryRules, ServerTestCase):
    secondary_name = "nsd"


class KnotSecondary(SecondaryRules, ServerTestCase):
    secondary_name = "knot"


if __name__ == "__main__":
    main()
