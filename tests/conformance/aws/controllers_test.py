#!/usr/bin/env python3
"""The calls of external-dns's aws-sd provider, of the App Mesh controller and of the ECS agent."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support import dns_queries
from support.api_case import ApiTestCase
from support.server import main


class ExternalDns(ApiTestCase):
    """The aws-sd provider of external-dns (it waits for no operation)."""

    def test_records_come_and_go(self):
        self.create_namespace(name="edns.test")
        filters = [{"Name": "TYPE", "Values": ["DNS_PRIVATE"]}]
        found = self.call("ListNamespaces", Filters=filters, MaxResults=100)["Namespaces"]
        namespace = next(n for n in found if n["Name"] == "edns.test")
        self.assertEqual({}, self.services(namespace))
        owner = '"heritage=external-dns,external-dns/owner=default"'
        config = {
            "NamespaceId": namespace["Id"],
            "RoutingPolicy": "MULTIVALUE",
            "DnsRecords": [{"Type": "A", "TTL": 300}],
        }
        service = self.call("CreateService", Name="app", Description=owner, DnsConfig=config)[
            "Service"
        ]
        for target in ("1.2.3.4", "1.2.3.5"):
            members = {
                "ServiceId": service["Id"],
                "InstanceId": target,
                "Attributes": {"AWS_INSTANCE_IPV4": target},
            }
            self.call("RegisterInstance", **members)
        self.assertEqual({"app": (owner, 300, ["1.2.3.4", "1.2.3.5"])}, self.services(namespace))
        self.assertEqual(["1.2.3.4", "1.2.3.5"], dns_queries.values(self.server, "app.edns.test."))

        change = {"Description": owner, "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 60}]}}
        self.call("UpdateService", Id=service["Id"], Service=change)
        self.call("DeregisterInstance", ServiceId=service["Id"], InstanceId="1.2.3.4")
        self.assertEqual({"app": (owner, 60, ["1.2.3.5"])}, self.services(namespace))
        self.call("DeregisterInstance", ServiceId=service["Id"], InstanceId="1.2.3.5")
        self.call("DeleteService", Id=service["Id"])
        self.assertEqual({}, self.services(namespace))

    def services(self, namespace):
        """{name: (description, TTL, instance ids)}, read as external-dns reads."""
        filters = [{"Name": "NAMESPACE_ID", "Values": [namespace["Id"]]}]
        result = {}
        for summary in self.call("ListServices", Filters=filters, MaxResults=100)["Services"]:
            service = self.call("GetService", Id=summary["Id"])["Service"]
            instances = self.call("ListInstances", ServiceId=summary["Id"])["Instances"]
            ttl = service["DnsConfig"]["DnsRecords"][0]["TTL"]
            result[service["Name"]] = (
                service["Description"],
                ttl,
                sorted(i["Id"] for i in instances),
            )
        return result

    def test_load_balancer_needs_a_weighted_service(self):
        namespace = self.create_namespace()
        attributes = {"AWS_ALIAS_DNS_NAME": "lb-1.eu-west-1.elb.amazonaws.com"}
        service = self.create_service(namespace, "lb", DnsConfig={"RoutingPolicy": "WEIGHTED"})
        self.register(service, "lb-1.eu-west-1.elb.amazonaws.com", **attributes)
        service = self.create_service(namespace, "multi")
        members = {"ServiceId": service["Id"], "InstanceId": "x", "Attributes": attributes}
        self.refused("InvalidInput", "RegisterInstance", **members)

    def test_cname(self):
        namespace = self.create_namespace()
        config = {"RoutingPolicy": "WEIGHTED"}
        service = self.create_service(namespace, "alias", ("CNAME",), DnsConfig=config)
        self.register(service, "cname.target.com", AWS_INSTANCE_CNAME="cname.target.com")
        self.assertEqual(
            ["cname.target.com."],
            dns_queries.values(self.server, f"alias.{namespace['Name']}.", "CNAME"),
        )


class AppMeshController(ApiTestCase):
    """AWS's own App Mesh controller creates all its services with one CreatorRequestId."""

    def test_services_of_one_token(self):
        namespace = self.create_namespace("Http", "howto-k8s-cloudmap.pvt.aws.local")
        made = {
            name: self.call(
                "CreateService",
                Name=name,
                NamespaceId=namespace["Id"],
                CreatorRequestId="b0bb0c72-4a41-4d9e-9ab4-0e2a1a6b3a8e",
                HealthCheckCustomConfig={"FailureThreshold": 1},
            )["Service"]["Id"]
            for name in ("colorteller", "colorgateway", "frontend")
        }
        self.assertEqual(3, len(set(made.values())))


class Ecs(ApiTestCase):
    """What the ECS agent registers for a task."""

    def test_task_attributes_are_kept_and_resolve(self):
        namespace = self.create_namespace()
        service = self.create_service(
            namespace, "tasks", ("SRV",), HealthCheckCustomConfig={"FailureThreshold": 1}
        )
        attributes = {
            "AWS_INSTANCE_IPV4": "10.0.1.23",
            "AWS_INSTANCE_PORT": "32768",
            "AWS_INIT_HEALTH_STATUS": "UNHEALTHY",
            "AVAILABILITY_ZONE": "eu-west-1a",
            "REGION": "eu-west-1",
            "ECS_CLUSTER_NAME": "default",
            "ECS_SERVICE_NAME": "web",
            "ECS_TASK_DEFINITION_FAMILY": "web-family",
            "EC2_INSTANCE_ID": "i-0123456789abcdef0",
            "ENDPOINT_PORT_NAME": "",
            "note": "with spaces (and parentheses)",
        }
        task = "a0c8ef53-0b4a-4d5f-9d3b-0a8b8c1d2e3f"
        self.register(service, task, **attributes)
        listed = self.call("ListInstances", ServiceId=service["Id"])["Instances"]
        self.assertEqual([(task, attributes)], [(i["Id"], i["Attributes"]) for i in listed])
        owner = f"tasks.{namespace['Name']}."
        self.assertEqual(
            [f"1 1 32768 {task}.{owner}"], dns_queries.values(self.server, owner, "SRV")
        )
        self.assertEqual(["10.0.1.23"], dns_queries.values(self.server, f"{task}.{owner}"))

        names = {"NamespaceName": namespace["Name"], "ServiceName": "tasks"}
        self.assertEqual([], self.call("DiscoverInstances", **names)["Instances"])
        status = {"ServiceId": service["Id"], "InstanceId": task, "Status": "HEALTHY"}
        self.call("UpdateInstanceCustomHealthStatus", **status)
        self.assertEqual(
            [task], [i["InstanceId"] for i in self.call("DiscoverInstances", **names)["Instances"]]
        )


if __name__ == "__main__":
    main()
