#!/usr/bin/env python3
"""A zone's NS RRset leads to this server, as real resolvers follow it: RFC 2181 s5.4.1 ranks what a zone
says of itself above what its parent says, so a wrong one takes the zone away once somebody asks for it."""

import pathlib
import shutil
import socket
import tempfile
import time
import unittest

import dns.message
import dns.query
import dns.rdatatype
from dns_case import Registry
from support import dns_programs
from support.loopback import own_address
from support.server import ServerTestCase, main

START_SECONDS = 60
PARENT = """\
example.com. 3600 SOA ns.example.com. hostmaster.example.com. 1 7200 900 1209600 60
example.com. 3600 NS ns.example.com.
ns.example.com. 3600 A {parent}
pub.example.com. 3600 NS cloudmapd-ns.pub.example.com.
cloudmapd-ns.pub.example.com. 3600 A {server}
"""
# NS records name no port, so resolvers come to 53.
PORT = 53

# A static stub's servers are asked in place of what NS records say, but zones below it are found by theirs.
BIND_STATIC_STUBS = """
zone "example.com" {{ type static-stub; server-addresses {{ {parent}; }}; }};
zone "sd.local" {{ type static-stub; server-addresses {{ {server}; }}; }};
zone "prod.sd.local" {{ type static-stub; server-addresses {{ {server}; }}; }};
"""
# A stub takes the zone's NS records from its primary and from then on believes them alone.
BIND_STUBS = """
zone "example.com" {{ type stub; primaries {{ {parent}; }}; }};
zone "sd.local" {{ type stub; primaries {{ {server}; }}; }};
"""
UNBOUND_ZONES = """
stub-zone:
  name: "example.com"
  stub-addr: {parent}
stub-zone:
  name: "sd.local"
  stub-addr: {server}
  stub-prime: yes
stub-zone:
  name: "prod.sd.local"
  stub-addr: {server}
  stub-prime: yes
"""


def free_port():
    """A port of 127.0.0.1 that is free for UDP and TCP."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A DNS program with a directory of its own, until stop()."""

    def __init__(self, name, address, zones, files=(), port=PORT):
        self.folder = tempfile.mkdtemp(prefix=f"cloudmapd-test-{name}-")
        for file, text in files:
            pathlib.Path(self.folder, file).write_text(text)
        self.address, self.port = address, port
        conf = dns_programs.SERVER[name].format(address=address, port=port, folder=self.folder)
        self.process = dns_programs.start(name, self.folder, conf + zones)

    def ask(self, name, kind):
        return dns.query.udp(dns.message.make_query(name, kind), self.address, 20, self.port)

    def wait(self, name):
        """Until it answers at all."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return dns.query.udp(dns.message.make_query(name, "SOA"), self.address, 1, self.port)
            except (OSError, dns.exception.DNSException):
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError(dns_programs.log_tail(self.folder)) from None
                time.sleep(0.05)

    def stop(self):
        dns_programs.stop(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


class NameServers:
    """The tests, for each resolver."""

    resolver_name = None
    zones = None

    @classmethod
    def setUpClass(cls):
        if not all(dns_programs.find(name) for name in ("nsd", cls.resolver_name)):
            raise unittest.SkipTest(f"needs nsd and {cls.resolver_name}")
        server, parent = own_address(0), own_address(1)
        cls.server = cls.start_class_server("--store", "memory", "--dns-listen", f"{server}:{PORT}")
        cls.registry = Registry(cls.server)
        cls.addClassCleanup(cls.registry.close)
        for zone, kind in (("pub.example.com", "PublicDns"), ("sd.local", "PrivateDns"), ("prod.sd.local", "PrivateDns")):
            namespace = cls.registry.namespace(zone, kind=kind)
            for number in range(3):
                service = cls.registry.service(namespace, f"web{number}", {"A": 60})
                cls.registry.instance(service, "i-1", ipv4=f"192.0.2.{number}")
        text = PARENT.format(parent=parent, server=server)
        nsd_zone = 'zone:\n  name: "example.com"\n  zonefile: "example.com.zone"\n'
        authority = Program("nsd", parent, nsd_zone, [("example.com.zone", text)])
        cls.addClassCleanup(authority.stop)
        authority.wait("example.com")
        # BIND listens on addresses that interfaces have, of which loopback has this one.
        zones = cls.zones.format(parent=parent, server=server)
        cls.resolver = Program(cls.resolver_name, "127.0.0.1", zones, port=free_port())
        cls.addClassCleanup(cls.resolver.stop)
        cls.resolver.wait("example.com")

    def check(self, zone):
        """Names resolve before and after somebody has asked for the zone's NS."""
        for step in range(3):
            if step == 1:
                answer = self.resolver.ask(zone, "NS")
                self.assertEqual(0, answer.rcode(), dns_programs.log_tail(self.resolver.folder))
                names = [str(rr.target) for rrset in answer.answer for rr in rrset]
                self.assertEqual([f"cloudmapd-ns.{zone}."], names)
            answer = self.resolver.ask(f"web{step}.{zone}", "A")
            values = [str(rr) for rrset in answer.answer for rr in rrset]
            self.assertEqual((0, [f"192.0.2.{step}"]), (answer.rcode(), values), f"{zone}, step {step}")
            self.assertEqual(3, self.resolver.ask(f"missing{step}.{zone}", "A").rcode())

    def test_a_delegated_public_zone_stays_reachable(self):
        self.check("pub.example.com")

    def test_a_private_zone_and_the_one_below_it_stay_reachable(self):
        self.check("sd.local")
        self.check("prod.sd.local")
        self.check("sd.local")


class BindWithStaticStubs(NameServers, ServerTestCase):
    resolver_name = "bind"
    zones = BIND_STATIC_STUBS


class BindWithStubs(NameServers, ServerTestCase):
    resolver_name = "bind"
    zones = BIND_STUBS


class Unbound(NameServers, ServerTestCase):
    resolver_name = "unbound"
    zones = UNBOUND_ZONES


if __name__ == "__main__":
    main()
