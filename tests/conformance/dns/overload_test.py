#!/usr/bin/env python3
"""Good queries are answered whatever else comes: idle connections, and floods of what is no query.

What counts is that every one is answered, as a resolver asks: again when a datagram was lost.
"""

import random
import socket
import struct

from dns_case import DnsTestCase, Response, exchange_tcp, header, opt, option, query, question
from support.server import main

IDLE = 200
ROUNDS, MALFORMED_PER_ROUND, GOOD_PER_ROUND = 20, 1000, 25
ATTEMPTS, ATTEMPT_SECONDS = 6, 5


def malformed(rng):
    """A packet of some bytes: noise, a query with bytes changed, cut or added, or one that is not a query."""
    good = query("web.sd.test", rng.choice(("A", "SRV", "AXFR")), edns=opt(option(10, b"12345678")))
    kind = rng.randrange(8)
    if kind == 0:
        return rng.randbytes(rng.randrange(1, 600))
    if kind == 1:
        return good[: rng.randrange(1, len(good))]
    if kind == 2:
        return good + rng.randbytes(rng.randrange(1, 100))
    if kind == 3:
        packet = bytearray(good)
        for _ in range(rng.randrange(1, 6)):
            packet[rng.randrange(len(packet))] = rng.randrange(256)
        return bytes(packet)
    if kind == 4:  # counts that promise more than there is
        return header(0, *(rng.randrange(65536) for _ in range(4))) + question("web.sd.test")
    if kind == 5:  # compression pointers, loops too
        return header() + struct.pack("!H", 0xC000 | rng.randrange(64)) * rng.randrange(1, 20) + b"\0\1\0\1"
    if kind == 6:  # a response
        return header(0x8000 | rng.randrange(65536) & 0x7FF) + question("web.sd.test")
    return header(opcode=rng.randrange(16)) + question([rng.randbytes(rng.randrange(1, 64)) for _ in range(3)], "A")


class Overload(DnsTestCase):
    def answered(self, name, message_id):
        """Whether a resolver's attempts, each from a port of its own, got the right answer."""
        packet = query(name, message_id=message_id)
        for _ in range(ATTEMPTS):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                udp.settimeout(ATTEMPT_SECONDS)
                udp.connect(self.server.dns)
                udp.send(packet)
                try:
                    response = self.check(packet, udp.recv(65535))
                except TimeoutError:
                    continue
                return (response.rcode, len(response.answer)) == ("NOERROR", 3)
        return False

    def answered_over_tcp(self, message_id):
        packet = query("web.sd.test", message_id=message_id)
        with socket.create_connection(self.server.dns, ATTEMPTS * ATTEMPT_SECONDS) as stream:
            return len(self.check(packet, exchange_tcp(stream, [packet])[0]).answer) == 3

    def flood_address(self):
        """A socket whose answers nobody reads."""
        flood = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(flood.close)
        flood.connect(self.server.dns)
        return flood

    def assert_alive(self):
        self.assertIsNone(self.server.process.poll(), "the server has ended")
        self.assertEqual("NOERROR", Response(exchange_tcp(self.tcp(), [query("web.sd.test")])[0]).rcode)

    def test_rfc9210_idle_connections_do_not_keep_good_queries_from_being_answered(self):
        idle = [self.tcp() for _ in range(IDLE)]
        for number, stream in enumerate(idle):
            # Some have sent nothing, some the begin of a frame.
            stream.sendall((b"", b"\0", b"\0\50", b"\0\50" + b"x" * 20)[number % 4])
        udp = sum(self.answered("web.sd.test", i) for i in range(100))
        tcp = sum(self.answered_over_tcp(i) for i in range(100))
        self.assertEqual((100, 100), (udp, tcp))
        self.assert_alive()

    def test_rfc8906_malformed_datagrams_do_not_keep_good_queries_from_being_answered(self):
        rng = random.Random(8906)
        flood = self.flood_address()
        good = 0
        for _ in range(ROUNDS):
            for _ in range(MALFORMED_PER_ROUND):
                flood.send(malformed(rng))
            good += sum(self.answered("web.sd.test", i) for i in range(GOOD_PER_ROUND))
        self.assertEqual(ROUNDS * GOOD_PER_ROUND, good)
        self.assert_alive()

    def test_rfc7766_malformed_streams_do_not_keep_good_queries_from_being_answered(self):
        rng = random.Random(7766)
        good = 0
        for i in range(ROUNDS):
            for _ in range(25):
                with socket.create_connection(self.server.dns, ATTEMPTS * ATTEMPT_SECONDS) as stream:
                    packets = [malformed(rng) for _ in range(8)]
                    framed = b"".join(struct.pack("!H", len(packet)) + packet for packet in packets)
                    stream.sendall(rng.choice((framed, rng.randbytes(200), framed[:-3])))
            good += self.answered("web.sd.test", i) + self.answered_over_tcp(i)
        self.assertEqual(2 * ROUNDS, good)
        self.assert_alive()

    def test_rfc9210_both_at_once_do_not_either(self):
        rng = random.Random(9210)
        idle = [self.tcp() for _ in range(IDLE)]
        flood = self.flood_address()
        good = 0
        for i in range(ROUNDS):
            for _ in range(MALFORMED_PER_ROUND // 4):
                flood.send(malformed(rng))
            good += self.answered("web.sd.test", i) + self.answered_over_tcp(i)
        self.assertEqual(2 * ROUNDS, good)
        for stream in idle:
            stream.close()
        self.assert_alive()


if __name__ == "__main__":
    main()
