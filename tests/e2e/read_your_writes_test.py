#!/usr/bin/env python3
"""Write, then ask DNS at once, 20,000 times: the answer is never the one before."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import aws, dns_queries
from support.server import ServerTestCase, main

WRITES = 20_000
# Several source ports, so that the kernel spreads the questions over all DNS workers.
SOCKETS = 8
NAME = "web.fresh.test."


class ReadYourWrites(ServerTestCase):
    def test_20000_writes_are_each_seen_by_the_next_query(self):
        server = self.start_server("--dns-workers", "2")
        endpoint = aws.Endpoint(server)
        self.addCleanup(endpoint.close)
        service = self.make_service(endpoint)
        clients = [dns_queries.UdpClient(server) for _ in range(SOCKETS)]
        for client in clients:
            self.addCleanup(client.close)
        for number in range(WRITES):
            expected = self.write(endpoint, service, number)
            answer = clients[number % SOCKETS].ask_all([NAME])[NAME]
            self.assertEqual(expected, answer, f"after write {number}")
            if number % 100 == 0:
                self.assertEqual(expected or [], dns_queries.values(server, NAME, tcp=True))

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
        if number % 10 == 9:
            endpoint.call("DeregisterInstance", ServiceId=service, InstanceId="i")
            return None
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        attributes = {"AWS_INSTANCE_IPV4": address}
        endpoint.call("RegisterInstance", ServiceId=service, InstanceId="i", Attributes=attributes)
        return [address]


if __name__ == "__main__":
    main()
