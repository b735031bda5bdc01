#!/usr/bin/env python3
"""Connections that want nothing good: too many, half open, of the wrong protocol, pinging."""

import contextlib
import pathlib
import resource
import socket
import ssl
import struct
import sys
import tempfile
import time
import urllib.request

import dns.message
import dns.query

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.certificate import Certificate
from support.loopback import own_address
from support.server import ServerTestCase, main

TIMEOUT_SECONDS = 30
# Far above what an idle server takes, far below the drain deadlines that half-open connections used
# to sit out (5 s).
STOP_SECONDS = 4

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, PING, GOAWAY = 4, 6, 7
ACK = 1


def frame(kind, flags=0, payload=b""):
    return struct.pack("!I", len(payload))[1:] + bytes([kind, flags]) + struct.pack("!I", 0) + payload


def read_frame(stream):
    header = stream.read(9)
    if len(header) < 9:
        return None, 0, b""
    return header[3], header[4], stream.read(int.from_bytes(header[:3], "big"))


def split(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)


class OutOfDescriptors(ServerTestCase):
    def addresses(self, server):
        return server.http, split(server.grpc), server.dns

    def dns_works(self, server):
        answer = dns.query.udp(dns.message.make_query("sd.test", "SOA"), server.dns[0], TIMEOUT_SECONDS, server.dns[1])
        return answer.rcode() == 5  # REFUSED: there is no namespace

    def check(self, order):
        server = self.start_server("--store", "memory")
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (128, 128))
        addresses = [self.addresses(server)[i] for i in order]
        with contextlib.ExitStack() as stack:
            for address in addresses:
                for _ in range(100):
                    stream = socket.create_connection(address, TIMEOUT_SECONDS)
                    stack.callback(stream.close)
                self.assertTrue(self.dns_works(server))
            self.assertIsNone(server.process.poll(), "the process goes on")
        # With the connections gone, accepting resumes everywhere.
        with urllib.request.urlopen(server.http_url + "/healthz", timeout=TIMEOUT_SECONDS) as response:
            self.assertEqual(200, response.status)
        tcp = dns.query.tcp(dns.message.make_query("sd.test", "SOA"), server.dns[0], TIMEOUT_SECONDS, server.dns[1])
        self.assertEqual(5, tcp.rcode())
        with socket.create_connection(split(server.grpc), TIMEOUT_SECONDS) as stream:
            stream.sendall(PREFACE + frame(SETTINGS))
            self.assertEqual(SETTINGS, read_frame(stream.makefile("rb"))[0])

    def test_http_then_grpc_then_dns(self):
        self.check((0, 1, 2))

    def test_dns_then_grpc_then_http(self):
        self.check((2, 1, 0))

    def test_grpc_then_http_then_dns(self):
        self.check((1, 0, 2))


class Stopping(ServerTestCase):
    """SIGTERM waits for whole requests only."""

    def check(self, *connections, flags=("--store", "memory")):
        server = self.start_server(*flags)
        with contextlib.ExitStack() as stack:
            for address, sent in connections:
                listener = server.dns if address == "dns" else split(server.ready[address])
                stream = socket.create_connection(listener, TIMEOUT_SECONDS)
                stack.callback(stream.close)
                stream.sendall(sent)
            # A call that is answered has been accepted behind those.
            urllib.request.urlopen(server.http_url + "/healthz", timeout=TIMEOUT_SECONDS).close()
            began = time.monotonic()
            server.stop()
            self.assertLess(time.monotonic() - began, STOP_SECONDS)

    def test_grpc_without_a_preface(self):
        self.check(("grpc", b""), ("grpc", b""))

    def test_grpc_with_half_a_preface(self):
        self.check(("grpc", PREFACE[:10]))

    def test_grpc_that_is_idle(self):
        self.check(("grpc", PREFACE + frame(SETTINGS)))

    def test_half_an_http_request(self):
        self.check(("http", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf"), ("http", b"POS"))

    def test_half_a_dns_frame(self):
        self.check(("dns", b"\0\x20half"))


class WrongProtocol(ServerTestCase):
    def test_plain_http_on_the_tls_port_is_told_so(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        certificate = Certificate(folder, "localhost", own_address())
        server = self.start_server("--store", "memory", *certificate.flags)
        with socket.create_connection(server.http, TIMEOUT_SECONDS) as stream:
            stream.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = stream.makefile("rb").read()
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 Bad Request\r\n"), answer)
        self.assertIn(b"This port speaks TLS", answer)
        head, body = answer.split(b"\r\n\r\n", 1)
        self.assertIn(b"Content-Length: %d" % len(body), head)

    def test_tls_on_the_plain_http_port_is_a_400(self):
        server = self.start_server("--store", "memory")
        with socket.create_connection(server.http, TIMEOUT_SECONDS) as stream:
            context = ssl.create_default_context()
            with self.assertRaises(ssl.SSLError):
                context.wrap_socket(stream, server_hostname="localhost")
        with socket.create_connection(server.http, TIMEOUT_SECONDS) as stream:
            stream.sendall(b"\x16\x03\x01\x00\xff" + b"\0" * 250 + b"\r\n\r\n")
            self.assertTrue(stream.makefile("rb").read().startswith(b"HTTP/1.1 400 "))


class Pings(ServerTestCase):
    def test_a_client_may_ping_every_five_seconds_without_a_call(self):
        """Go's clients with PermitWithoutStream ping every 10 s, which gRPC punishes by default."""
        server = self.start_server("--store", "memory")
        with socket.create_connection(split(server.grpc), TIMEOUT_SECONDS) as stream:
            stream.sendall(PREFACE + frame(SETTINGS) + frame(SETTINGS, ACK))
            reader = stream.makefile("rb")
            answered = 0
            for number in range(5):
                payload = struct.pack("!Q", number)
                stream.sendall(frame(PING, 0, payload))
                while True:
                    kind, flags, content = read_frame(reader)
                    self.assertNotIn(kind, (None, GOAWAY), content)
                    if kind == PING and flags & ACK:
                        self.assertEqual(payload, content)
                        answered += 1
                        break
                time.sleep(5.1)
            self.assertEqual(5, answered)


if __name__ == "__main__":
    main()
