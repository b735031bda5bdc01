#!/usr/bin/env python3
"""Zone transfers and NOTIFY (RFC 5936, RFC 1995, RFC 1996): NSD and Knot DNS as secondaries, and dnspython."""

import socket
import struct
import threading
import time
import unittest

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.xfr
import dns.zone

from dns_case import TIMEOUT_SECONDS, Registry, read_exactly
import secondary_servers
from support.loopback import own_address
from support.server import ServerTestCase, main

# Of everything that has to travel to a secondary; nothing takes this long when all is well.
TRAVEL_SECONDS = 60
POLL_SECONDS = 0.1
TYPES = ("A", "AAAA", "SRV", "CNAME", "SOA", "NS", "TXT")
BIG = 600


def exchange(address, name, record_type, tcp=True):
    query = dns.message.make_query(name, record_type, use_edns=0, payload=1232)
    query.flags &= ~dns.flags.RD
    send = dns.query.tcp if tcp else dns.query.udp
    return send(query, address[0], port=address[1], timeout=TIMEOUT_SECONDS, one_rr_per_rrset=True)


def records(section):
    """Names in data in lower case: a secondary keeps one spelling of each."""
    return {
        (rrset.name, rrset.ttl, dns.rdatatype.to_text(rrset.rdtype), str(data).lower())
        for rrset in section
        for data in rrset
    }


def soa_of_client(apex, serial):
    """What says in the authority section of an IXFR query what the client has."""
    return dns.rrset.from_text(dns.name.from_text(apex), 0, "IN", "SOA", f"a. b. {serial} 1 1 1 1")


def transfer_messages(address, apex, source, record_type="AXFR", serial=0, edns=False):
    """All messages of a zone transfer, in order; one alone when it is no transfer."""
    query = dns.message.make_query(apex, record_type, use_edns=0 if edns else -1)
    if record_type == "IXFR":
        query.authority.append(soa_of_client(apex, serial))
    messages = []
    soas = 0
    with socket.create_connection(address, TIMEOUT_SECONDS, (source, 0)) as stream:
        wire = query.to_wire()
        stream.sendall(struct.pack("!H", len(wire)) + wire)
        while soas < 2:
            size = struct.unpack("!H", read_exactly(stream, 2))[0]
            message = dns.message.from_wire(read_exactly(stream, size), one_rr_per_rrset=True)
            assert message.id == query.id, "RFC 5936 s2.2.1: the id of every message is the query's"
            messages.append(message)
            soas += sum(rrset.rdtype == dns.rdatatype.SOA for rrset in message.answer)
            single_soa = [rrset.rdtype for rrset in message.answer] == [dns.rdatatype.SOA]
            if message.rcode() != dns.rcode.NOERROR or (record_type == "IXFR" and single_soa):
                break
    return messages


class TransferTestCase(ServerTestCase):
    def transfer(self, server, apex, **options):
        """The zone's records, the closing SOA left out."""
        messages = transfer_messages(server.dns, apex, own_address(), **options)
        found = []
        for message in messages:
            self.assertEqual("NOERROR", dns.rcode.to_text(message.rcode()))
            self.assertTrue(message.flags & dns.flags.AA)
            found += message.answer
        self.assertEqual(dns.rdatatype.SOA, found[0].rdtype)
        self.assertEqual(records(found[:1]), records(found[-1:]), "first and last record are the SOA")
        self.assertEqual(len(found) - 1, len(records(found)), "no record comes twice")
        return records(found)

    def transfer_rcode(self, server, apex, source, **options):
        (message,) = transfer_messages(server.dns, apex, source, **options)
        self.assertEqual([], message.answer)
        return dns.rcode.to_text(message.rcode())


