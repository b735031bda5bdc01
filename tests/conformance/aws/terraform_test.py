#!/usr/bin/env python3
"""The calls that Terraform's AWS provider makes for its five resources, with boto3: create, read,
update, read, delete. A field that is read otherwise than it was written would be an endless diff."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support import aws
from support.api_case import ApiTestCase
from support.server import main


def request_id():
    return f"terraform-{aws.token()}"


class TerraformCase(ApiTestCase):
    """The provider's wrappers: waiters, tags, and fields that are absent read as their zero value."""

    def tags_of(self, arn):
        return {
            tag["Key"]: tag["Value"]
            for tag in self.call("ListTagsForResource", ResourceARN=arn)["Tags"]
        }

    def change_tags(self, arn, before, after):
        """Removes what went, then sets what changed, as the provider's framework does."""
        removed = sorted(before.keys() - after.keys())
        changed = [{"Key": k, "Value": v} for k, v in sorted(after.items()) if before.get(k) != v]
        if removed:
            self.call("UntagResource", ResourceARN=arn, TagKeys=removed)
        if changed:
            self.call("TagResource", ResourceARN=arn, Tags=changed)

    def create_and_wait(self, operation, **members):
        ended = self.succeed(self.call(operation, CreatorRequestId=request_id(), **members))
        return ended["Targets"]["NAMESPACE"]

    def tag_list(self, tags):
        return [{"Key": key, "Value": value} for key, value in tags.items()]

    def check_equal(self, written, read):
        """What was planned and what is in the state after a refresh."""
        self.assertEqual(written, {field: read[field] for field in written})


class DnsNamespaces(TerraformCase):
    """aws_service_discovery_private_dns_namespace and ..._public_dns_namespace."""

    def read(self, identifier):
        namespace = self.call("GetNamespace", Id=identifier)["Namespace"]
        self.assertIn("Properties", namespace)
        return {
            "arn": namespace["Arn"],
            "description": namespace.get("Description", ""),
            "hosted_zone": namespace["Properties"]["DnsProperties"]["HostedZoneId"],
            "name": namespace["Name"],
            "tags": self.tags_of(namespace["Arn"]),
        }

    def life(self, kind, name, **members):
        planned = {"name": name, "description": "first", "tags": {"env": "test", "empty": ""}}
        tags = self.tag_list(planned["tags"])
        identifier = self.create_and_wait(
            f"Create{kind}Namespace", Name=name, Description="first", Tags=tags, **members
        )
        state = self.read(identifier)
        self.check_equal(planned, state)
        self.assertRegex(
            state["arn"], rf"^arn:aws:servicediscovery:us-east-1:\d{{12}}:namespace/{identifier}$"
        )
        self.assertRegex(state["hosted_zone"], r"^Z[A-Z0-9]+$")

        for description in ("second", ""):
            planned = {**state, "description": description, "tags": {"env": "prod", "more": "1"}}
            change = {
                "Id": identifier,
                "Namespace": {"Description": description},
                "UpdaterRequestId": request_id(),
            }
            self.succeed(self.call(f"Update{kind}Namespace", **change))
            self.change_tags(state["arn"], state["tags"], planned["tags"])
            state = self.read(identifier)
            self.assertEqual(planned, state)

        self.succeed(self.call("DeleteNamespace", Id=identifier))
        self.refused("NamespaceNotFound", "GetNamespace", Id=identifier)
        self.refused("NamespaceNotFound", "DeleteNamespace", Id=identifier)

    def test_private_dns_namespace(self):
        self.life("PrivateDns", "tf.private.test", Vpc="vpc-1234abcd")

    def test_public_dns_namespace(self):
        self.life("PublicDns", "tf.example.com")

    def test_namespace_without_description_and_tags(self):
        identifier = self.create_and_wait("CreatePublicDnsNamespace", Name="plain.example.com")
        self.check_equal(
            {"name": "plain.example.com", "description": "", "tags": {}}, self.read(identifier)
        )

    def test_overlapping_private_namespace_fails_with_conflicting_domain_exists(self):
        members = {"Name": "tf.overlap.test", "Vpc": "vpc-1234abcd"}
        self.create_and_wait("CreatePrivateDnsNamespace", **members)
        answer = self.call("CreatePrivateDnsNamespace", CreatorRequestId=request_id(), **members)
        ended = aws.wait_for(self.client, answer["OperationId"])
        self.assertEqual(
            ("FAIL", "CANNOT_CREATE_HOSTED_ZONE"), (ended["Status"], ended["ErrorCode"])
        )
        self.assertIn("ConflictingDomainExists", ended["ErrorMessage"])

    def test_data_source_finds_the_namespace_by_type_and_name(self):
        identifier = self.create_and_wait(
            "CreatePrivateDnsNamespace", Name="tf.data.test", Vpc="vpc-1234abcd"
        )
        filters = [{"Name": "TYPE", "Values": ["DNS_PRIVATE"], "Condition": "EQ"}]
        found = [
            n
            for n in self.call("ListNamespaces", Filters=filters)["Namespaces"]
            if n["Name"] == "tf.data.test"
        ]
        self.assertEqual([identifier], [n["Id"] for n in found])
        self.assertEqual("tf.data.test", self.read(identifier)["name"])


