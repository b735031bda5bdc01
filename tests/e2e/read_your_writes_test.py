#!/usr/bin/env python3
"""Write, then ask DNS at once, 20,000 times: the answer is never the one before."""

import pathlib
import socket
import sys

import dns.message
import dns.rcode

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import aws, dns_queries
from support.server import ServerTestCase, main

WRITES = 20_000
# Several source ports, so that the kernel spreads the questions over all DNS workers.
SOCKETS = 8
NAME = "web.fresh.test."


class AddressQuestion:
    """Asks one name for its address, with as little work of our own as can be."""

    def __init__(self, server, number):
        self._query = dns.message.make_query(NAME, "A", id=number).to_wire()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(dns_queries.TIMEOUT_SECONDS)
        self._socket.connect(server.dns)

    def ask(self):
        """The one address, or None for NXDOMAIN."""
        self._socket.send(self._query)
        response = self._socket.recv(512)
        rcode, answers = response[3] & 15, int.from_bytes(response[6:8], "big")
        if rcode == dns.rcode.NXDOMAIN:
            return None
        assert (response[:2], rcode, answers) == (self._query[:2], 0, 1), response
        return socket.inet_ntoa(response[-4:])

    def close(self):
        self._socket.close()


class ReadYourWrites(ServerTestCase):
    def test_20000_writes_are_each_seen_by_the_next_query(self):
        server = self.start_server("--dns-workers", "2")
        endpoint = aws.Endpoint(server)
        self.addCleanup(endpoint.close)
        service = self.make_service(endpoint)
        questions = [AddressQuestion(server, number) for number in range(SOCKETS)]
        for question in questions:
            self.addCleanup(question.close)
        for number in range(WRITES):
            expected = self.write(endpoint, service, number)
            self.assertEqual(expected, questions[number % SOCKETS].ask(), f"after write {number}")
            if number % 100 == 99:
                self.assertEqual([], dns_queries.values(server, NAME, tcp=True))
            elif number % 100 == 0:
                self.assertEqual([expected], dns_queries.values(server, NAME, tcp=True))

    def make_service(self, endpoint):
        started = endpoint.call("CreatePrivateDnsNamespace", Name="fresh.test", Vpc="vpc-1234abcd")
        operation = endpoint.call("GetOperation", OperationId=started["OperationId"])["Operation"]
        service = endpoint.call(
            "CreateService",
            Name="web",
            NamespaceId=operation["Targets"]["NAMESPACE"],
            DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 0}]},
        )
        return service["Service"]["Id"]

    def write(self, endpoint, service, number):
        """Moves the one instance to an address of its own; every tenth time takes it away."""
        members = {"ServiceId": service, "InstanceId": "i"}
        if number % 10 == 9:
            endpoint.call("DeregisterInstance", **members)
            return None
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        endpoint.call("RegisterInstance", Attributes={"AWS_INSTANCE_IPV4": address}, **members)
        return address


if __name__ == "__main__":
    main()