class Transfers(TransferTestCase):
    """As a client sees them; the server allows this test's own address alone."""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.start_class_server("--store", "memory", "--allow-transfer", own_address())
        cls.registry = Registry(cls.server)
        cls.addClassCleanup(cls.registry.close)
        cls.namespace = cls.registry.namespace("sd.test")
        web = cls.registry.service(cls.namespace, "web", {"A": 60})
        cls.registry.addresses(web, 3)

    def serial(self):
        return exchange(self.server.dns, "sd.test", "SOA").answer[0][0].serial

    def test_cloudmap_transfers_are_refused_to_who_is_not_in_allow_transfer(self):
        for record_type in ("AXFR", "IXFR"):
            for apex in ("sd.test", "missing.test"):
                rcode = self.transfer_rcode(self.server, apex, "127.0.0.1", record_type=record_type)
                self.assertEqual("REFUSED", rcode, f"{record_type} of {apex}")

    def test_cloudmap_transfers_are_refused_to_everybody_by_default(self):
        server = self.start_server("--store", "memory")
        registry = Registry(server)
        registry.namespace("sd.test")
        registry.close()
        for source in ("127.0.0.1", own_address()):
            self.assertEqual("REFUSED", self.transfer_rcode(server, "sd.test", source))

    def test_cloudmap_allow_transfer_takes_several_prefixes(self):
        server = self.start_server(
            "--store", "memory", "--allow-transfer", "192.0.2.0/24", "--allow-transfer", own_address() + "/30"
        )
        registry = Registry(server)
        registry.namespace("sd.test")
        registry.close()
        self.assertEqual(5, len(self.transfer(server, "sd.test")))

    def test_rfc5936_s2_2_1_what_is_no_zone_of_ours_is_notauth(self):
        for name in ("missing.test", "web.sd.test", "test"):
            self.assertEqual("NOTAUTH", self.transfer_rcode(self.server, name, own_address()), name)

    def test_cloudmap_deleted_namespace_is_no_longer_transferred(self):
        namespace = self.registry.namespace("deleted.test")
        self.assertEqual(5, len(self.transfer(self.server, "deleted.test")))
        self.registry.delete_namespace(namespace)
        self.assertEqual("NOTAUTH", self.transfer_rcode(self.server, "deleted.test", own_address()))

    def test_rfc1995_s4_ixfr_of_an_older_serial_is_answered_with_the_whole_zone(self):
        whole = self.transfer(self.server, "sd.test")
        self.assertEqual(whole, self.transfer(self.server, "sd.test", record_type="IXFR", serial=self.serial() - 1))
        address, port = self.server.dns
        zone = dns.zone.from_text("@ 60 SOA a. b. 0 1 1 1 1\n@ 60 NS a.\n", origin="sd.test.")
        query, _ = dns.xfr.make_query(zone, serial=0)
        dns.query.inbound_xfr(address, zone, query, port, timeout=TIMEOUT_SECONDS, source=own_address())
        self.assertEqual(3, len(zone.find_rdataset("web", "A")))

    def test_rfc1995_s2_ixfr_of_the_current_serial_is_answered_with_the_soa_alone(self):
        for serial in (self.serial(), self.serial() + 1):
            messages = transfer_messages(
                self.server.dns, "sd.test", own_address(), record_type="IXFR", serial=serial
            )
            self.assertEqual([1], [len(message.answer) for message in messages])
            self.assertEqual(self.serial(), messages[0].answer[0][0].serial)

    def test_rfc1995_s2_ixfr_over_udp_is_answered_with_the_soa_alone(self):
        query = dns.message.make_query("sd.test", "IXFR")
        query.authority.append(soa_of_client("sd.test", 0))
        address, port = self.server.dns
        answer = dns.query.udp(query, address, TIMEOUT_SECONDS, port, source=own_address()).answer
        self.assertEqual([self.serial()], [data.serial for rrset in answer for data in rrset])

    def test_rfc5936_s4_2_axfr_over_udp_is_formerr(self):
        address, port = self.server.dns
        query = dns.message.make_query("sd.test", "AXFR")
        response = dns.query.udp(query, address, TIMEOUT_SECONDS, port, source=own_address())
        self.assertEqual(dns.rcode.FORMERR, response.rcode())

    def test_rfc6891_s6_1_1_a_transfer_that_was_asked_for_with_opt_has_opt(self):
        messages = transfer_messages(self.server.dns, "sd.test", own_address(), edns=True)
        self.assertEqual(0, messages[0].edns)
        messages = transfer_messages(self.server.dns, "sd.test", own_address(), edns=False)
        self.assertEqual([-1] * len(messages), [message.edns for message in messages])

    def test_rfc5936_s2_2_queries_behind_a_transfer_on_its_connection_are_answered(self):
        axfr = dns.message.make_query("sd.test", "AXFR", id=1).to_wire()
        soa = dns.message.make_query("sd.test", "SOA", id=2).to_wire()
        ids = []
        with socket.create_connection(self.server.dns, TIMEOUT_SECONDS, (own_address(), 0)) as stream:
            stream.sendall(b"".join(struct.pack("!H", len(wire)) + wire for wire in (axfr, soa, axfr, soa)))
            while ids.count(2) < 2:
                size = struct.unpack("!H", read_exactly(stream, 2))[0]
                ids.append(dns.message.from_wire(read_exactly(stream, size)).id)
        self.assertEqual([1, 2, 1, 2], ids)

    def test_cloudmap_transfer_holds_the_healthy_instances(self):
        service = self.registry.service(self.namespace, "sick", {"A": 60}, health=True)
        self.registry.addresses(service, 3)
        self.registry.set_health(service, "i-2", "UNHEALTHY")
        name = dns.name.from_text("sick.sd.test")
        found = {data for owner, _, _, data in self.transfer(self.server, "sd.test") if owner == name}
        self.assertEqual({"192.0.2.1", "192.0.2.3"}, found)

    def test_rfc5936_s6_a_transfer_holds_one_version_of_the_zone_whatever_changes_meanwhile(self):
        service = self.registry.service(self.registry.namespace("moving.test"), "web", {"A": 60})
        counts = {}  # instances by serial

        def register():
            for i in range(1, 101):
                self.registry.instance(service, f"i-{i}", ipv4=f"10.0.0.{i}")
                counts[exchange(self.server.dns, "moving.test", "SOA").answer[0][0].serial] = i

        writer = threading.Thread(target=register)
        writer.start()
        transfers = []
        while writer.is_alive():
            transfers.append(self.transfer(self.server, "moving.test"))
        writer.join()
        self.assertEqual(100, len(counts), "each registration has a serial of its own")
        for found in [*transfers, self.transfer(self.server, "moving.test")]:
            (serial,) = (int(data.split()[2]) for _, _, kind, data in found if kind == "SOA")
            if serial in counts:
                self.assertEqual(counts[serial], sum(kind == "A" for _, _, kind, _ in found))
        self.assertIn(serial, counts)

    def test_rfc5936_s2_2_zone_over_64_kib_is_transferred_whole(self):
        namespace = self.registry.namespace("big.test")
        service = self.registry.service(namespace, "srv", {"SRV": 60})
        for i in range(BIG):
            self.registry.instance(service, f"instance-{i}".ljust(60, "x"), ipv4=f"10.0.{i // 250}.{i % 250}", port=80)
        self.assertGreater(len(transfer_messages(self.server.dns, "big.test", own_address())), 1)
        self.assertEqual(5 + 2 * BIG, len(self.transfer(self.server, "big.test")))
        # Clients that go away in the middle harm nobody.
        axfr = dns.message.make_query("big.test", "AXFR").to_wire()
        for _ in range(50):
            with socket.create_connection(self.server.dns, TIMEOUT_SECONDS, (own_address(), 0)) as stream:
                stream.sendall((struct.pack("!H", len(axfr)) + axfr) * 5)
                read_exactly(stream, 1000)
        self.assertEqual(5 + 2 * BIG, len(self.transfer(self.server, "big.test")))