class HttpNamespace(TerraformCase):
    """aws_service_discovery_http_namespace: only tags can change in place."""

    def read(self, identifier):
        namespace = self.call("GetNamespace", Id=identifier)["Namespace"]
        return {
            "arn": namespace["Arn"],
            "description": namespace.get("Description", ""),
            "http_name": namespace["Properties"]["HttpProperties"]["HttpName"],
            "name": namespace["Name"],
            "tags": self.tags_of(namespace["Arn"]),
        }

    def test_http_namespace(self):
        planned = {"name": "tf-http", "description": "d", "tags": {"env": "test"}}
        tags = self.tag_list(planned["tags"])
        identifier = self.create_and_wait(
            "CreateHttpNamespace", Name="tf-http", Description="d", Tags=tags
        )
        state = self.read(identifier)
        self.check_equal({**planned, "http_name": "tf-http"}, state)
        self.change_tags(state["arn"], state["tags"], {})
        self.assertEqual({**state, "tags": {}}, self.read(identifier))
        filters = [{"Name": "TYPE", "Values": ["HTTP"], "Condition": "EQ"}]
        self.assertIn(
            identifier,
            [n["Id"] for n in self.call("ListNamespaces", Filters=filters)["Namespaces"]],
        )
        self.succeed(self.call("DeleteNamespace", Id=identifier))
        self.refused("NamespaceNotFound", "GetNamespace", Id=identifier)

    def test_delete_with_services_is_resource_in_use(self):
        namespace = self.create_namespace("Http")
        service = self.create_service(namespace, records=())
        self.refused("ResourceInUse", "DeleteNamespace", Id=namespace["Id"])
        self.call("DeleteService", Id=service["Id"])
        self.succeed(self.call("DeleteNamespace", Id=namespace["Id"]))


