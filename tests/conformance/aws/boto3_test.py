#!/usr/bin/env python3
"""boto3 against the server: all operations, paginators, polling, errors, data- prefix, times."""

import datetime
import pathlib
import re
import socket
import sys
import time
from unittest import mock

import botocore.exceptions

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support import aws
from support.api_case import ApiTestCase
from support.server import main

PROTO = pathlib.Path(__file__).resolve().parents[3] / "proto/cloudmap/v1/service_discovery.proto"


class EveryOperation(ApiTestCase):
    """One life of a namespace, a service and an instance that needs all operations."""

    def call(self, operation, **members):
        self.called.add(operation)
        return super().call(operation, **members)

    def setUp(self):
        self.called = set()

    def test_every_operation_works(self):
        self.http_namespace()
        self.public_namespace()
        namespace = self.create_namespace(
            name="every.test", Description="one", Tags=[{"Key": "k", "Value": "v"}]
        )
        self.private_namespace(namespace)
        service = self.create_service(namespace, HealthCheckCustomConfig={"FailureThreshold": 1})
        self.service(service, namespace)
        self.instances(service)
        self.end(service, namespace)
        declared = set(re.findall(r"^  rpc (\w+)\(", PROTO.read_text(), re.MULTILINE))
        self.assertEqual(declared, self.called | {"GetOperation"})
        self.assertEqual(30, len(declared))

    def http_namespace(self):
        namespace = self.create_namespace("Http", "every")
        self.assertEqual(
            ("HTTP", "every"),
            (namespace["Type"], namespace["Properties"]["HttpProperties"]["HttpName"]),
        )
        self.succeed(
            self.call("UpdateHttpNamespace", Id=namespace["Id"], Namespace={"Description": "two"})
        )
        self.assertEqual(
            "two", self.call("GetNamespace", Id=namespace["Id"])["Namespace"]["Description"]
        )

    def public_namespace(self):
        namespace = self.create_namespace("PublicDns", "every.example.com")
        change = {"Properties": {"DnsProperties": {"SOA": {"TTL": 77}}}}
        self.succeed(self.call("UpdatePublicDnsNamespace", Id=namespace["Id"], Namespace=change))
        properties = self.call("GetNamespace", Id=namespace["Id"])["Namespace"]["Properties"]
        self.assertEqual(77, properties["DnsProperties"]["SOA"]["TTL"])
        self.assertRegex(properties["DnsProperties"]["HostedZoneId"], r"^Z[A-Z0-9]{13,}$")

    def private_namespace(self, namespace):
        change = {"Description": "two"}
        self.succeed(self.call("UpdatePrivateDnsNamespace", Id=namespace["Id"], Namespace=change))
        filters = [{"Name": "TYPE", "Values": ["DNS_PRIVATE"], "Condition": "EQ"}]
        (listed,) = self.call("ListNamespaces", Filters=filters)["Namespaces"]
        self.assertEqual((namespace["Arn"], "two"), (listed["Arn"], listed["Description"]))
        self.call("TagResource", ResourceARN=namespace["Arn"], Tags=[{"Key": "k2", "Value": ""}])
        self.call("UntagResource", ResourceARN=namespace["Arn"], TagKeys=["k", "unknown"])
        tags = self.call("ListTagsForResource", ResourceARN=namespace["Arn"])["Tags"]
        self.assertEqual([{"Key": "k2", "Value": ""}], tags)

    def service(self, service, namespace):
        filters = [{"Name": "NAMESPACE_ID", "Values": [namespace["Id"]]}]
        self.assertEqual(
            [service["Id"]],
            [s["Id"] for s in self.call("ListServices", Filters=filters)["Services"]],
        )
        change = {"Description": "d", "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 20}]}}
        self.succeed(self.call("UpdateService", Id=service["Id"], Service=change))
        read = self.call("GetService", Id=service["Id"])["Service"]
        self.assertEqual(
            ("d", [{"Type": "A", "TTL": 20}]),
            (read["Description"], read["DnsConfig"]["DnsRecords"]),
        )
        self.call(
            "UpdateServiceAttributes", ServiceId=service["Id"], Attributes={"a": "1", "b": "2"}
        )
        self.call("DeleteServiceAttributes", ServiceId=service["Id"], Attributes=["a"])
        attributes = self.call("GetServiceAttributes", ServiceId=service["Id"])["ServiceAttributes"]
        self.assertEqual(
            ({"b": "2"}, service["Arn"]), (attributes["Attributes"], attributes["ServiceArn"])
        )

    def instances(self, service):
        self.register(service, "i-1", AWS_INSTANCE_IPV4="10.0.0.1", stage="beta")
        instance = self.call("GetInstance", ServiceId=service["Id"], InstanceId="i-1")["Instance"]
        self.assertEqual({"AWS_INSTANCE_IPV4": "10.0.0.1", "stage": "beta"}, instance["Attributes"])
        listed = self.call("ListInstances", ServiceId=service["Id"])["Instances"]
        self.assertEqual(["i-1"], [i["Id"] for i in listed])
        status = {"ServiceId": service["Id"], "InstanceId": "i-1", "Status": "UNHEALTHY"}
        self.call("UpdateInstanceCustomHealthStatus", **status)
        health = self.call("GetInstancesHealthStatus", ServiceId=service["Id"], Instances=["i-1"])
        self.assertEqual({"i-1": "UNHEALTHY"}, health["Status"])
        names = {"NamespaceName": "every.test", "ServiceName": "web"}
        found = self.call("DiscoverInstances", **names, HealthStatus="ALL")
        self.assertEqual(
            [("i-1", "UNHEALTHY")],
            [(i["InstanceId"], i["HealthStatus"]) for i in found["Instances"]],
        )
        revision = self.call("DiscoverInstancesRevision", **names)
        self.assertEqual(
            self.bare("DiscoverInstances", **names)["InstancesRevision"],
            revision["InstancesRevision"],
        )

    def end(self, service, namespace):
        self.succeed(self.call("DeregisterInstance", ServiceId=service["Id"], InstanceId="i-1"))
        filters = [
            {"Name": "SERVICE_ID", "Values": [service["Id"]]},
            {"Name": "TYPE", "Values": ["REGISTER_INSTANCE"]},
        ]
        (operation,) = self.call("ListOperations", Filters=filters)["Operations"]
        self.assertEqual({"Id", "Status"}, operation.keys())
        self.assertEqual({}, self.call("DeleteService", Id=service["Id"]))
        self.succeed(self.call("DeleteNamespace", Id=namespace["Id"]))
        self.refused("NamespaceNotFound", "GetNamespace", Id=namespace["Id"])


class Paginators(ApiTestCase):
    def pages(self, operation, size, **members):
        paginator = self.client.get_paginator(operation)
        return list(paginator.paginate(PaginationConfig={"PageSize": size}, **members))

    def check_pages(self, operation, key, identity, expected, **members):
        """Pages of one: as many as items, each once, no token on the last."""
        pages = self.pages(operation, 1, **members)
        self.assertEqual(
            sorted(expected), sorted(item[identity] for page in pages for item in page[key])
        )
        self.assertLessEqual(max(len(page[key]) for page in pages), 1)
        self.assertNotIn("NextToken", pages[-1])
        self.assertTrue(all(page["NextToken"] for page in pages[:-1]))

    def test_list_services_pages(self):
        namespace = self.create_namespace()
        ids = [self.create_service(namespace, f"s{i}")["Id"] for i in range(4)]
        filters = [{"Name": "NAMESPACE_ID", "Values": [namespace["Id"]]}]
        self.check_pages("list_services", "Services", "Id", ids, Filters=filters)

    def test_list_instances_pages(self):
        service = self.create_service(self.create_namespace())
        names = [f"i-{i}" for i in range(4)]
        for i, name in enumerate(names):
            self.register(service, name, AWS_INSTANCE_IPV4=f"10.0.0.{i}")
        self.check_pages("list_instances", "Instances", "Id", names, ServiceId=service["Id"])

    def test_list_namespaces_pages(self):
        stem = self.unique("paged")
        ids = [self.create_namespace(name=f"{stem}-{i}.test")["Id"] for i in range(4)]
        filters = [{"Name": "NAME", "Values": [stem], "Condition": "BEGINS_WITH"}]
        self.check_pages("list_namespaces", "Namespaces", "Id", ids, Filters=filters)

    def test_list_operations_pages(self):
        service = self.create_service(self.create_namespace())
        ids = [
            self.register(service, f"i-{i}", AWS_INSTANCE_IPV4="10.0.0.1")["Id"] for i in range(4)
        ]
        filters = [{"Name": "SERVICE_ID", "Values": [service["Id"]]}]
        self.check_pages("list_operations", "Operations", "Id", ids, Filters=filters)

    def test_default_page_holds_100(self):
        service = self.create_service(self.create_namespace("Http"), records=())
        for i in range(130):
            self.register(service, f"i-{i:03}")
        pages = list(self.client.get_paginator("list_instances").paginate(ServiceId=service["Id"]))
        self.assertEqual([100, 30], [len(page["Instances"]) for page in pages])

    def test_pages_stay_whole_while_the_registry_changes(self):
        service = self.create_service(self.create_namespace("Http"), records=())
        kept = {f"keep-{i:02}" for i in range(10)}
        for name in kept | {f"drop-{i:02}" for i in range(10)}:
            self.register(service, name)
        seen = []
        paginator = self.client.get_paginator("list_instances")
        pages = paginator.paginate(ServiceId=service["Id"], PaginationConfig={"PageSize": 2})
        for number, page in enumerate(pages):
            seen += [instance["Id"] for instance in page["Instances"]]
            if number < 10:
                self.succeed(
                    self.call(
                        "DeregisterInstance",
                        ServiceId=service["Id"],
                        InstanceId=f"drop-{number:02}",
                    )
                )
                self.register(service, f"add-{number:02}")
        self.assertLessEqual(kept, set(seen))
        self.assertEqual(len(seen), len(set(seen)))

    def test_health_status_has_pages_without_a_paginator(self):
        service = self.create_service(
            self.create_namespace("Http"), records=(), HealthCheckCustomConfig={}
        )
        for i in range(5):
            self.register(service, f"i-{i}")
        seen, members = {}, {}
        for _ in range(5):
            page = self.call(
                "GetInstancesHealthStatus", ServiceId=service["Id"], MaxResults=2, **members
            )
            seen.update(page["Status"])
            if "NextToken" not in page:
                break
            members = {"NextToken": page["NextToken"]}
        self.assertEqual({f"i-{i}": "HEALTHY" for i in range(5)}, seen)

    def test_foreign_token_is_invalid_input(self):
        self.refused("InvalidInput", "ListNamespaces", NextToken="garbage")


class SlowOperations(ApiTestCase):
    server_flags = ("--store", "memory", "--operation-delay", "1h")

    def test_operation_is_pending_without_effect_and_excludes_others(self):
        answer = self.call("CreateHttpNamespace", Name="slow")
        operation = self.client.get_operation(OperationId=answer["OperationId"])["Operation"]
        self.assertEqual("PENDING", operation["Status"])
        self.assertEqual([], self.call("ListNamespaces")["Namespaces"])
        error = self.refused("DuplicateRequest", "CreateHttpNamespace", Name="slow")
        self.assertEqual(answer["OperationId"], error["DuplicateOperationId"])


class Polling(ApiTestCase):
    DELAY = datetime.timedelta(milliseconds=300)
    server_flags = ("--store", "memory", "--operation-delay", "300ms")

    def test_operation_ends_after_the_delay(self):
        answer = self.call("CreateHttpNamespace", Name="slow")
        ended = self.poll(answer)
        self.assertEqual("SUCCESS", ended["Status"])
        self.assertGreaterEqual(ended["UpdateDate"] - ended["CreateDate"], self.DELAY)
        self.assertEqual({"NAMESPACE"}, ended["Targets"].keys())

    def poll(self, answer):
        """Bounded by attempts, with a pause that only saves work."""
        for _ in range(600):
            operation = self.client.get_operation(OperationId=answer["OperationId"])["Operation"]
            if operation["Status"] != "PENDING":
                return operation
            time.sleep(0.05)
        self.fail(f"still pending: {operation}")


class Errors(ApiTestCase):
    def test_errors_are_boto3_exceptions_with_their_members(self):
        namespace = self.create_namespace("Http", CreatorRequestId="first")
        with self.assertRaises(self.client.exceptions.NamespaceAlreadyExists) as caught:
            self.client.create_http_namespace(Name=namespace["Name"], CreatorRequestId="second")
        answer = caught.exception.response
        self.assertEqual(
            ("first", namespace["Id"]), (answer["CreatorRequestId"], answer["NamespaceId"])
        )
        self.assertRegex(
            answer["Error"]["Message"],
            r"^Another operation of type CreateHttpNamespace and id \S+ has completed$",
        )

    def test_service_already_exists_names_the_service(self):
        namespace = self.create_namespace()
        service = self.create_service(namespace, CreatorRequestId="first")
        answer = self.refused(
            "ServiceAlreadyExists", "CreateService", Name="web", NamespaceId=namespace["Id"]
        )
        self.assertEqual("first", answer["CreatorRequestId"])
        self.assertEqual(service["Id"], answer["ServiceId"])

    def test_the_51st_tag_names_the_resource(self):
        arn = self.create_namespace("Http")["Arn"]
        tags = [{"Key": f"k{i}", "Value": ""} for i in range(50)]
        self.call("TagResource", ResourceARN=arn, Tags=tags)
        self.call("TagResource", ResourceARN=arn, Tags=tags[:1])
        answer = self.refused(
            "TooManyTagsException", "TagResource", ResourceARN=arn, Tags=[{"Key": "x", "Value": ""}]
        )
        self.assertEqual(arn, answer["ResourceName"])

    def test_request_id_is_a_uuid_in_answers_and_errors(self):
        uuid = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
        self.assertRegex(self.client.list_namespaces()["ResponseMetadata"]["RequestId"], uuid)
        answer = self.refused("NamespaceNotFound", "GetNamespace", Id="ns-none")
        self.assertRegex(answer["ResponseMetadata"]["RequestId"], uuid)

    def test_unknown_operation(self):
        status, headers, body = self.endpoint.post("MergeNamespaces", {})
        self.assertEqual((404, "UnknownOperationException"), (status, body["__type"]))
        self.assertEqual("UnknownOperationException", headers["x-amzn-ErrorType"])

    def test_a_wrong_json_type_is_a_serialization_exception(self):
        for body in ({"Id": 5}, {"Id": ["x"]}, b"{", b"[]", b"\xff"):
            status, _, answer = self.endpoint.post("GetNamespace", body)
            self.assertEqual((400, "SerializationException"), (status, answer["__type"]), body)


class DataPrefix(ApiTestCase):
    """SDKs send the two Discover operations to data-HOST (`hostPrefix` of the model)."""

    def setUp(self):
        self.namespace = self.create_namespace("Http")
        service = self.create_service(self.namespace, records=())
        self.register(service, "i-1")
        self.names = {"NamespaceName": self.namespace["Name"], "ServiceName": "web"}

    def test_inject_host_prefix_false_calls_the_endpoint_itself(self):
        self.assertEqual(1, len(self.client.discover_instances(**self.names)["Instances"]))

    def test_prefixed_host_that_resolves_needs_no_switch(self):
        client = aws.boto3_client(self.server, inject_host_prefix=True)
        resolve = socket.getaddrinfo
        asked = []

        def with_data_name(host, *arguments, **options):
            asked.append(host)
            return resolve(host.removeprefix("data-"), *arguments, **options)

        with mock.patch("socket.getaddrinfo", with_data_name):
            self.assertEqual(1, len(client.discover_instances(**self.names)["Instances"]))
        client.close()
        self.assertIn("data-" + self.server.http[0], asked)

    def test_prefixed_host_that_does_not_resolve_never_reaches_the_server(self):
        client = aws.boto3_client(self.server, inject_host_prefix=True)
        with mock.patch("socket.getaddrinfo", side_effect=socket.gaierror):
            with self.assertRaises(botocore.exceptions.EndpointConnectionError):
                client.discover_instances(**self.names)
        client.close()

    def test_any_host_is_accepted_for_any_operation(self):
        for host in (
            "data-cloudmap.internal:8055",
            "servicediscovery.eu-west-1.amazonaws.com",
            "x",
        ):
            for operation, body in (("DiscoverInstances", self.names), ("ListNamespaces", {})):
                status, _, answer = self.endpoint.post(operation, body, {"Host": host})
                self.assertEqual(200, status, answer)


class Timestamps(ApiTestCase):
    def test_dates_are_now_with_milliseconds(self):
        before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        namespace = self.create_namespace("Http")
        after = datetime.datetime.now(datetime.timezone.utc)
        self.assertLessEqual(before, namespace["CreateDate"])
        self.assertLessEqual(namespace["CreateDate"], after)

    def test_dates_are_json_numbers_with_at_most_three_decimals(self):
        status, _, body = self.endpoint.post("CreateHttpNamespace", {"Name": self.unique("date")})
        self.assertEqual(200, status)
        _, _, text = self.endpoint.post_text("GetOperation", body)
        self.assertRegex(text, r'"CreateDate": ?\d{10}(\.\d{1,3})?[,}]')

    def test_operation_id_ends_with_its_date_in_base_36(self):
        answer = self.call("CreateHttpNamespace", Name=self.unique("date"))
        operation = self.succeed(answer)
        prefix, suffix = operation["Id"].split("-")
        self.assertRegex(prefix, r"^[a-z2-7]{32}$")
        milliseconds = round(operation["CreateDate"].timestamp() * 1000)
        self.assertEqual(milliseconds, int(suffix, 36))


if __name__ == "__main__":
    main()