class NotifyRules(ServerTestCase):
    """What a secondary is told; the secondary is a socket of this test."""

    def setUp(self):
        self.secondary = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(self.secondary.close)
        self.secondary.bind((own_address(), 0))
        self.secondary.settimeout(TRAVEL_SECONDS)
        self.server = self.start_server("--store", "memory", "--notify", "{}:{}".format(*self.secondary.getsockname()))
        self.registry = Registry(self.server)
        self.addCleanup(self.registry.close)

    def receive(self, wanted=lambda message: True):
        """(message, sender) of the next NOTIFY that is wanted; every one is confirmed."""
        deadline = time.monotonic() + TRAVEL_SECONDS
        while time.monotonic() < deadline:
            wire, sender = self.secondary.recvfrom(65535)
            answer = bytearray(wire)
            answer[2] |= 0x80
            self.secondary.sendto(answer, sender)
            message = dns.message.from_wire(wire)
            if wanted(message):
                return message, sender
        self.fail("not told in time")

    def test_rfc1996_s3_notify_names_the_zone_and_its_new_soa(self):
        namespace = self.registry.namespace("sd.test")
        message, _ = self.receive()
        self.assertEqual((dns.opcode.NOTIFY, dns.flags.AA), (message.opcode(), message.flags & dns.flags.AA))
        self.assertEqual(
            [("sd.test.", dns.rdatatype.SOA)], [(str(asked.name), asked.rdtype) for asked in message.question]
        )
        first = message.answer[0][0].serial
        self.registry.addresses(self.registry.service(namespace, "web", {"A": 60}), 1)
        serial = exchange(self.server.dns, "sd.test", "SOA").answer[0][0].serial
        self.assertGreater(serial, first)
        self.receive(lambda message: message.answer[0][0].serial == serial)

    def test_rfc1996_s3_10_notify_comes_from_the_address_that_answers(self):
        # Secondaries listen to their primaries' addresses only.
        self.registry.namespace("sd.test")
        _, sender = self.receive()
        self.assertEqual(self.server.dns[0], sender[0])


    def test_cloudmap_every_secondary_is_told_whatever_becomes_of_the_others(self):
        silent, other = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        flags = []
        for peer in (silent, other):
            self.addCleanup(peer.close)
            peer.bind((own_address(), 0))
            flags += ["--notify", "{}:{}".format(*peer.getsockname())]
        silent.close()
        server = self.start_server("--store", "memory", *flags)
        registry = Registry(server)
        self.addCleanup(registry.close)
        registry.namespace("one.test")
        registry.namespace("two.test")
        other.settimeout(TRAVEL_SECONDS)
        told = set()
        while told != {"one.test.", "two.test."}:
            told.add(str(dns.message.from_wire(other.recv(65535)).question[0].name))