class Service(TerraformCase):
    """aws_service_discovery_service."""

    def create(self, **members):
        return self.call("CreateService", CreatorRequestId=request_id(), **members)["Service"]["Id"]

    def read(self, identifier):
        service = self.call("GetService", Id=identifier)["Service"]
        dns_config = service.get("DnsConfig") or None
        if dns_config:
            dns_config = {
                "namespace_id": dns_config["NamespaceId"],
                "routing_policy": dns_config["RoutingPolicy"],
                "dns_records": [
                    (record["Type"], record["TTL"]) for record in dns_config["DnsRecords"]
                ],
            }
        return {
            "arn": service["Arn"],
            "description": service.get("Description", ""),
            "dns_config": dns_config,
            "health_check_config": service.get("HealthCheckConfig"),
            "health_check_custom_config": service.get("HealthCheckCustomConfig"),
            "name": service["Name"],
            "namespace_id": service["NamespaceId"],
            "tags": self.tags_of(service["Arn"]),
            "type": service["Type"],
        }

    def update(self, identifier, planned):
        """The provider sends the description always, the other two when they are configured."""
        change = {"Description": planned["description"]}
        if planned["dns_config"]:
            records = [
                {"Type": kind, "TTL": ttl} for kind, ttl in planned["dns_config"]["dns_records"]
            ]
            change["DnsConfig"] = {"DnsRecords": records}
        if planned["health_check_config"]:
            change["HealthCheckConfig"] = planned["health_check_config"]
        self.succeed(self.call("UpdateService", Id=identifier, Service=change))
        state = self.read(identifier)
        self.assertEqual(planned, state)
        return state

    def delete(self, identifier):
        self.call("DeleteService", Id=identifier)
        self.refused("ServiceNotFound", "GetService", Id=identifier)
        self.refused("ServiceNotFound", "DeleteService", Id=identifier)

    def test_private_service_with_custom_health_check(self):
        namespace = self.create_namespace()["Id"]
        config = {
            "NamespaceId": namespace,
            "RoutingPolicy": "MULTIVALUE",
            "DnsRecords": [{"Type": "A", "TTL": 5}],
        }
        tags = {"env": "test"}
        members = {"Name": "tf", "DnsConfig": config, "Tags": self.tag_list(tags)}
        identifier = self.create(**members, HealthCheckCustomConfig={"FailureThreshold": 1})
        state = self.read(identifier)
        expected = {
            "description": "",
            "dns_config": {
                "namespace_id": namespace,
                "routing_policy": "MULTIVALUE",
                "dns_records": [("A", 5)],
            },
            "health_check_config": None,
            "health_check_custom_config": {"FailureThreshold": 1},
            "name": "tf",
            "namespace_id": namespace,
            "tags": tags,
            "type": "DNS_HTTP",
        }
        self.check_equal(expected, state)
        self.assertRegex(state["arn"], rf"service/{identifier}$")
        changed = {**state["dns_config"], "dns_records": [("A", 10)]}
        state = self.update(identifier, {**state, "description": "text", "dns_config": changed})
        state = self.update(identifier, {**state, "description": ""})
        self.change_tags(state["arn"], state["tags"], {"env": "prod"})
        self.assertEqual({**state, "tags": {"env": "prod"}}, self.read(identifier))
        self.delete(identifier)

    def test_public_service_with_health_check_and_two_record_types_in_order(self):
        namespace = self.create_namespace("PublicDns", "tf-service.example.com")["Id"]
        for kinds in (("AAAA", "A"), ("A", "AAAA")):
            records = [{"Type": kind, "TTL": 60} for kind in kinds]
            config = {"NamespaceId": namespace, "RoutingPolicy": "WEIGHTED", "DnsRecords": records}
            check = {"Type": "HTTP", "ResourcePath": "/path", "FailureThreshold": 5}
            identifier = self.create(Name="tf", DnsConfig=config, HealthCheckConfig=check)
            state = self.read(identifier)
            self.assertEqual([(kind, 60) for kind in kinds], state["dns_config"]["dns_records"])
            self.assertEqual(check, state["health_check_config"])
            changed = {"Type": "HTTP", "ResourcePath": "/new", "FailureThreshold": 3}
            state = self.update(identifier, {**state, "health_check_config": changed})
            self.update(identifier, {**state, "health_check_config": None})
            self.delete(identifier)

    def test_tcp_check_reads_without_a_resource_path(self):
        namespace = self.create_namespace("PublicDns", "tf-tcp.example.com")["Id"]
        config = {
            "NamespaceId": namespace,
            "RoutingPolicy": "MULTIVALUE",
            "DnsRecords": [{"Type": "A", "TTL": 5}],
        }
        check = {"Type": "TCP", "FailureThreshold": 1}
        identifier = self.create(Name="tf", DnsConfig=config, HealthCheckConfig=check)
        self.assertEqual(check, self.read(identifier)["health_check_config"])

    def test_custom_health_check_threshold_reads_1_only_if_it_was_sent(self):
        namespace = self.create_namespace()["Id"]
        config = {
            "NamespaceId": namespace,
            "RoutingPolicy": "MULTIVALUE",
            "DnsRecords": [{"Type": "A", "TTL": 5}],
        }
        for name, custom, read in (
            ("a", {}, {"FailureThreshold": 1}),
            ("b", {"FailureThreshold": 5}, {"FailureThreshold": 1}),
        ):
            identifier = self.create(Name=name, DnsConfig=config, HealthCheckCustomConfig=custom)
            self.assertEqual(read, self.read(identifier)["health_check_custom_config"])
        identifier = self.create(Name="c", DnsConfig=config)
        self.assertIsNone(self.read(identifier)["health_check_custom_config"])

    def test_http_service(self):
        for kind, members in (("Http", {}), ("PrivateDns", {"Type": "HTTP"})):
            namespace = self.create_namespace(kind)["Id"]
            identifier = self.create(Name="tf", NamespaceId=namespace, **members)
            state = self.read(identifier)
            expected = {
                "dns_config": None,
                "type": "HTTP",
                "namespace_id": namespace,
                "health_check_config": None,
            }
            self.check_equal(expected, state)
            self.update(identifier, {**state, "description": "changed"})
            self.delete(identifier)

    def test_force_destroy_deregisters_all_instances_first(self):
        service = self.create_service(self.create_namespace("Http"), records=())
        for i in range(120):
            self.call(
                "RegisterInstance", ServiceId=service["Id"], InstanceId=f"i-{i}", Attributes={}
            )
        self.refused("ResourceInUse", "DeleteService", Id=service["Id"])
        pages = self.client.get_paginator("list_instances").paginate(ServiceId=service["Id"])
        for instance in [i["Id"] for page in pages for i in page["Instances"]]:
            self.succeed(
                self.call("DeregisterInstance", ServiceId=service["Id"], InstanceId=instance)
            )
        self.delete(service["Id"])

    def test_data_source_finds_the_service_by_namespace_and_name(self):
        namespace = self.create_namespace()
        service = self.create_service(namespace, "one")
        self.create_service(namespace, "two")
        filters = [{"Name": "NAMESPACE_ID", "Values": [namespace["Id"]], "Condition": "EQ"}]
        found = [
            s for s in self.call("ListServices", Filters=filters)["Services"] if s["Name"] == "one"
        ]
        self.assertEqual([service["Id"]], [s["Id"] for s in found])


