#!/usr/bin/env python3
"""--endpoint-name: the server's own names, for SDKs that put `data-` before them."""

import pathlib
import socket
import sys
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import boto3
import botocore.config
from support import aws, dns_queries, programs
from support.loopback import own_address
from support.server import ServerTestCase, main

NAME = "cloudmap.internal"
DATA_NAME = "data-" + NAME


def interface_addresses():
    """All of this host but loopback and link-local ones; loopback if there is nothing else."""
    found = set(programs.run(["hostname", "-I"]).split())
    return found or {"127.0.0.1", "::1"}


class EndpointName(ServerTestCase):
    def start(self, *flags):
        return self.start_server("--store", "memory", "--endpoint-name", NAME, *flags)

    def test_cloudmap_both_names_have_the_address_of_the_aws_endpoint(self):
        server = self.start()
        for name in (NAME, DATA_NAME, NAME.upper()):
            self.assertEqual([own_address()], programs.dig(server, name, "A"))
            self.assertEqual([own_address()], programs.dig(server, name, "A", "+tcp"))
            self.assertEqual([], programs.dig(server, name, "AAAA"))
            self.assertEqual("NOERROR", dns_queries.rcode(server, name, "AAAA"))

    def test_cloudmap_ipv6_endpoint_has_ipv6_addresses(self):
        server = self.start("--http-listen", "[::1]:0")
        for name in (NAME, DATA_NAME):
            self.assertEqual([], programs.dig(server, name, "A"))
            self.assertEqual(["::1"], programs.dig(server, name, "AAAA"))

    def test_cloudmap_wildcard_endpoint_has_the_addresses_of_this_host_and_each_takes_connections(self):
        wanted = interface_addresses()
        v4 = {address for address in wanted if ":" not in address}
        v6 = (wanted - v4) or {"::1"}
        for listen, expected in ((["0.0.0.0:0"], v4), (["[::]:0"], v6), (["0.0.0.0:0", "[::]:0"], v4 | v6)):
            with self.subTest(listen):
                flags = [word for address in listen for word in ("--http-listen", address)]
                server = self.start("--insecure-listen", *flags)
                answered = set(programs.dig(server, DATA_NAME, "A")) | set(programs.dig(server, DATA_NAME, "AAAA"))
                self.assertEqual(expected, answered)
                bound = server.ready["http"] if len(listen) > 1 else [server.ready["http"]]
                ports = {address.rsplit(":", 1)[0]: int(address.rsplit(":", 1)[1]) for address in bound}
                for address in answered:
                    port = ports["[::]" if ":" in address else "0.0.0.0"]
                    socket.create_connection((address, port), 60).close()

    def test_cloudmap_endpoint_name_may_be_given_repeatedly(self):
        names = ("one.test", "two.test", "localhost")
        flags = [word for name in names for word in ("--endpoint-name", name)]
        server = self.start(*flags)
        for name in (NAME, *names):
            for prefix in ("", "data-"):
                self.assertEqual([own_address()], programs.dig(server, prefix + name))

    def test_cloudmap_names_beside_and_below_it_are_not_ours(self):
        server = self.start()
        self.assertEqual("NXDOMAIN", dns_queries.rcode(server, f"x.{NAME}"))
        for name in ("internal", "other.internal", "x" + NAME, "data-data-" + NAME):
            self.assertEqual("REFUSED", dns_queries.rcode(server, name))

    def test_cloudmap_there_are_no_such_names_without_the_option(self):
        server = self.start_server("--store", "memory")
        for name in (NAME, DATA_NAME):
            self.assertEqual("REFUSED", dns_queries.rcode(server, name))

    def test_cloudmap_namespaces_are_answered_beside_it(self):
        server = self.start()
        endpoint = aws.Endpoint(server)
        self.addCleanup(endpoint.close)
        for name in ("sd.local", "internal"):
            endpoint.call("CreatePrivateDnsNamespace", Name=name, Vpc="vpc-1")
            self.assertEqual("NOERROR", dns_queries.rcode(server, name, "SOA"))
        self.assertEqual([own_address()], programs.dig(server, DATA_NAME))
        self.assertEqual("NXDOMAIN", dns_queries.rcode(server, "other.internal"))

    def test_cloudmap_boto3_discovers_through_the_data_name_with_its_prefix_injected(self):
        server = self.start()
        asked = []
        genuine = socket.getaddrinfo

        def resolve(host, port, *arguments, **named):
            """As on a host whose resolver is this server."""
            name = host.decode() if isinstance(host, bytes) else host
            asked.append(name)
            (address,) = dns_queries.values(server, name)
            return genuine(address, port, *arguments, **named)

        with unittest.mock.patch("socket.getaddrinfo", resolve):
            client = boto3.client(
                "servicediscovery",
                endpoint_url=f"http://{NAME}:{server.http[1]}",
                region_name=aws.REGION,
                aws_access_key_id=aws.ACCESS_KEY,
                aws_secret_access_key=aws.SECRET_KEY,
                config=botocore.config.Config(retries={"total_max_attempts": 1}),
            )
            self.addCleanup(client.close)
            operation = aws.succeed(self, client, client.create_private_dns_namespace(Name="sd.local", Vpc="vpc-1"))
            service = client.create_service(
                Name="web",
                NamespaceId=operation["Targets"]["NAMESPACE"],
                DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 10}]},
            )["Service"]
            made = client.register_instance(
                ServiceId=service["Id"], InstanceId="i-1", Attributes={"AWS_INSTANCE_IPV4": "10.0.0.1"}
            )
            aws.succeed(self, client, made)
            found = client.discover_instances(NamespaceName="sd.local", ServiceName="web")["Instances"]
        self.assertEqual(["i-1"], [instance["InstanceId"] for instance in found])
        self.assertEqual({NAME, DATA_NAME}, set(asked))


if __name__ == "__main__":
    main()