class SecondaryRules:
    """The rules, for the secondary that a class below names."""

    secondary_name = None
    zones = ("records.test", "changes.test", "sets.test", "cnames.test", "big.test", "later.test", "restart.test")

    @classmethod
    def setUpClass(cls):
        if secondary_servers.find(cls.secondary_name) is None:
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

    def wait_for_serial(self, apex):
        """Until the secondary has what the server has now."""
        wanted = self.serial(apex)
        found = None
        deadline = time.monotonic() + TRAVEL_SECONDS
        while time.monotonic() < deadline:
            found = self.secondary_serial(apex)
            if found == wanted:
                return
            time.sleep(POLL_SECONDS)
        self.fail(f"{self.secondary_name} has serial {found} of {apex}, not {wanted}")

    def secondary_values(self, name, record_type="A"):
        answer = self.at_secondary(name, record_type).answer
        return {data for _, _, kind, data in records(answer) if kind == record_type}

    def names(self, apex):
        """All names of the zone, and some that are not there."""
        messages = transfer_messages(self.server.dns, apex, own_address())
        found = {str(rrset.name) for message in messages for rrset in message.answer}
        return found | {f"missing.{apex}.", f"_tcp.{apex}.", f"x.web.{apex}."}

    @staticmethod
    def seen(response):
        """What a resolver makes of a response. NS records beside an answer are each server's choice."""
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
        self.assertEqual(1 + 1 + 1 + 5 + 2 + 1 + 3, len(names), names)
        for name in sorted(names):
            for record_type in TYPES:
                with self.subTest(name, type=record_type):
                    ours = exchange(self.server.dns, name, record_type)
                    self.assertEqual(self.seen(ours), self.seen(self.at_secondary(name, record_type)))
        glue = records(exchange(self.server.dns, "_http._tcp.records.test", "SRV").additional)
        self.assertEqual(8, len(glue))
        self.assertLessEqual(glue, records(self.at_secondary("_http._tcp.records.test", "SRV").additional))

    def test_rfc1996_secondary_is_told_of_every_kind_of_change(self):
        registry = self.registry
        namespace = registry.namespace("changes.test")
        service = registry.service(namespace, "web", {"A": 60}, health=True)
        registry.addresses(service, 2)
        self.wait_for_serial("changes.test")
        self.assertEqual({"192.0.2.1", "192.0.2.2"}, self.secondary_values("web.changes.test"))
        before = self.serial("changes.test")

        def change(values, ttl=60):
            """What was just changed moved the serial and arrives."""
            nonlocal before
            self.assertGreater(self.serial("changes.test"), before)
            before = self.serial("changes.test")
            self.wait_for_serial("changes.test")
            response = self.at_secondary("web.changes.test", "A")
            self.assertEqual(values, {data for _, _, _, data in records(response.answer)})
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
            self.assertEqual(whole, self.secondary_values(name))
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
        self.assertEqual({"192.0.2.1", "192.0.2.2"}, self.secondary_values("web.cnames.test"))
        self.assertEqual(1, len(self.secondary_values("alias.cnames.test", "CNAME")))

    def test_rfc5936_s2_2_zone_over_64_kib_arrives_whole(self):
        registry = self.registry
        namespace = registry.namespace("big.test")
        service = registry.service(namespace, "srv", {"SRV": 60})
        for i in range(BIG):
            registry.instance(service, f"instance-{i}".ljust(60, "x"), ipv4=f"10.0.{i // 250}.{i % 250}", port=80)
        self.wait_for_serial("big.test")
        for i in range(0, BIG, 7):
            name = f"instance-{i}".ljust(60, "x") + ".srv.big.test"
            self.assertEqual({f"10.0.{i // 250}.{i % 250}"}, self.secondary_values(name))
        # One SRV RRset of more than 50,000 bytes fits a message only without the addresses.
        self.assertEqual(BIG, len(self.secondary_values("srv.big.test", "SRV")))

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
        self.assertEqual({"192.0.2.1"}, self.secondary_values("web.later.test"))

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
        self.assertEqual({"192.0.2.1", "192.0.2.2"}, self.secondary_values("web.restart.test"))

        # What was not told when the server was killed, and what changes afterwards.
        before = self.serial("restart.test")
        self.registry.instance(service, "i-3", ipv4="192.0.2.3")
        self.server.kill()
        self.server.start()
        self.assertGreater(self.serial("restart.test"), before)
        self.wait_for_serial("restart.test")
        self.assertEqual({f"192.0.2.{i}" for i in (1, 2, 3)}, self.secondary_values("web.restart.test"))
        self.registry.close()
        registry = Registry(self.server)
        self.addCleanup(registry.close)
        registry.instance(service, "i-4", ipv4="192.0.2.4")
        self.wait_for_serial("restart.test")
        self.assertEqual({f"192.0.2.{i}" for i in (1, 2, 3, 4)}, self.secondary_values("web.restart.test"))


class NsdSecondary(SecondaryRules, ServerTestCase):
    secondary_name = "nsd"


class KnotSecondary(SecondaryRules, ServerTestCase):
    secondary_name = "knot"


if __name__ == "__main__":
    main()