class Instance(TerraformCase):
    """aws_service_discovery_instance."""

    def read(self, service, instance):
        found = self.call("GetInstance", ServiceId=service, InstanceId=instance)["Instance"]
        return found["Id"], found["Attributes"]

    def life(self, service, *versions):
        members = {"ServiceId": service, "InstanceId": "tf-instance"}
        for attributes in versions:
            self.succeed(
                self.call(
                    "RegisterInstance",
                    Attributes=attributes,
                    CreatorRequestId=request_id(),
                    **members,
                )
            )
            self.assertEqual(("tf-instance", attributes), self.read(service, "tf-instance"))
        self.succeed(self.call("DeregisterInstance", **members))
        self.refused("InstanceNotFound", "GetInstance", **members)
        self.refused("InstanceNotFound", "DeregisterInstance", **members)

    def test_private_instance(self):
        service = self.create_service(self.create_namespace())["Id"]
        self.life(
            service,
            {"AWS_INSTANCE_IPV4": "10.0.0.1", "AWS_INSTANCE_IPV6": "2001:db8::1"},
            {"AWS_INSTANCE_IPV4": "10.0.0.2", "AWS_INSTANCE_IPV6": "2001:db8::1"},
        )

    def test_public_instance(self):
        namespace = self.create_namespace("PublicDns", "tf-instance.example.com")
        attributes = {"AWS_INSTANCE_IPV4": "52.18.0.2", "CUSTOM_KEY": "this is a custom value"}
        self.life(
            self.create_service(namespace)["Id"],
            attributes,
            {**attributes, "CUSTOM_KEY": "updated"},
        )

    def test_http_instance(self):
        service = self.create_service(self.create_namespace("Http"), records=())["Id"]
        self.life(
            service,
            {"AWS_EC2_INSTANCE_ID": "i-0123456789abcdef0"},
            {"AWS_INSTANCE_IPV4": "172.18.0.12"},
        )


if __name__ == "__main__":
    main()
