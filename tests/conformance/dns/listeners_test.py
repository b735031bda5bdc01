#!/usr/bin/env python3
"""Where answers come from: the address that was asked (RFC 2181 s4), IPv4 and IPv6; and restarts."""

import socket
import struct

from dns_case import TIMEOUT_SECONDS, Registry, Response, exchange_tcp, query
from support.server import ServerTestCase, main


class Listeners(ServerTestCase):
    def ask_from(self, family, address):
        """Over UDP from an unconnected socket: the response and where it came from."""
        packet = query("example.com")
        with socket.socket(family, socket.SOCK_DGRAM) as udp:
            udp.settimeout(TIMEOUT_SECONDS)
            udp.sendto(packet, address)
            wire, sender = udp.recvfrom(65535)
        self.assertEqual("REFUSED", Response(wire).rcode)
        return sender

    def test_rfc2181_s4_1_a_wildcard_listener_answers_from_the_asked_address(self):
        server = self.start_server("--store", "memory", "--dns-listen", "0.0.0.0:0")
        port = server.dns[1]
        for address in ("127.0.0.1", "127.0.0.2", "127.9.9.9"):
            with self.subTest(address):
                self.assertEqual((address, port), self.ask_from(socket.AF_INET, (address, port)))
                with socket.create_connection((address, port), timeout=TIMEOUT_SECONDS) as stream:
                    self.assertEqual("REFUSED", Response(exchange_tcp(stream, [query("example.com")])[0]).rcode)

    def test_rfc3596_ipv6_is_listened_on(self):
        for listen in ("[::1]:0", "[::]:0"):
            with self.subTest(listen):
                server = self.start_server("--store", "memory", "--dns-listen", listen)
                port = server.dns[1]
                self.assertEqual(("::1", port), self.ask_from(socket.AF_INET6, ("::1", port))[:2])
                with socket.create_connection(("::1", port), timeout=TIMEOUT_SECONDS) as stream:
                    self.assertEqual("REFUSED", Response(exchange_tcp(stream, [query("example.com")])[0]).rcode)

    def test_cloudmap_several_addresses_are_listened_on(self):
        listen = ("127.0.0.1:0", "127.0.0.2:0", "[::1]:0")
        flags = [part for address in listen for part in ("--dns-listen", address)]
        server = self.start_server("--store", "memory", *flags)
        self.assertEqual(3, len(server.ready["dns"]))
        for address in server.ready["dns"]:
            host, port = address.rsplit(":", 1)
            family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
            host = host.strip("[]")
            self.assertEqual((host, int(port)), self.ask_from(family, (host, int(port)))[:2])

    def test_rfc9715_answers_may_not_be_fragmented(self):
        # 8 SRV records of 1,200 bytes fit one datagram, and no answer is longer than 1,232 bytes.
        server = self.start_server("--store", "memory")
        registry = Registry(server)
        self.addCleanup(registry.close)
        service = registry.service(registry.namespace("sd.test"), "big", {"SRV": 5})
        for i in range(8):
            registry.instance(service, f"{i}".ljust(63, "x"), ipv4=f"192.0.2.{i}", ipv6=f"2001:db8::{i}", port=80)
        opt = b"\0" + struct.pack("!2HIH", 41, 65535, 0, 0)
        packet = bytearray(query("big.sd.test", "SRV") + opt)
        packet[11] = 1
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(TIMEOUT_SECONDS)
            udp.sendto(packet, server.dns)
            wire = udp.recv(65535)
        self.assertLessEqual(len(wire), 1232)
        self.assertEqual(8, len(Response(wire).answer))

    def test_rfc1982_serials_do_not_go_back_over_a_restart(self):
        server = self.start_server()
        registry = Registry(server)
        service = registry.service(registry.namespace("sd.test"), "web", {"A": 60})
        registry.addresses(service, 5)
        registry.close()

        def serial():
            with socket.create_connection(server.dns, timeout=TIMEOUT_SECONDS) as stream:
                response = Response(exchange_tcp(stream, [query("sd.test", "SOA")])[0])
            return response.message.answer[0][0].serial

        before = serial()
        server.kill()
        server.start()
        self.assertGreaterEqual(serial(), before)


if __name__ == "__main__":
    main()
