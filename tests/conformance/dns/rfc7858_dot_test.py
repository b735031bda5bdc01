#!/usr/bin/env python3
"""DNS over TLS (RFC 7858) and padding (RFC 7830, RFC 8467), with kdig and dnspython as clients."""

import re
import shutil
import signal
import socket
import ssl
import struct
import tempfile
import time
import unittest
import warnings

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode

from dns_case import (
    COOKIE, KEEPALIVE, PADDING, TC, TIMEOUT_SECONDS, UDP_PAYLOAD, Registry, Response, exchange_tcp, opt, option, query,
    read_frame,
)
from support import programs
from support.certificate import Certificate
from support.loopback import own_address
from support.server import ServerTestCase, main

BLOCK = 468  # RFC 8467 s4.1: what servers pad to
NAME = "dns.sd.test"


class DotTestCase(ServerTestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="cloudmapd-test-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.certificate = Certificate(folder, NAME, own_address())
        cls.server = cls.start_class_server(
            "--store", "memory", "--dot-listen", f"{own_address()}:0", "--allow-transfer", own_address(),
            *cls.certificate.flags,
        )
        registry = Registry(cls.server, tls=cls.certificate.client())
        cls.addClassCleanup(registry.close)
        cls.namespace = registry.namespace("sd.test")
        registry.addresses(registry.service(cls.namespace, "web", {"A": 60}), 3)
        many = registry.service(cls.namespace, "many", {"SRV": 5})
        for i in range(8):
            registry.instance(many, f"{i}".ljust(60, "x"), ipv4=f"192.0.2.{i}", ipv6=f"2001:db8::{i}", port=80)
        registry.instance(registry.service(cls.namespace, "alias", {"CNAME": 5}, "WEIGHTED"), "i", cname="web.sd.test")

    def tls(self, **options):
        """A connection over TLS that ends with the test."""
        stream = socket.create_connection(self.server.dot, TIMEOUT_SECONDS)
        context = self.certificate.client()
        for name, value in options.items():
            setattr(context, name, value)
        secure = context.wrap_socket(stream, server_hostname=NAME)
        self.addCleanup(secure.close)
        return secure

    def ask(self, name, record_type="A", stream=None, edns=None):
        return Response(exchange_tcp(stream or self.tls(), [query(name, record_type, edns=edns)])[0])


class Kdig(DotTestCase):
    @classmethod
    def setUpClass(cls):
        if shutil.which("kdig") is None:
            raise unittest.SkipTest("kdig is not installed")
        super().setUpClass()

    def kdig(self, *words):
        address, port = self.server.dot
        trust = [f"+tls-ca={self.certificate.cert}", f"+tls-hostname={NAME}"]
        command = ["kdig", f"@{address}", "-p", port, "+norec", "+retry=0", f"+time={TIMEOUT_SECONDS}", "+tls"]
        return programs.run([*command, *trust, *words])

    def test_rfc7858_kdig_is_answered_over_a_session_whose_certificate_it_checks(self):
        printed = self.kdig("web.sd.test", "A", "+noall", "+answer")
        self.assertEqual(["192.0.2.1", "192.0.2.2", "192.0.2.3"], sorted(re.findall(r"\sA\s+(\S+)", printed)))
        self.assertRegex(self.kdig("web.sd.test", "A"), r"TLS session \(TLS1\.[23]\)")

    def test_rfc7858_kdig_refuses_a_server_of_another_name(self):
        with self.assertRaises(programs.Failed):
            self.kdig("web.sd.test", "A", "+tls-hostname=other.test")

    def test_rfc8467_kdig_gets_padding_when_it_pads(self):
        for name in ("web.sd.test", "no.sd.test", "example.com"):
            printed = self.kdig(name, "A", "+padding")
            self.assertIn("PADDING", printed)
            size = int(re.search(r"Received (\d+) B", printed)[1])
            self.assertEqual(0, size % BLOCK, printed)
        self.assertNotIn("PADDING", self.kdig("web.sd.test", "A", "+nopadding", "+edns"))

    def test_rfc7858_kdig_keeps_a_connection_open_for_several_queries(self):
        words = ["+keepopen", "web.sd.test", "A", "no.sd.test", "A", "sd.test", "SOA", "many.sd.test", "SRV"]
        self.assertEqual(
            ["NOERROR", "NXDOMAIN", "NOERROR", "NOERROR"], re.findall(r"status: (\w+)", self.kdig(*words))
        )


class Dot(DotTestCase):
    def test_rfc7858_dnspython_is_answered_over_a_session_whose_certificate_it_checks(self):
        address, port = self.server.dot
        message = dns.message.make_query("web.sd.test", "A")
        response = dns.query.tls(
            message, address, TIMEOUT_SECONDS, port, ssl_context=self.certificate.client(), server_hostname=NAME
        )
        self.assertEqual(3, len(response.answer[0]))

    def test_rfc8310_a_client_that_trusts_another_authority_does_not_get_a_session(self):
        with socket.create_connection(self.server.dot, TIMEOUT_SECONDS) as stream:
            with self.assertRaises(ssl.SSLCertVerificationError):
                ssl.create_default_context().wrap_socket(stream, server_hostname=NAME)
        self.assertEqual("NOERROR", self.ask("web.sd.test").rcode)

    def test_rfc8310_s9_tls_before_1_2_is_refused(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection(self.server.dot, TIMEOUT_SECONDS) as stream:
            with self.assertRaises((ssl.SSLError, ConnectionResetError)):
                context.wrap_socket(stream, server_hostname=NAME)

    def test_rfc7858_s3_3_both_tls_versions_are_spoken(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            stream = self.tls(minimum_version=version, maximum_version=version)
            self.assertEqual("NOERROR", self.ask("web.sd.test", stream=stream).rcode)

    def test_rfc7858_s3_3_pipelined_queries_of_one_session_are_all_answered(self):
        count = 500
        packets = [query(f"n{i}.sd.test" if i % 2 else "web.sd.test", message_id=i) for i in range(count)]
        responses = [Response(wire) for wire in exchange_tcp(self.tls(), packets)]
        rcodes = {response.message.id: response.rcode for response in responses}
        self.assertEqual({i: "NXDOMAIN" if i % 2 else "NOERROR" for i in range(count)}, rcodes)

    def test_rfc7858_a_query_in_single_bytes_is_answered(self):
        stream = self.tls()
        packet = query("web.sd.test")
        for byte in struct.pack("!H", len(packet)) + packet:
            stream.sendall(bytes([byte]))
        self.assertEqual(3, len(Response(read_frame(stream)).answer))

    def test_rfc7858_same_answers_as_over_tcp_and_never_truncated(self):
        for name, record_type in (("web.sd.test", "A"), ("many.sd.test", "SRV"), ("alias.sd.test", "A"),
                                  ("no.sd.test", "A"), ("web.sd.test", "MX"), ("sd.test", "SOA"), ("example.com", "A")):
            with self.subTest(name, type=record_type):
                packet = query(name, record_type, edns=opt(payload=512))
                with socket.create_connection(self.server.dns, TIMEOUT_SECONDS) as stream:
                    tcp = Response(exchange_tcp(stream, [packet])[0])
                tls = self.ask(name, record_type, edns=opt(payload=512))
                self.assertEqual(
                    (tcp.flags, sorted(tcp.answer), tcp.authority, sorted(tcp.additional)),
                    (tls.flags, sorted(tls.answer), tls.authority, sorted(tls.additional)),
                )
                self.assertFalse(tls.flags & TC)

    def test_rfc8467_s4_1_answers_to_padded_queries_are_multiples_of_468_bytes(self):
        stream = self.tls()
        sizes = set()
        for name, record_type in (("web.sd.test", "A"), ("many.sd.test", "SRV"), ("no.sd.test", "A"),
                                  ("example.com", "A"), ("sd.test", "ANY"), ("web.sd.test", "OPT")):
            for others in ((), (option(COOKIE, b"12345678"),), (option(KEEPALIVE), option(COOKIE, b"12345678"))):
                for value in (b"", b"\0" * 77):
                    with self.subTest(name, type=record_type, others=len(others), padding=len(value)):
                        response = self.ask(name, record_type, stream, opt(*others, option(PADDING, value)))
                        self.assertEqual(1, len(response.options(PADDING)))
                        self.assertEqual(0, len(response.wire) % BLOCK)
                        self.assertEqual(set(), set(response.options(PADDING)[0]) - {0})
                        sizes.add(len(response.wire))
        self.assertIn(BLOCK, sizes)
        self.assertGreater(len(sizes), 1, "some answer is longer than one block")

    def test_rfc7830_s4_answers_to_queries_without_padding_have_none(self):
        stream = self.tls()
        for edns in (None, opt(), opt(option(COOKIE, b"12345678"))):
            for name in ("web.sd.test", "no.sd.test", "example.com"):
                response = self.ask(name, stream=stream, edns=edns)
                self.assertEqual([], response.options(PADDING))
                self.assertLess(len(response.wire), BLOCK)

    def test_rfc7858_keepalive_is_told_and_the_payload_is_that_of_udp(self):
        response = self.ask("web.sd.test", edns=opt(option(KEEPALIVE)))
        self.assertEqual([struct.pack("!H", 100)], response.options(KEEPALIVE))
        self.assertEqual(UDP_PAYLOAD, response.message.payload)

    def test_rfc9103_a_zone_is_transferred_over_tls(self):
        stream = socket.create_connection(self.server.dot, TIMEOUT_SECONDS, (own_address(), 0))
        secure = self.certificate.client().wrap_socket(stream, server_hostname=NAME)
        self.addCleanup(secure.close)
        records = Response(exchange_tcp(secure, [query("sd.test", "AXFR")])[0]).answer
        self.assertEqual(records[0], records[-1])
        # SOA, NS and its address, three addresses, eight SRV with two addresses each, a CNAME, SOA.
        self.assertEqual(1 + 2 + 3 + 8 * 3 + 1 + 1, len(records))

    def test_rfc7858_s3_1_clear_text_on_the_tls_port_is_closed_without_an_answer(self):
        packet = query("web.sd.test")
        for sent in (struct.pack("!H", len(packet)) + packet, packet, b"GET / HTTP/1.1\r\n\r\n", b"\0" * 600):
            with self.subTest(sent=sent[:4]), socket.create_connection(self.server.dot, TIMEOUT_SECONDS) as stream:
                stream.sendall(sent)
                received = b""
                try:
                    while piece := stream.recv(65536):
                        received += piece
                except ConnectionResetError:
                    pass
                # At most a TLS alert (content type 21).
                self.assertLess(len(received), 12)
                self.assertIn(received[:1], (b"", b"\x15"))
        self.assertEqual("NOERROR", self.ask("web.sd.test").rcode)

    def test_rfc7858_s3_1_no_datagram_is_answered_on_the_tls_port(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(TIMEOUT_SECONDS)
            udp.connect(self.server.dot)
            with self.assertRaises(ConnectionRefusedError):
                udp.send(query("web.sd.test"))
                udp.recv(65535)

    def test_rfc7858_sessions_that_never_begin_do_not_keep_others_from_theirs(self):
        for _ in range(100):
            stream = socket.create_connection(self.server.dot, TIMEOUT_SECONDS)
            self.addCleanup(stream.close)
            stream.sendall(b"\x16\x03\x01")
        for _ in range(5):
            self.assertEqual("NOERROR", self.ask("web.sd.test").rcode)


class RenewedCertificate(ServerTestCase):
    def test_cloudmap_sighup_gives_new_sessions_the_new_certificate_and_keeps_the_old_ones(self):
        folder = tempfile.mkdtemp(prefix="cloudmapd-test-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        old = Certificate(folder, NAME, own_address())
        trusts_old = old.client()
        server = self.start_server("--store", "memory", "--dot-listen", f"{own_address()}:0", *old.flags)

        def session(context):
            stream = socket.create_connection(server.dot, TIMEOUT_SECONDS)
            self.addCleanup(stream.close)
            return context.wrap_socket(stream, server_hostname=NAME)

        with session(trusts_old) as open_session:
            trusts_new = Certificate(folder, NAME, own_address()).client()
            server.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 60
            while True:
                try:
                    session(trusts_new).close()
                    break
                except ssl.SSLCertVerificationError:
                    self.assertLess(time.monotonic(), deadline)
            with self.assertRaises(ssl.SSLCertVerificationError):
                session(trusts_old)
            answer = exchange_tcp(open_session, [query("sd.test", "SOA")])[0]
            self.assertEqual("REFUSED", Response(answer).rcode)


if __name__ == "__main__":
    main()
