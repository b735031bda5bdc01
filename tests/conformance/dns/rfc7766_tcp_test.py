#!/usr/bin/env python3
"""DNS over TCP (RFC 7766, RFC 9210)."""

import random
import socket
import struct
import time

from dns_case import TC, DnsTestCase, Response, exchange_tcp, header, opt, query, question, read_exactly, read_frame
from support.server import main


def frame(packet):
    return struct.pack("!H", len(packet)) + packet


class Tcp(DnsTestCase):
    @classmethod
    def populate(cls, registry):
        super().populate(registry)
        many = registry.service(cls.namespace, "many", {"SRV": 5})
        for i in range(20):
            registry.instance(many, f"{i}".ljust(60, "x"), ipv4=f"192.0.2.{i}", ipv6=f"2001:db8::{i}", port=80)

    def test_rfc7766_same_answers_as_over_udp(self):
        for name, record_type in (("web.sd.test", "A"), ("sd.test", "SOA"), ("no.sd.test", "A"), ("web.sd.test", "MX"),
                                  ("example.com", "A"), ("sd.test", "NS")):
            with self.subTest(name, type=record_type):
                udp, tcp = self.ask(name, record_type), self.ask(name, record_type, tcp=True)
                self.assertEqual(
                    (udp.flags, sorted(udp.answer), udp.authority), (tcp.flags, sorted(tcp.answer), tcp.authority)
                )

    def test_rfc7766_never_truncated(self):
        self.assertTrue(self.ask("many.sd.test", "SRV").flags & TC)
        for edns in (None, opt(payload=512)):
            response = self.ask("many.sd.test", "SRV", tcp=True, edns=edns)
            self.assertEqual((8, 16, 0), (len(response.answer), len(response.additional), response.flags & TC))

    def test_rfc7766_s6_2_1_1_pipelined_queries_are_all_answered(self):
        count = 2000
        packets = [query(f"n{i}.sd.test", message_id=i) for i in range(count)]
        answers = exchange_tcp(self.tcp(), packets)
        ids = sorted(struct.unpack("!H", wire[:2])[0] for wire in answers)
        self.assertEqual(list(range(count)), ids)

    def test_rfc7766_s8_a_query_in_single_bytes_is_answered(self):
        stream = self.tcp()
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in frame(query("web.sd.test")) * 2:
            stream.send(bytes([byte]))
        for _ in range(2):
            self.assertEqual(3, len(Response(read_frame(stream)).answer))

    def test_rfc7766_s8_any_segmentation_gives_the_same_answers(self):
        rng = random.Random(7766)
        packets = [query(f"n{i}.sd.test", message_id=i, edns=opt()) for i in range(50)]
        stream_bytes = b"".join(map(frame, packets))
        stream = self.tcp()
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        at = 0
        while at < len(stream_bytes):
            size = rng.choice((1, 2, 3, 11, 37, 300))
            stream.send(stream_bytes[at : at + size])
            at += size
        for i in range(len(packets)):
            self.assertEqual(i, Response(read_frame(stream)).message.id)

    def test_rfc7766_s8_length_and_message_come_in_one_segment(self):
        stream = self.tcp()
        stream.sendall(frame(query("web.sd.test")))
        received = stream.recv(65537)
        self.assertEqual(len(received), 2 + struct.unpack("!H", received[:2])[0])

    def test_rfc7766_half_closed_connection_still_gets_its_answers(self):
        stream = self.tcp()
        stream.sendall(frame(query("web.sd.test")) * 3)
        stream.shutdown(socket.SHUT_WR)
        for _ in range(3):
            self.assertEqual(3, len(Response(read_frame(stream)).answer))
        self.assertEqual(b"", stream.recv(1))

    def test_rfc7766_malformed_query_is_formerr_and_the_connection_goes_on(self):
        stream = self.tcp()
        answers = exchange_tcp(stream, [header(questions=2) + question("web.sd.test"), query("web.sd.test")])
        self.assertEqual(["FORMERR", "NOERROR"], [Response(wire).rcode for wire in answers])

    def test_rfc7766_largest_frame_is_read(self):
        padding = struct.pack("!2H", 65001, 65000) + b"x" * 65000
        packet = query("web.sd.test", edns=opt(padding))
        self.assertEqual("NOERROR", Response(exchange_tcp(self.tcp(), [packet])[0]).rcode)
        garbage = query("web.sd.test") + b"x" * (65535 - len(query("web.sd.test")))
        self.assertEqual("FORMERR", Response(exchange_tcp(self.tcp(), [garbage])[0]).rcode)

    def test_rfc7766_answers_wait_for_a_client_that_reads_late(self):
        # 1.3 MB of answers: more than socket buffers of this size take, so the server has to wait.
        stream = socket.socket()
        self.addCleanup(stream.close)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stream.settimeout(30)
        stream.connect(self.server.dns)
        count = 1000
        stream.sendall(frame(query("many.sd.test", "SRV")) * count)
        for _ in range(count):
            wire = read_frame(stream)
        self.assertEqual(8, len(Response(wire).answer))

    def test_rfc7766_s6_2_3_idle_dripping_and_stuck_connections_end_while_others_are_served(self):
        idle, dripping = self.tcp(), self.tcp()
        dripping.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        dripping.settimeout(0.25)
        dripping.send(b"\x01")
        start = time.monotonic()
        closed = False
        # A byte now and then must not keep a connection whose query never becomes whole.
        for _ in range(200):
            try:
                closed = dripping.recv(1) == b""
                break
            except TimeoutError:
                try:
                    dripping.send(b"\x00")
                except OSError:
                    closed = True
                    break
                self.assertEqual("NOERROR", self.ask("web.sd.test").rcode)
            except ConnectionResetError:
                closed = True
                break
        self.assertTrue(closed, f"a dripping client was kept for {time.monotonic() - start:.0f} s")
        self.assertEqual(b"", idle.recv(1))

    def test_rfc9210_many_connections_are_served_at_once(self):
        streams = [self.tcp() for _ in range(300)]
        for stream in streams:
            stream.sendall(frame(query("web.sd.test")))
        for stream in streams:
            self.assertEqual(0, read_exactly(stream, 2 + 12)[5] & 15)

    def test_rfc9210_connections_of_one_client_are_limited(self):
        streams = []
        refused = 0
        for _ in range(1200):
            stream = socket.create_connection(self.server.dns, timeout=30)
            self.addCleanup(stream.close)
            streams.append(stream)
        for stream in streams:
            try:
                stream.sendall(frame(query("web.sd.test")))
                refused += stream.recv(2) == b""
            except (ConnectionResetError, BrokenPipeError):
                refused += 1
        self.assertGreater(refused, 0)
        self.assertGreater(len(streams) - refused, 500)
        self.assertEqual("NOERROR", self.ask("web.sd.test").rcode)


if __name__ == "__main__":
    main()
