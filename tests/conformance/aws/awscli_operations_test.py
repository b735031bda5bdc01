#!/usr/bin/env python3
"""Every subcommand of `aws servicediscovery` that an installed AWS CLI knows."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support import programs
from support.server import ServerTestCase, main

PROTO = pathlib.Path(__file__).resolve().parents[3] / "proto/cloudmap/v1/service_discovery.proto"


def declared_subcommands():
    operations = re.findall(r"^  rpc (\w+)\(", PROTO.read_text(), re.MULTILINE)
    return {re.sub(r"(?<!^)(?=[A-Z])", "-", operation).lower() for operation in operations}


class EverySubcommand(ServerTestCase):
    def test_every_subcommand_works(self):
        for version, path in programs.aws_programs():
            with self.subTest(version):
                self.life(programs.AwsCli(path), self.start_server("--store", "memory"))

    def life(self, cli, server):
        lacking = declared_subcommands() - cli.operations()
        self.assertEqual(set(), cli.operations() - declared_subcommands(), "subcommands that the server lacks")
        if lacking:
            print(f"\n[{cli.path} lacks: {' '.join(sorted(lacking))}]")
        self.prefix_switch = "discover-instances-revision" in cli.operations()
        on_server = cli.on(server)
        called = set()

        def aws(subcommand, *arguments):
            called.add(subcommand)
            return on_server(subcommand, *arguments) if subcommand not in lacking else None

        self.namespaces(aws)
        namespace = self.succeed(aws, aws("create-private-dns-namespace", "--name", "cli.test", "--vpc", "vpc-1234abcd"))
        self.namespace(aws, namespace)
        config = "DnsRecords=[{Type=A,TTL=10}]"
        words = ["--name", "web", "--namespace-id", namespace, "--dns-config", config]
        service = aws("create-service", *words, "--health-check-custom-config", "FailureThreshold=1")["Service"]
        self.service(aws, service)
        self.instance(aws, service["Id"])
        aws("delete-service", "--id", service["Id"])
        self.succeed(aws, aws("delete-namespace", "--id", namespace))
        self.assertEqual(declared_subcommands(), called | ({"discover-instances"} if not self.prefix_switch else set()))
        with self.assertRaises(programs.Failed) as caught:
            aws("get-namespace", "--id", namespace)
        self.assertIn("(NamespaceNotFound)", caught.exception.stderr)

    def succeed(self, aws, started):
        operation = aws("get-operation", "--operation-id", started["OperationId"])["Operation"]
        self.assertEqual("SUCCESS", operation["Status"], operation)
        return operation["Targets"]["NAMESPACE"]

    def namespaces(self, aws):
        http = self.succeed(aws, aws("create-http-namespace", "--name", "cli-http", "--description", "one"))
        self.succeed(aws, aws("update-http-namespace", "--id", http, "--namespace", "Description=two"))
        self.assertEqual("two", aws("get-namespace", "--id", http)["Namespace"]["Description"])
        public = self.succeed(aws, aws("create-public-dns-namespace", "--name", "cli.example.com"))
        change = "Properties={DnsProperties={SOA={TTL=77}}}"
        self.succeed(aws, aws("update-public-dns-namespace", "--id", public, "--namespace", change))
        properties = aws("get-namespace", "--id", public)["Namespace"]["Properties"]
        self.assertEqual(77, properties["DnsProperties"]["SOA"]["TTL"])

    def namespace(self, aws, namespace):
        self.succeed(aws, aws("update-private-dns-namespace", "--id", namespace, "--namespace", "Description=d"))
        filters = "Name=TYPE,Values=DNS_PRIVATE,Condition=EQ"
        (listed,) = aws("list-namespaces", "--filters", filters)["Namespaces"]
        self.assertEqual((namespace, "d"), (listed["Id"], listed["Description"]))
        aws("tag-resource", "--resource-arn", listed["Arn"], "--tags", "Key=k,Value=v", "Key=l,Value=")
        aws("untag-resource", "--resource-arn", listed["Arn"], "--tag-keys", "k")
        tags = aws("list-tags-for-resource", "--resource-arn", listed["Arn"])["Tags"]
        self.assertEqual([{"Key": "l", "Value": ""}], tags)

    def service(self, aws, service):
        identifier = service["Id"]
        self.assertEqual(service["Arn"], aws("get-service", "--id", identifier)["Service"]["Arn"])
        self.assertEqual(["web"], [s["Name"] for s in aws("list-services")["Services"]])
        change = "Description=d,DnsConfig={DnsRecords=[{Type=A,TTL=20}]}"
        aws("update-service", "--id", identifier, "--service", change)
        aws("update-service-attributes", "--service-id", identifier, "--attributes", "a=1,b=2")
        aws("delete-service-attributes", "--service-id", identifier, "--attributes", "a")
        attributes = aws("get-service-attributes", "--service-id", identifier)
        if attributes is not None:
            self.assertEqual({"b": "2"}, attributes["ServiceAttributes"]["Attributes"])

    def instance(self, aws, service):
        one = ["--service-id", service, "--instance-id", "i-1"]
        aws("register-instance", *one, "--attributes", "AWS_INSTANCE_IPV4=10.0.0.1,stage=beta")
        attributes = {"AWS_INSTANCE_IPV4": "10.0.0.1", "stage": "beta"}
        self.assertEqual(attributes, aws("get-instance", *one)["Instance"]["Attributes"])
        self.assertEqual(["i-1"], [i["Id"] for i in aws("list-instances", "--service-id", service)["Instances"]])
        aws("update-instance-custom-health-status", *one, "--status", "UNHEALTHY")
        health = aws("get-instances-health-status", "--service-id", service)["Status"]
        self.assertEqual({"i-1": "UNHEALTHY"}, health)
        self.discovery(aws)
        aws("deregister-instance", *one)
        kinds = "Name=TYPE,Values=REGISTER_INSTANCE,DEREGISTER_INSTANCE,Condition=IN"
        self.assertEqual(2, len(aws("list-operations", "--filters", kinds)["Operations"]))

    def discovery(self, aws):
        names = ["--namespace-name", "cli.test", "--service-name", "web"]
        revision = aws("discover-instances-revision", *names)
        if not self.prefix_switch:
            print("[this AWS CLI cannot turn the data- prefix off: discover-instances is not called]")
            return
        found = aws("discover-instances", *names, "--health-status", "ALL", "--query-parameters", "stage=beta")
        self.assertEqual([("i-1", "UNHEALTHY")], [(i["InstanceId"], i["HealthStatus"]) for i in found["Instances"]])
        self.assertEqual(found["InstancesRevision"], revision["InstancesRevision"])


if __name__ == "__main__":
    main()
