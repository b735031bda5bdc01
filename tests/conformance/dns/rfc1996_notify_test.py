#!/usr/bin/env python3
"""NOTIFY (RFC 1996): what a secondary is told."""

import socket
import time

import dns.flags
import dns.message
import dns.opcode
import dns.rdatatype

from dns_case import Registry
from support.loopback import own_address
from support.server import ServerTestCase, main
from transfers import exchange


# Nothing takes this long when all is well.
TRAVEL_SECONDS = 60


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


if __name__ == "__main__":
    main()
