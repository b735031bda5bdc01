#!/usr/bin/env python3
"""kill -9 in the middle of a storm of writes: what was acknowledged is there and resolves."""

import http.client
import pathlib
import random
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import aws, dns_queries
from support.server import ServerTestCase, main

ROUNDS = 50
WRITERS = 4
# The kill comes after this many acknowledgements, drawn anew in each round.
ACKNOWLEDGED_MIN, ACKNOWLEDGED_MAX = 20, 150
ZONE = "web.storm.test"


class Writer(threading.Thread):
    """Registers, moves and deregisters instances of its own until the server dies.

    `state` maps an instance to its acknowledged address (None: gone); `doubtful` is the write that
    had no answer when the server died, as (instance, address).
    """

    def __init__(self, storm, number):
        super().__init__()
        self.storm = storm
        self.random = random.Random(f"{storm.seed}/{storm.round}/{number}")
        self.prefix = f"i-{storm.round}-{number}"
        self.state = {}
        self.doubtful = None
        self.failure = None

    def run(self):
        endpoint = aws.Endpoint(self.storm.server)
        try:
            while True:
                self.write(endpoint)
                self.storm.acknowledge()
        except (OSError, http.client.HTTPException, ValueError):
            pass  # the server is gone
        except AssertionError as error:
            self.failure = error
        finally:
            endpoint.close()
            self.storm.enough.set()

    def write(self, endpoint):
        here = [name for name, address in self.state.items() if address]
        members = {"ServiceId": self.storm.service}
        if here and self.random.random() < 0.2:
            instance, address = self.random.choice(here), None
            operation = "DeregisterInstance"
        else:
            again = here and self.random.random() < 0.2
            instance = self.random.choice(here) if again else f"{self.prefix}-{len(self.state)}"
            address = "10." + ".".join(str(self.random.randrange(256)) for _ in range(3))
            operation = "RegisterInstance"
            members["Attributes"] = {"AWS_INSTANCE_IPV4": address, "AWS_INSTANCE_PORT": "80"}
        self.doubtful = (instance, address)
        endpoint.call(operation, InstanceId=instance, **members)
        self.state[instance], self.doubtful = address, None


class Storm:
    def __init__(self, server, service, seed, number):
        self.server, self.service, self.seed, self.round = server, service, seed, number
        self.enough = threading.Event()
        self._lock = threading.Lock()
        self._left = random.Random(f"{seed}/{number}").randint(ACKNOWLEDGED_MIN, ACKNOWLEDGED_MAX)

    def acknowledge(self):
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self.enough.set()

    def blow(self):
        """The writers after the server was killed under them."""
        writers = [Writer(self, number) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        self.enough.wait(60)
        self.server.kill()
        for writer in writers:
            writer.join(60)
        return writers


class Durability(ServerTestCase):
    def test_acknowledged_writes_survive_kill_9_in_50_storms(self):
        seed = random.randrange(2**32)
        print(f"\nseed {seed}")
        server = self.start_server()
        service = self.make_service(server)
        expected = {}
        for number in range(ROUNDS):
            storm = Storm(server, service, seed, number)
            writers = storm.blow()
            server.start()
            for writer in writers:
                self.assertIsNone(writer.failure)
                self.check_round(server, writer, expected)
        self.check_all(server, service, expected)
        print(f"{len(expected)} instances of {ROUNDS} storms are as acknowledged")

    def make_service(self, server):
        """A service with SRV records, so that each instance has a name of its own."""
        endpoint = aws.Endpoint(server)
        started = endpoint.call("CreatePrivateDnsNamespace", Name="storm.test", Vpc="vpc-1234abcd")
        operation = endpoint.call("GetOperation", OperationId=started["OperationId"])["Operation"]
        service = endpoint.call(
            "CreateService",
            Name="web",
            NamespaceId=operation["Targets"]["NAMESPACE"],
            DnsConfig={"DnsRecords": [{"Type": "SRV", "TTL": 10}]},
        )
        endpoint.close()
        return service["Service"]["Id"]

    def check_round(self, server, writer, expected):
        """Each instance of the writer has one of the addresses that it may have."""
        may_be = {name: {address} for name, address in writer.state.items()}
        if writer.doubtful:
            name, address = writer.doubtful
            may_be.setdefault(name, {None}).add(address)
        udp = dns_queries.UdpClient(server)
        answers = udp.ask_all(f"{name}.{ZONE}." for name in may_be)
        udp.close()
        for name, addresses in may_be.items():
            answer = answers[f"{name}.{ZONE}."]
            found = answer[0] if answer else None
            self.assertIn(found, addresses, f"{name} after the storm of round {name.split('-')[1]}")
            expected[name] = found

    def check_all(self, server, service, expected):
        """After all rounds the API lists exactly what DNS answers."""
        client = aws.boto3_client(server)
        pages = client.get_paginator("list_instances").paginate(ServiceId=service)
        listed = {
            i["Id"]: i["Attributes"]["AWS_INSTANCE_IPV4"]
            for page in pages
            for i in page["Instances"]
        }
        client.close()
        self.assertEqual({name: address for name, address in expected.items() if address}, listed)


if __name__ == "__main__":
    main()
