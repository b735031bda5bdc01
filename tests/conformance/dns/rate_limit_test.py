#!/usr/bin/env python3
"""Response rate limiting, from public addresses in a network of the test's own."""

import itertools
import math
import socket
import time
import unittest

from dns_case import AA, COOKIE, TC, TIMEOUT_SECONDS, Registry, Response, exchange_tcp, opt, option, query
from support import own_network
from support.server import ServerTestCase

SERVER = "198.51.100.1"
CLIENT, NEIGHBOUR, ELSEWHERE, EXEMPT = "203.0.113.5", "203.0.113.200", "192.0.2.9", "192.0.2.129"
PRIVATE = ("10.1.2.3", "172.20.0.1", "192.168.7.7", "169.254.3.3", "127.0.0.2")
SERVER6, CLIENT6, NEIGHBOUR6, ELSEWHERE6, PRIVATE6 = (
    "2001:db8:1::1", "2001:db8:2::5", "2001:db8:2:ff::6", "2001:db8:2:100::7", "fd00:1::1",
)
RATE = 5
BURST = 100
MARKS = 40


@unittest.skipUnless(own_network.entered(), "no network namespace may be made here")
class RateLimiting(ServerTestCase):
    """Several workers would limit each on its own, so there is one."""

    def start(self, *flags, listen="0.0.0.0:0", rate=RATE):
        server = self.start_server(
            "--store", "memory", "--dns-workers", "1", "--rrl-rate", str(rate), "--dns-listen", listen, *flags
        )
        registry = Registry(server)
        self.addCleanup(registry.close)
        namespace = registry.namespace("sd.test")
        for name in ("web", "api"):
            registry.addresses(registry.service(namespace, name, {"A": 60}), 3)
        registry.namespace("other.test")
        for i in range(MARKS):
            registry.instance(registry.service(namespace, f"mark{i}", {"A": 60}), "i", ipv4="192.0.2.77")
        self.marks = itertools.count()
        self.port = server.dns[1]
        return server

    def burst(self, packets, client=CLIENT, target=SERVER):
        """(whole answers, truncated ones, dropped ones, seconds that it touched) of packets sent at once.

        Behind them goes a query that no limit meets, since nobody has asked it before; one worker answers
        in the order of arrival, so what came before that answer is all that comes.
        """
        family = socket.AF_INET6 if ":" in client else socket.AF_INET
        mark = query(f"mark{next(self.marks)}.sd.test", message_id=0xFFFF)
        whole = truncated = 0
        # The server's clock may be a tick behind.
        begin = math.floor(time.time() - 0.05)
        with socket.socket(family, socket.SOCK_DGRAM) as udp:
            udp.settimeout(TIMEOUT_SECONDS)
            udp.bind((client, 0))
            udp.connect((target, self.port))
            for packet in [*packets, mark]:
                udp.send(packet)
            while True:
                wire = udp.recv(65535)
                if wire[:2] == mark[:2]:
                    break
                response = Response(wire)
                if response.flags & TC:
                    self.assertEqual(([], [], []), (response.answer, response.authority, response.additional))
                    truncated += 1
                else:
                    whole += 1
        seconds = math.floor(time.time()) - begin + 1
        return whole, truncated, len(packets) - whole - truncated, seconds

    def assert_limited(self, counts, rate=RATE, slip=2):
        """What comes beyond the rate of each second is truncated every `slip` times, else dropped."""
        whole, truncated, dropped, seconds = counts
        excess = truncated + dropped
        self.assertGreaterEqual(whole, rate)
        self.assertLessEqual(whole, rate * seconds)
        if slip == 0:
            self.assertEqual(0, truncated)
        else:
            self.assertLessEqual(truncated, excess // slip)
            self.assertGreaterEqual(truncated, excess // slip - seconds)

    def assert_unlimited(self, counts, sent=BURST):
        self.assertEqual((sent, 0, 0), counts[:3])

    WEB = [query("web.sd.test", message_id=i) for i in range(BURST)]

    def test_cloudmap_beyond_the_rate_every_second_answer_is_truncated_and_the_others_dropped(self):
        self.start()
        self.assert_limited(self.burst(self.WEB))

    def test_cloudmap_rrl_slip_says_how_many_are_truncated(self):
        for slip in (0, 1, 3):
            with self.subTest(slip=slip):
                self.start("--rrl-slip", str(slip))
                self.assert_limited(self.burst(self.WEB), slip=slip)

    def test_cloudmap_rrl_rate_0_limits_nothing(self):
        self.start(rate=0)
        self.assert_unlimited(self.burst(self.WEB))

    def test_cloudmap_the_default_rate_does_not_meet_a_hundred_queries(self):
        self.start(rate=1000)
        self.assert_unlimited(self.burst(self.WEB))

    def test_cloudmap_truncated_answers_lead_to_tcp_which_is_not_limited(self):
        self.start("--rrl-slip", "1")
        whole, truncated, dropped, _ = self.burst(self.WEB)
        self.assertEqual((BURST, 0), (whole + truncated, dropped))
        with socket.create_connection((SERVER, self.port), TIMEOUT_SECONDS, (CLIENT, 0)) as stream:
            for wire in exchange_tcp(stream, self.WEB):
                response = Response(wire)
                self.assertEqual((3, AA, 0), (len(response.answer), response.flags & AA, response.flags & TC))

    def test_cloudmap_loopback_private_and_exempt_clients_are_not_limited(self):
        self.start("--rrl-exempt", "192.0.2.128/25", "--rrl-exempt", "203.0.113.200")
        for client in (*PRIVATE, EXEMPT, NEIGHBOUR):
            with self.subTest(client):
                self.assert_unlimited(self.burst(self.WEB, client))
        for client in (CLIENT, ELSEWHERE):
            with self.subTest(client):
                self.assert_limited(self.burst(self.WEB, client))

    def test_cloudmap_a_24_is_limited_as_one_and_others_apart_from_it(self):
        self.start()
        self.assert_limited(self.burst(self.WEB))
        # What the first took of this second's rate, the second lacks.
        begin = math.floor(time.time() - 0.05)
        whole = self.burst(self.WEB)[0] + self.burst(self.WEB, NEIGHBOUR)[0]
        self.assertLessEqual(whole, RATE * (math.floor(time.time()) - begin + 1))
        self.assert_limited(self.burst(self.WEB, ELSEWHERE))

    def test_cloudmap_different_answers_are_counted_apart(self):
        self.start()
        self.assert_limited(self.burst(self.WEB))
        for name, record_type in (("api.sd.test", "A"), ("sd.test", "SOA"), ("sd.test", "NS")):
            self.assert_limited(self.burst([query(name, record_type, message_id=i) for i in range(BURST)]))

    def test_cloudmap_negative_answers_and_refusals_are_counted_together_whatever_the_names(self):
        self.start()
        self.assert_limited(self.burst([query(f"n{i}.sd.test", message_id=i) for i in range(BURST)]))
        self.assert_limited(self.burst([query(f"n{i}.other.test", message_id=i) for i in range(BURST)]))
        self.assert_limited(self.burst([query(f"n{i}.example.com", message_id=i) for i in range(BURST)]))

    def test_cloudmap_malformed_queries_are_limited_too(self):
        self.start()
        self.assert_limited(self.burst([packet + b"\0" for packet in self.WEB]))

    def test_rfc7873_s6_1_clients_with_a_valid_cookie_are_not_limited(self):
        self.start()
        client_cookie = b"12345678"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(TIMEOUT_SECONDS)
            udp.bind((CLIENT, 0))
            udp.connect((SERVER, self.port))
            udp.send(query("mark39.sd.test", edns=opt(option(COOKIE, client_cookie))))
            cookie = Response(udp.recv(65535)).options(COOKIE)[0]

        def with_cookie(value, name="web.sd.test", record_type="A"):
            edns = opt(option(COOKIE, value))
            return [query(name, record_type, edns=edns, message_id=i) for i in range(BURST)]

        self.assert_unlimited(self.burst(with_cookie(cookie)))
        # One without a server part, a forged one, and one of another address say nothing.
        self.assert_limited(self.burst(with_cookie(client_cookie)))
        forged = cookie[:-1] + bytes([cookie[-1] ^ 1])
        self.assert_limited(self.burst(with_cookie(forged, "api.sd.test")))
        self.assert_limited(self.burst(with_cookie(cookie), ELSEWHERE))

    def test_cloudmap_a_listener_on_loopback_limits_nobody(self):
        self.start(listen="127.0.0.1:0")
        self.assert_unlimited(self.burst(self.WEB, "127.0.0.2", "127.0.0.1"))

    def test_cloudmap_ipv6_is_limited_by_56_and_private_ranges_are_not(self):
        self.start(listen="[::]:0")
        self.assert_limited(self.burst(self.WEB, CLIENT6, SERVER6))
        begin = math.floor(time.time() - 0.05)
        whole = self.burst(self.WEB, CLIENT6, SERVER6)[0] + self.burst(self.WEB, NEIGHBOUR6, SERVER6)[0]
        self.assertLessEqual(whole, RATE * (math.floor(time.time()) - begin + 1))
        self.assert_limited(self.burst(self.WEB, ELSEWHERE6, SERVER6))
        for client in (PRIVATE6, "::1"):
            self.assert_unlimited(self.burst(self.WEB, client, SERVER6))


if __name__ == "__main__":
    V4 = (SERVER, CLIENT, NEIGHBOUR, ELSEWHERE, EXEMPT, *PRIVATE[:-1])
    V6 = (SERVER6, CLIENT6, NEIGHBOUR6, ELSEWHERE6, PRIVATE6)
    own_network.main((*V4, *V6))
