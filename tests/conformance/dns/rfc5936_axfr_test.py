#!/usr/bin/env python3
"""Zone transfers (RFC 5936, RFC 1995) as a client sees them."""

import socket
import struct
import threading

import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.xfr
import dns.zone

from dns_case import TIMEOUT_SECONDS, Registry, read_exactly
from support.loopback import own_address
from support.server import main
from transfers import TransferTestCase, exchange, soa_of_client, transfer_messages


BIG = 600
EMPTY_ZONE = 3  # SOA, NS and its address; the SOA at the end is not counted


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
        self.assertEqual(EMPTY_ZONE, len(self.transfer(server, "sd.test")))

    def test_a_name_server_inside_the_zone_is_transferred_with_its_address(self):
        server = self.start_server("--store", "memory", "--allow-transfer", own_address(), "--endpoint-name", "map.sd.test")
        registry = Registry(server)
        registry.namespace("sd.test")
        registry.namespace("other.test")
        registry.close()
        for zone, expected in (
            ("sd.test", {("sd.test.", "NS", "map.sd.test."), ("map.sd.test.", "A", server.dns[0])}),
            ("other.test", {("other.test.", "NS", "map.sd.test.")}),
        ):
            found = self.transfer(server, zone)
            self.assertEqual(expected, {(str(name), kind, data) for name, _, kind, data in found if kind != "SOA"})

    def test_rfc5936_s2_2_1_what_is_no_zone_of_ours_is_notauth(self):
        for name in ("missing.test", "web.sd.test", "test"):
            self.assertEqual("NOTAUTH", self.transfer_rcode(self.server, name, own_address()), name)

    def test_cloudmap_deleted_namespace_is_no_longer_transferred(self):
        namespace = self.registry.namespace("deleted.test")
        self.assertEqual(EMPTY_ZONE, len(self.transfer(self.server, "deleted.test")))
        self.registry.delete_namespace(namespace)
        self.assertEqual("NOTAUTH", self.transfer_rcode(self.server, "deleted.test", own_address()))

    def test_rfc1995_s4_ixfr_of_an_older_serial_is_answered_with_the_whole_zone(self):
        whole = self.transfer(self.server, "sd.test")
        self.assertEqual(whole, self.transfer(self.server, "sd.test", record_type="IXFR", serial=self.serial() - 1))
        address, port = self.server.dns
        older = (self.serial() - 1) % 2**32
        zone = dns.zone.from_text(f"@ 60 SOA a. b. {older} 1 1 1 1\n@ 60 NS a.\n", origin="sd.test.")
        query, _ = dns.xfr.make_query(zone, serial=older)
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
                addresses = sum(kind == "A" for _, _, kind, _ in found)
                self.assertEqual(counts[serial] + 1, addresses, "the instances and the name server")
        self.assertIn(serial, counts)

    def test_rfc5936_s2_2_zone_over_64_kib_is_transferred_whole(self):
        namespace = self.registry.namespace("big.test")
        service = self.registry.service(namespace, "srv", {"SRV": 60})
        for i in range(BIG):
            self.registry.instance(service, f"instance-{i}".ljust(60, "x"), ipv4=f"10.0.{i // 250}.{i % 250}", port=80)
        self.assertGreater(len(transfer_messages(self.server.dns, "big.test", own_address())), 1)
        self.assertEqual(EMPTY_ZONE + 2 * BIG, len(self.transfer(self.server, "big.test")))
        # Clients that go away in the middle harm nobody.
        axfr = dns.message.make_query("big.test", "AXFR").to_wire()
        for _ in range(50):
            with socket.create_connection(self.server.dns, TIMEOUT_SECONDS, (own_address(), 0)) as stream:
                stream.sendall((struct.pack("!H", len(axfr)) + axfr) * 5)
                read_exactly(stream, 1000)
        self.assertEqual(EMPTY_ZONE + 2 * BIG, len(self.transfer(self.server, "big.test")))


if __name__ == "__main__":
    main()
