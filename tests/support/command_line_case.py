"""One life of namespaces, a service and an instance that needs every subcommand of a command line.

`aws servicediscovery` and `cloudmapctl` take the same words, so both live it.
"""

import pathlib
import re

from support import programs
from support.server import ServerTestCase

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto/cloudmap/v1/service_discovery.proto"


def declared_subcommands():
    operations = re.findall(r"^  rpc (\w+)\(", PROTO.read_text(), re.MULTILINE)
    return {re.sub(r"(?<!^)(?=[A-Z])", "-", operation).lower() for operation in operations}


class CommandLineCase(ServerTestCase):
    def live(self, program):
        """Calls program(subcommand, *words) for every subcommand."""
        called = set()

        def call(subcommand, *words):
            called.add(subcommand)
            return program(subcommand, *words)

        self.namespaces(call)
        started = call(
            "create-private-dns-namespace", "--name", "cli.test", "--vpc", "vpc-1234abcd"
        )
        namespace = self.succeed(call, started)
        self.namespace(call, namespace)
        words = [
            "--name",
            "web",
            "--namespace-id",
            namespace,
            "--dns-config",
            "DnsRecords=[{Type=A,TTL=10}]",
        ]
        service = call(
            "create-service", *words, "--health-check-custom-config", "FailureThreshold=1"
        )["Service"]
        self.service(call, service)
        self.instance(call, service["Id"])
        call("delete-service", "--id", service["Id"])
        self.succeed(call, call("delete-namespace", "--id", namespace))
        self.assertEqual(declared_subcommands(), called)
        with self.assertRaises(programs.Failed) as caught:
            call("get-namespace", "--id", namespace)
        self.assertIn("NamespaceNotFound", caught.exception.stderr)

    def succeed(self, call, started):
        operation = call("get-operation", "--operation-id", started["OperationId"])["Operation"]
        self.assertEqual("SUCCESS", operation["Status"], operation)
        return operation["Targets"]["NAMESPACE"]

    def namespaces(self, call):
        http = self.succeed(
            call, call("create-http-namespace", "--name", "cli-http", "--description", "one")
        )
        self.succeed(
            call, call("update-http-namespace", "--id", http, "--namespace", "Description=two")
        )
        self.assertEqual("two", call("get-namespace", "--id", http)["Namespace"]["Description"])
        public = self.succeed(
            call, call("create-public-dns-namespace", "--name", "cli.example.com")
        )
        change = "Properties={DnsProperties={SOA={TTL=77}}}"
        self.succeed(
            call, call("update-public-dns-namespace", "--id", public, "--namespace", change)
        )
        properties = call("get-namespace", "--id", public)["Namespace"]["Properties"]
        self.assertEqual(77, properties["DnsProperties"]["SOA"]["TTL"])

    def namespace(self, call, namespace):
        self.succeed(
            call,
            call("update-private-dns-namespace", "--id", namespace, "--namespace", "Description=d"),
        )
        filters = "Name=TYPE,Values=DNS_PRIVATE,Condition=EQ"
        (listed,) = call("list-namespaces", "--filters", filters)["Namespaces"]
        self.assertEqual((namespace, "d"), (listed["Id"], listed["Description"]))
        call(
            "tag-resource",
            "--resource-arn",
            listed["Arn"],
            "--tags",
            "Key=k,Value=v",
            "Key=l,Value=",
        )
        call("untag-resource", "--resource-arn", listed["Arn"], "--tag-keys", "k")
        tags = call("list-tags-for-resource", "--resource-arn", listed["Arn"])["Tags"]
        self.assertEqual([{"Key": "l", "Value": ""}], tags)

    def service(self, call, service):
        identifier = service["Id"]
        self.assertEqual(service["Arn"], call("get-service", "--id", identifier)["Service"]["Arn"])
        self.assertEqual(["web"], [s["Name"] for s in call("list-services")["Services"]])
        change = "Description=d,DnsConfig={DnsRecords=[{Type=A,TTL=20}]}"
        call("update-service", "--id", identifier, "--service", change)
        call("update-service-attributes", "--service-id", identifier, "--attributes", "a=1,b=2")
        call("delete-service-attributes", "--service-id", identifier, "--attributes", "a")
        attributes = call("get-service-attributes", "--service-id", identifier)
        self.assertEqual({"b": "2"}, attributes["ServiceAttributes"]["Attributes"])

    def instance(self, call, service):
        one = ["--service-id", service, "--instance-id", "i-1"]
        call("register-instance", *one, "--attributes", "AWS_INSTANCE_IPV4=10.0.0.1,stage=beta")
        attributes = {"AWS_INSTANCE_IPV4": "10.0.0.1", "stage": "beta"}
        self.assertEqual(attributes, call("get-instance", *one)["Instance"]["Attributes"])
        self.assertEqual(
            ["i-1"], [i["Id"] for i in call("list-instances", "--service-id", service)["Instances"]]
        )
        call("update-instance-custom-health-status", *one, "--status", "UNHEALTHY")
        health = call("get-instances-health-status", "--service-id", service)["Status"]
        self.assertEqual({"i-1": "UNHEALTHY"}, health)
        self.discovery(call)
        call("deregister-instance", *one)
        kinds = "Name=TYPE,Values=REGISTER_INSTANCE,DEREGISTER_INSTANCE,Condition=IN"
        self.assertEqual(2, len(call("list-operations", "--filters", kinds)["Operations"]))

    def discovery(self, call):
        names = ["--namespace-name", "cli.test", "--service-name", "web"]
        revision = call("discover-instances-revision", *names)
        found = call(
            "discover-instances",
            *names,
            "--health-status",
            "ALL",
            "--query-parameters",
            "stage=beta"
        )
        instances = [(i["InstanceId"], i["HealthStatus"]) for i in found["Instances"]]
        self.assertEqual([("i-1", "UNHEALTHY")], instances)
        # The model of an older CLI has no InstancesRevision in DiscoverInstances.
        self.assertEqual(
            found.get("InstancesRevision", revision["InstancesRevision"]),
            revision["InstancesRevision"],
        )
