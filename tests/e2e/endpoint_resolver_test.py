#!/usr/bin/env python3
"""cloudmapd as the only resolver of a host: the AWS CLI, boto3 and curl find its --endpoint-name.

In a network of the test's own, where /etc/resolv.conf names the server.
"""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import aws, own_network, programs
from support.server import ServerTestCase

NAME = "cloudmap.internal"
RESOLVER = "127.0.0.53"
# As somebody who has never heard of the prefix.
ENVIRONMENT = {
    name: value for name, value in aws.CLI_ENVIRONMENT.items() if name != "AWS_DISABLE_HOST_PREFIX_INJECTION"
}
DISCOVER = """
import boto3, sys
client = boto3.client("servicediscovery", endpoint_url=sys.argv[1])
print([i["InstanceId"] for i in client.discover_instances(NamespaceName="sd.local", ServiceName="web")["Instances"]])
"""


@unittest.skipUnless(own_network.entered(), "no network namespace may be made here")
class Resolver(ServerTestCase):
    def setUp(self):
        self.server = self.start_server(
            "--store", "memory", "--dns-listen", f"{RESOLVER}:53", "--endpoint-name", NAME
        )
        endpoint = aws.Endpoint(self.server)
        self.addCleanup(endpoint.close)
        made = endpoint.call("CreatePrivateDnsNamespace", Name="sd.local", Vpc="vpc-1")
        namespace = endpoint.call("GetOperation", OperationId=made["OperationId"])["Operation"]["Targets"]["NAMESPACE"]
        config = {"DnsRecords": [{"Type": "A", "TTL": 10}]}
        service = endpoint.call("CreateService", Name="web", NamespaceId=namespace, DnsConfig=config)["Service"]
        endpoint.call(
            "RegisterInstance",
            ServiceId=service["Id"],
            InstanceId="i-1",
            Attributes={"AWS_INSTANCE_IPV4": self.server.http[0]},
        )
        self.url = f"http://{NAME}:{self.server.http[1]}"

    def test_cloudmap_aws_cli_discovers_by_the_endpoint_name(self):
        for version, path in programs.aws_programs():
            with self.subTest(version):
                words = ["--namespace-name", "sd.local", "--service-name", "web", "--output", "json"]
                printed = programs.run(
                    [path, "servicediscovery", "discover-instances", "--endpoint-url", self.url, *words], **ENVIRONMENT
                )
                self.assertEqual(["i-1"], [found["InstanceId"] for found in json.loads(printed)["Instances"]])

    def test_cloudmap_boto3_discovers_by_the_endpoint_name(self):
        printed = programs.run([sys.executable, "-c", DISCOVER, self.url], **ENVIRONMENT)
        self.assertEqual("['i-1']", printed.strip())

    def test_cloudmap_registered_names_are_reached_through_the_system_resolver(self):
        url = f"http://web.sd.local:{self.server.http[1]}/healthz"
        self.assertEqual("ok\n", programs.run(["curl", "--silent", "--show-error", "--fail", "--max-time", "30", url]))


if __name__ == "__main__":
    own_network.main(resolver=RESOLVER)
