#!/usr/bin/env python3
"""Error texts that were recorded from AWS itself, word for word, through boto3."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support import aws
from support.api_case import ApiTestCase
from support.server import main

ONE_ERROR = "1 validation error detected: "
A_10 = [{"Type": "A", "TTL": 10}]
ATTRIBUTE_KEYS = (
    "Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member must have length "
    "greater than or equal to 0, Member must satisfy regular expression pattern: ^[a-zA-Z0-9!-~]+$, Member must not "
    "be null]"
)


class NamespaceTexts(ApiTestCase):
    def test_namespace_with_services(self):
        namespace = self.create_namespace("Http")
        self.create_service(namespace, records=())
        self.assertEqual(
            "Namespace has associated services; delete the services before deleting the namespace",
            self.refusal("ResourceInUse", "DeleteNamespace", Id=namespace["Id"]),
        )

    def test_http_namespace_of_a_taken_name(self):
        namespace = self.create_namespace("Http")
        self.assertRegex(
            self.refusal("NamespaceAlreadyExists", "CreateHttpNamespace", Name=namespace["Name"]),
            r"^Another operation of type CreateHttpNamespace and id \S+ has completed$",
        )

    def test_create_while_a_create_is_running(self):
        server = self.start_server("--store", "memory", "--operation-delay", "1h")
        endpoint = aws.Endpoint(server)
        self.addCleanup(endpoint.close)
        first = endpoint.call("CreateHttpNamespace", Name="x")["OperationId"]
        status, _, error = endpoint.post("CreateHttpNamespace", {"Name": "x"})
        self.assertEqual((400, "DuplicateRequest"), (status, error["__type"]))
        self.assertEqual(
            f"Another operation of type CreateHttpNamespace and id {first} is in progress",
            error["Message"],
        )


class ServiceTexts(ApiTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.namespaces = {}

    def namespace(self, kind):
        if kind not in self.namespaces:
            self.namespaces[kind] = self.create_namespace(kind)
        return self.namespaces[kind]

    def check(self, text, kind="PrivateDns", **members):
        members = {"Name": "web", "NamespaceId": self.namespace(kind)["Id"], **members}
        self.assertEqual(text, self.refusal("InvalidInput", "CreateService", **members))

    def test_no_namespace(self):
        text = self.refusal("InvalidInput", "CreateService", Name="web")
        self.assertEqual("Service namespace id cannot be null", text)

    def test_dns_config_in_an_http_namespace(self):
        text = "When you create a service using a namespace that has a type of HTTP, you can't include a DnsConfig element."
        self.check(text, "Http", DnsConfig={"DnsRecords": A_10})

    def test_dns_config_with_type_http(self):
        text = (
            "When you create a service with a type of HTTP, you can't include a DnsConfig element."
        )
        self.check(text, Type="HTTP", DnsConfig={"DnsRecords": A_10})

    def test_cname_without_weighted(self):
        records = [{"Type": "CNAME", "TTL": 10}]
        for policy in ({}, {"RoutingPolicy": "MULTIVALUE"}):
            text = "WEIGHTED routing policy must be used with DNS Record Type CNAME"
            self.check(text, DnsConfig={"DnsRecords": records, **policy})

    def test_cname_with_another_type(self):
        records = [{"Type": "CNAME", "TTL": 10}, *A_10]
        text = "DnsRecord Type CNAME cannot be combined with other types"
        self.check(text, DnsConfig={"DnsRecords": records, "RoutingPolicy": "WEIGHTED"})

    def test_one_type_twice(self):
        text = "Duplicate resource record typeAin DNS config is not expected"
        self.check(text, DnsConfig={"DnsRecords": A_10 * 2})

    def test_health_check_of_a_cname_service(self):
        config = {"DnsRecords": [{"Type": "CNAME", "TTL": 10}], "RoutingPolicy": "WEIGHTED"}
        text = "Health check config must not be used. Health checks are not supported for CNAME"
        self.check(text, "PublicDns", DnsConfig=config, HealthCheckConfig={"Type": "HTTP"})

    def test_tcp_check_with_a_path(self):
        check = {"Type": "TCP", "ResourcePath": "/"}
        text = "TCP health checks must not have a resource path specified."
        self.check(text, "PublicDns", DnsConfig={"DnsRecords": A_10}, HealthCheckConfig=check)

    def test_name_that_differs_by_case_is_taken_in_a_dns_namespace(self):
        namespace = self.create_namespace()
        self.create_service(namespace, "Backend")
        self.refused(
            "ServiceAlreadyExists", "CreateService", Name="backend", NamespaceId=namespace["Id"]
        )
        namespace = self.create_namespace("Http")
        one = self.create_service(namespace, "Backend", ())
        two = self.create_service(namespace, "backend", ())
        self.assertNotEqual(one["Id"], two["Id"])

    def test_record_types_cannot_change(self):
        service = self.create_service(self.create_namespace())
        change = {"DnsConfig": {"DnsRecords": [{"Type": "AAAA", "TTL": 10}]}}
        self.assertEqual(
            "The record types in the request must be the same as those present in the existing service. Records in the "
            "existing service are [A], but the records in the request are [AAAA]. The record types of a service cannot "
            "be changed.",
            self.refusal("InvalidInput", "UpdateService", Id=service["Id"], Service=change),
        )

    def test_type_of_health_check_cannot_change(self):
        namespace = self.namespace("PublicDns")
        service = self.create_service(
            namespace, self.unique("check"), HealthCheckConfig={"Type": "HTTP"}
        )
        change = {"DnsConfig": {"DnsRecords": A_10}, "HealthCheckConfig": {"Type": "TCP"}}
        text = self.refusal("InvalidInput", "UpdateService", Id=service["Id"], Service=change)
        self.assertEqual("Type of health check cannot be changed", text)

    def test_delete_with_instances(self):
        service = self.create_service(self.create_namespace("Http"), records=())
        self.register(service, "i-1")
        self.assertEqual(
            "Service contains registered instances; delete the instances before deleting the service",
            self.refusal("ResourceInUse", "DeleteService", Id=service["Id"]),
        )


class EmulatedRestrictions(ApiTestCase):
    server_flags = ("--store", "memory", "--emulate", "aws")

    def test_health_check_in_a_private_namespace(self):
        namespace = self.create_namespace()
        members = {"Name": "web", "NamespaceId": namespace["Id"], "DnsConfig": {"DnsRecords": A_10}}
        text = self.refusal(
            "InvalidInput", "CreateService", **members, HealthCheckConfig={"Type": "HTTP"}
        )
        self.assertEqual(
            "Health check config cannot be applied to a service with private namespace", text
        )

    def test_health_check_of_a_private_address(self):
        namespace = self.create_namespace("PublicDns", "check.example.com")
        service = self.create_service(namespace, HealthCheckConfig={"Type": "HTTP"})
        attributes = {"AWS_INSTANCE_IPV4": "10.0.0.1", "AWS_INSTANCE_PORT": "80"}
        members = {"ServiceId": service["Id"], "InstanceId": "i-1", "Attributes": attributes}
        text = self.refusal("InvalidInput", "RegisterInstance", **members)
        self.assertEqual("IPv4 address 10.0.0.1 is forbidden for healthChecks", text)


class InstanceTexts(ApiTestCase):
    def check(self, text, service, **attributes):
        members = {"ServiceId": service["Id"], "InstanceId": "i-1", "Attributes": attributes}
        self.assertEqual(text, self.refusal("InvalidInput", "RegisterInstance", **members))

    def service(self, *records, kind="PrivateDns", **members):
        return self.create_service(self.create_namespace(kind), records=records, **members)

    def test_missing_attributes(self):
        weighted = {"DnsConfig": {"RoutingPolicy": "WEIGHTED"}}
        for records, name, given, members in (
            (["A"], "AWS_INSTANCE_IPV4", {}, {}),
            (["AAAA"], "AWS_INSTANCE_IPV6", {}, {}),
            (["CNAME"], "AWS_INSTANCE_CNAME", {}, weighted),
            (["A", "SRV"], "AWS_INSTANCE_IPV4", {"AWS_INSTANCE_PORT": "80"}, {}),
        ):
            self.check(
                f"Required attribute(s) {name} are missing.",
                self.service(*records, **members),
                **given,
            )

    def test_srv_without_an_address(self):
        text = "At least one of AWS_INSTANCE_IPV4 AWS_INSTANCE_IPV6 is required."
        self.check(text, self.service("SRV"), AWS_INSTANCE_PORT="80")

    def test_no_port_or_a_wrong_one(self):
        text = "A valid port number must be supplied."
        service = self.service("SRV")
        self.check(text, service, AWS_INSTANCE_IPV4="10.0.0.1")
        for port in ("0", "65536", "http", ""):
            self.check(text, service, AWS_INSTANCE_IPV4="10.0.0.1", AWS_INSTANCE_PORT=port)

    def test_health_check_without_a_port(self):
        name = self.unique("port") + ".example.com"
        namespace = self.create_namespace("PublicDns", name)
        service = self.create_service(namespace, HealthCheckConfig={"Type": "HTTP"})
        text = "A valid port number must be supplied."
        self.check(text, service, AWS_INSTANCE_IPV4="203.0.113.1")

    def test_alias_on_a_multivalue_service(self):
        text = "ALIAS instance can be registered only in services with WEIGHTED routing policy"
        self.check(text, self.service("A"), AWS_ALIAS_DNS_NAME="lb.example.com")

    def test_ec2_instance_beside_others(self):
        text = "Invalid combination of attributes received. AWS_EC2_INSTANCE_ID is not supported with [AWS_INSTANCE_PORT]."
        service = self.service(kind="Http")
        self.check(text, service, AWS_EC2_INSTANCE_ID="i-0123456789abcdef0", AWS_INSTANCE_PORT="80")

    def test_ec2_instance_in_a_dns_namespace(self):
        service = self.create_service(
            self.create_namespace("PublicDns", self.unique("ec2") + ".example.com")
        )
        text = "AWS_EC2_INSTANCE_ID provided in namespace type DNS_PUBLIC. It is only supported in HTTP namespace"
        self.check(text, service, AWS_EC2_INSTANCE_ID="i-0123456789abcdef0")

    def test_reserved_prefix_in_any_case(self):
        service = self.service(kind="Http")
        for key in ("AWS_MY_ATTR", "aws_instance_ipv4"):
            self.check(
                f"Invalid attribute: [{key}]. [aws_] prefix is reserved for AWS attributes.",
                service,
                **{key: "v"},
            )

    def test_initial_health_that_is_none(self):
        text = "No enum constant com.amazon.route53.autonaming.model.InitHealthStatus.UNKNOWN"
        self.check(text, self.service(kind="Http"), AWS_INIT_HEALTH_STATUS="UNKNOWN")

    def test_31_custom_attributes(self):
        service = self.service(kind="Http")
        keys = [f"k{i:02}" for i in range(31)]
        self.register(service, "i-0", **{key: "v" for key in keys[:30]})
        text = f"Too many attributes provided: [{', '.join(keys)}]. The current limit is 30"
        self.check(text, service, **{key: "v" for key in keys})

    def test_5000_characters_pass_and_5001_do_not(self):
        service = self.service(kind="Http")
        attributes = {f"k{i}": "v" * 998 for i in range(5)}
        self.register(service, "i-0", **attributes)
        text = "Instance attributes too large. Maximum allowed size of all attributes is 5000 characters."
        self.check(text, service, **{**attributes, "k0": "v" * 999})

    def test_attribute_key_with_a_space(self):
        text = (
            ONE_ERROR
            + "Value '{my key=v}' at 'attributes' failed to satisfy constraint: "
            + ATTRIBUTE_KEYS
        )
        self.check(text, self.service(kind="Http"), **{"my key": "v"})


class ConstraintTexts(ApiTestCase):
    def test_missing_member(self):
        text = (
            ONE_ERROR + "Value null at 'id' failed to satisfy constraint: Member must not be null"
        )
        for operation in ("GetNamespace", "GetService", "DeleteNamespace"):
            self.assertEqual(text, self.refusal("InvalidInput", operation))

    def test_all_failures_are_collected_length_before_pattern(self):
        name = "x " * 127
        value = f"Value '{name}' at 'name' failed to satisfy constraint: Member must "
        text = self.refusal("InvalidInput", "CreatePrivateDnsNamespace", Name=name, Vpc="v" * 65)
        self.assertTrue(text.startswith("3 validation errors detected: "), text)
        for sentence in (
            f"{value}have length less than or equal to 253; "
            f"{value}satisfy regular expression pattern: ^(?!arn:)[!-~]{{1,253}}$",
            f"Value '{'v' * 65}' at 'vpc' failed to satisfy constraint: Member must have length less than or equal to 64",
        ):
            self.assertIn(sentence, text)

    def test_enum_value(self):
        members = {"ServiceId": "srv-x", "InstanceId": "i", "Status": "UNKNOWN"}
        self.assertEqual(
            ONE_ERROR + "Value 'UNKNOWN' at 'status' failed to satisfy constraint: "
            "Member must satisfy enum value set: [HEALTHY, UNHEALTHY]",
            self.refusal("InvalidInput", "UpdateInstanceCustomHealthStatus", **members),
        )

    def test_numbers_out_of_range(self):
        self.assertEqual(
            ONE_ERROR + "Value '101' at 'maxResults' failed to satisfy constraint: "
            "Member must have value less than or equal to 100",
            self.refusal("InvalidInput", "ListNamespaces", MaxResults=101),
        )
        self.assertEqual(
            ONE_ERROR + "Value '0' at 'maxResults' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
            self.refusal("InvalidInput", "ListNamespaces", MaxResults=0),
        )

    def test_every_operation_without_members(self):
        """Those that require any name the missing ones; the lists succeed."""
        for operation in self.client.meta.service_model.operation_names:
            required = self.client.meta.service_model.operation_model(
                operation
            ).input_shape.required_members
            if required:
                text = self.refusal("InvalidInput", operation)
                for member in required:
                    path = member[0].lower() + member[1:]
                    self.assertIn(
                        f"Value null at '{path}' failed to satisfy constraint: Member must not be null",
                        text,
                    )
            else:
                self.assertTrue(operation.startswith("List"), operation)
                self.call(operation)


if __name__ == "__main__":
    main()
