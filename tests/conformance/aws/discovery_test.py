#!/usr/bin/env python3
"""What clients notice beyond single calls: discovery, revisions, names, ids and ARNs, replays."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support import aws, dns_queries
from support.api_case import ApiTestCase
from support.server import main


class Discovery(ApiTestCase):
    def setUp(self):
        self.namespace = self.create_namespace()
        self.service = self.create_service(self.namespace, HealthCheckCustomConfig={})
        self.names = {"NamespaceName": self.namespace["Name"], "ServiceName": "web"}
        for i, stage in enumerate(("beta", "beta", "prod")):
            self.register(
                self.service, f"i-{i}", AWS_INSTANCE_IPV4=f"10.0.0.{i}", stage=stage, zone=f"z{i}"
            )

    def discover(self, **members):
        found = self.call("DiscoverInstances", **self.names, **members)
        return sorted(i["InstanceId"] for i in found["Instances"])

    def set_health(self, status, *instances):
        for instance in instances:
            members = {"ServiceId": self.service["Id"], "InstanceId": instance, "Status": status}
            self.call("UpdateInstanceCustomHealthStatus", **members)

    def revision(self):
        both = {
            self.call("DiscoverInstancesRevision", **self.names)["InstancesRevision"],
            self.bare("DiscoverInstances", **self.names)["InstancesRevision"],
        }
        self.assertEqual(1, len(both))
        return both.pop()

    def test_query_parameters_must_all_match(self):
        self.assertEqual(["i-0", "i-1"], self.discover(QueryParameters={"stage": "beta"}))
        self.assertEqual(["i-1"], self.discover(QueryParameters={"stage": "beta", "zone": "z1"}))
        self.assertEqual([], self.discover(QueryParameters={"stage": "beta", "zone": "z2"}))
        self.assertEqual(["i-2"], self.discover(QueryParameters={"AWS_INSTANCE_IPV4": "10.0.0.2"}))

    def test_optional_parameters_narrow_if_any_match(self):
        query = {"QueryParameters": {"stage": "beta"}}
        self.assertEqual(["i-1"], self.discover(**query, OptionalParameters={"zone": "z1"}))
        self.assertEqual(["i-0", "i-1"], self.discover(**query, OptionalParameters={"zone": "z2"}))

    def test_health_filters(self):
        self.set_health("UNHEALTHY", "i-0")
        self.assertEqual(["i-1", "i-2"], self.discover())
        self.assertEqual(["i-1", "i-2"], self.discover(HealthStatus="HEALTHY"))
        self.assertEqual(["i-0"], self.discover(HealthStatus="UNHEALTHY"))
        self.assertEqual(["i-0", "i-1", "i-2"], self.discover(HealthStatus="ALL"))
        self.assertEqual(["i-1", "i-2"], self.discover(HealthStatus="HEALTHY_OR_ELSE_ALL"))
        self.set_health("UNHEALTHY", "i-1", "i-2")
        self.assertEqual([], self.discover(HealthStatus="HEALTHY"))
        self.assertEqual(["i-0", "i-1", "i-2"], self.discover(HealthStatus="HEALTHY_OR_ELSE_ALL"))

    def test_max_results_cuts_a_random_list(self):
        seen = set()
        for _ in range(100):
            (found,) = self.discover(MaxResults=1)
            seen.add(found)
        self.assertEqual({"i-0", "i-1", "i-2"}, seen)

    def test_revision_grows_with_instances_and_not_with_health(self):
        first = self.revision()
        self.set_health("UNHEALTHY", "i-0")
        self.assertEqual(first, self.revision())
        self.register(self.service, "i-0", AWS_INSTANCE_IPV4="10.0.0.9")
        second = self.revision()
        self.succeed(
            self.call("DeregisterInstance", ServiceId=self.service["Id"], InstanceId="i-1")
        )
        third = self.revision()
        self.assertTrue(first < second < third < 2**53, (first, second, third))

    def test_registering_again_replaces_attributes_health_and_record(self):
        self.set_health("UNHEALTHY", "i-0")
        self.register(self.service, "i-0", AWS_INSTANCE_IPV4="10.0.0.7")
        found = self.call(
            "DiscoverInstances", **self.names, QueryParameters={"AWS_INSTANCE_IPV4": "10.0.0.7"}
        )
        (instance,) = found["Instances"]
        self.assertEqual({"AWS_INSTANCE_IPV4": "10.0.0.7"}, instance["Attributes"])
        self.assertEqual("HEALTHY", instance["HealthStatus"])
        addresses = dns_queries.values(self.server, f"web.{self.namespace['Name']}.")
        self.assertEqual(["10.0.0.1", "10.0.0.2", "10.0.0.7"], addresses)

    def test_names_of_dns_namespaces_ignore_case(self):
        self.names = {"NamespaceName": self.namespace["Name"].upper(), "ServiceName": "WEB"}
        self.assertEqual(3, len(self.discover()))

    def test_unknown_namespace_service_and_owner(self):
        self.refused(
            "NamespaceNotFound", "DiscoverInstances", NamespaceName="none", ServiceName="web"
        )
        unknown = {"NamespaceName": self.namespace["Name"], "ServiceName": "none"}
        self.assertEqual([], self.call("DiscoverInstances", **unknown)["Instances"])
        self.refused("ServiceNotFound", "DiscoverInstancesRevision", **unknown)
        self.refused(
            "NamespaceNotFound", "DiscoverInstances", **self.names, OwnerAccount="999999999999"
        )
        self.assertEqual(3, len(self.discover(OwnerAccount=aws.ACCOUNT)))

    def test_service_without_a_check_reports_unknown_and_ignores_the_filter(self):
        namespace = self.create_namespace("Http")
        self.register(self.create_service(namespace, records=()), "i-0")
        names = {"NamespaceName": namespace["Name"], "ServiceName": "web"}
        for status in ("HEALTHY", "UNHEALTHY", "ALL"):
            (found,) = self.call("DiscoverInstances", **names, HealthStatus=status)["Instances"]
            self.assertEqual("UNKNOWN", found["HealthStatus"])


class Names(ApiTestCase):
    def test_namespaces_of_one_name_have_distinct_http_names(self):
        private = self.create_namespace("PrivateDns", "twin.test")
        http = self.create_namespace("Http", "twin.test")
        other_vpc = self.create_namespace("PrivateDns", "twin.test", Vpc="vpc-99999999")
        names = [n["Properties"]["HttpProperties"]["HttpName"] for n in (private, http, other_vpc)]
        self.assertEqual("twin.test", names[0])
        for name in names[1:]:
            self.assertRegex(name, r"^twin\.test-[a-z2-7]{16}$")
        self.assertEqual(3, len(set(names)))
        for i, (namespace, name) in enumerate(zip((private, http, other_vpc), names)):
            self.register(self.create_service(namespace, records=()), f"i-{i}")
            (found,) = self.call("DiscoverInstances", NamespaceName=name, ServiceName="web")[
                "Instances"
            ]
            self.assertEqual((f"i-{i}", name), (found["InstanceId"], found["NamespaceName"]))

    def test_ids_have_the_form_of_aws(self):
        namespace = self.create_namespace()
        service = self.create_service(namespace)
        self.assertRegex(namespace["Id"], r"^ns-[a-z2-7]{16}$")
        self.assertRegex(service["Id"], r"^srv-[a-z2-7]{16}$")
        self.assertEqual(
            f"arn:aws:servicediscovery:us-east-1:000000000000:service/{service['Id']}",
            service["Arn"],
        )

    def test_service_made_again_has_the_same_id(self):
        namespace = self.create_namespace()
        first = self.create_service(namespace)["Id"]
        self.call("DeleteService", Id=first)
        self.assertEqual(first, self.create_service(namespace)["Id"])

    def test_arns_stand_for_ids(self):
        namespace = self.create_namespace()
        service = self.create_service({"Id": namespace["Arn"]})
        self.assertEqual(namespace["Id"], service["NamespaceId"])
        by_arn = {"ServiceId": service["Arn"]}
        attributes = {"AWS_INSTANCE_IPV4": "10.0.0.1"}
        self.succeed(
            self.call("RegisterInstance", InstanceId="i-1", Attributes=attributes, **by_arn)
        )
        self.assertEqual(service["Id"], self.call("GetService", Id=service["Arn"])["Service"]["Id"])
        self.assertEqual(
            namespace["Id"], self.call("GetNamespace", Id=namespace["Arn"])["Namespace"]["Id"]
        )
        self.assertEqual(
            "i-1", self.call("GetInstance", InstanceId="i-1", **by_arn)["Instance"]["Id"]
        )
        self.assertEqual(1, len(self.call("ListInstances", **by_arn)["Instances"]))
        filters = [{"Name": "NAMESPACE_ID", "Values": [namespace["Arn"]]}]
        self.assertEqual(1, len(self.call("ListServices", Filters=filters)["Services"]))
        self.call("UpdateServiceAttributes", Attributes={"a": "b"}, **by_arn)
        self.succeed(self.call("DeregisterInstance", InstanceId="i-1", **by_arn))
        self.call("DeleteService", Id=service["Arn"])
        self.succeed(self.call("DeleteNamespace", Id=namespace["Arn"]))

    def test_arn_of_another_account_or_region_is_not_found(self):
        namespace = self.create_namespace("Http")
        for changed in ((r":000000000000:", ":999999999999:"), (r"us-east-1", "eu-west-1")):
            self.refused("NamespaceNotFound", "GetNamespace", Id=re.sub(*changed, namespace["Arn"]))

    def test_last_instance_gone_is_nxdomain_with_the_soa_ttl_of_the_properties(self):
        properties = {"DnsProperties": {"SOA": {"TTL": 42}}}
        namespace = self.create_namespace(Properties=properties)
        service = self.create_service(namespace)
        name = f"web.{namespace['Name']}."
        self.assertEqual("NXDOMAIN", dns_queries.rcode(self.server, name))
        self.register(service, "i-1", AWS_INSTANCE_IPV4="10.0.0.1")
        self.assertEqual(["10.0.0.1"], dns_queries.values(self.server, name))
        self.succeed(self.call("DeregisterInstance", ServiceId=service["Id"], InstanceId="i-1"))
        response = dns_queries.ask(self.server, name)
        self.assertEqual(
            [("NXDOMAIN", 42)],
            [(dns_queries.rcode_of(response), rrset.ttl) for rrset in response.authority],
        )


class Replays(ApiTestCase):
    """A retry carries the same token and must not act twice (SDKs retry by themselves)."""

    def test_namespace_create_with_the_same_token_is_the_same_operation(self):
        members = {"Name": self.unique("again"), "CreatorRequestId": "t"}
        first = self.call("CreateHttpNamespace", **members)
        self.assertEqual(first, self.call("CreateHttpNamespace", **members))

    def test_service_create_with_the_same_token_is_the_same_service(self):
        namespace = self.create_namespace()
        first = self.create_service(namespace, CreatorRequestId="t")
        self.assertEqual(first, self.create_service(namespace, CreatorRequestId="t"))
        changed = {
            "Name": "web",
            "NamespaceId": namespace["Id"],
            "CreatorRequestId": "t",
            "Description": "other",
        }
        self.refused("ServiceAlreadyExists", "CreateService", **changed)

    def test_a_token_belongs_to_one_name(self):
        """The same name in another namespace or VPC is another one, too."""
        token = {"CreatorRequestId": "constant"}
        namespaces = [
            self.create_namespace(kind, name, **members, **token)
            for kind, name, members in (
                ("PrivateDns", "one.test", {}),
                ("PrivateDns", "two.test", {}),
                ("PrivateDns", "one.test", {"Vpc": "vpc-2"}),
                ("PublicDns", "one.example.com", {}),
                ("PublicDns", "two.example.com", {}),
                ("Http", "one", {}),
                ("Http", "two", {}),
            )
        ]
        self.assertEqual(len(namespaces), len({namespace["Id"] for namespace in namespaces}))
        services = [
            self.create_service(namespace, name, (), **token)
            for namespace in namespaces
            for name in ("web", "api")
        ]
        self.assertEqual(len(services), len({service["Id"] for service in services}))
        again = {"Name": "two", **token}
        first = self.call("CreateHttpNamespace", **again)
        self.assertEqual(first, self.call("CreateHttpNamespace", **again))
        changed = {**again, "Description": "other"}
        self.refused("NamespaceAlreadyExists", "CreateHttpNamespace", **changed)

    def test_the_trailing_dot_of_a_private_name_does_not_count(self):
        dotted = {"Name": "services.example.org.", "Vpc": "vpc-1", "CreatorRequestId": "t"}
        first = self.call("CreatePrivateDnsNamespace", **dotted)
        again = self.call("CreatePrivateDnsNamespace", **{**dotted, "Name": dotted["Name"][:-1]})
        self.assertEqual(first, again)
        operation = self.succeed(first)
        namespace = self.call("GetNamespace", Id=operation["Targets"]["NAMESPACE"])["Namespace"]
        names = (namespace["Name"], namespace["Properties"]["HttpProperties"]["HttpName"])
        self.assertEqual(("services.example.org",) * 2, names)
        self.register(self.create_service(namespace), "i-1", AWS_INSTANCE_IPV4="10.0.0.1")
        for name in ("services.example.org", "services.example.org."):
            found = self.call("DiscoverInstances", NamespaceName=name, ServiceName="web")
            self.assertEqual(
                ["services.example.org"], [i["NamespaceName"] for i in found["Instances"]]
            )
            for key in ("NAME", "HTTP_NAME"):
                filters = [{"Name": key, "Values": [name]}]
                listed = self.call("ListNamespaces", Filters=filters)["Namespaces"]
                self.assertEqual([namespace["Id"]], [n["Id"] for n in listed], (key, name))

    def test_registration_with_the_same_token_is_the_same_operation(self):
        service = self.create_service(self.create_namespace("Http"), records=())
        members = {"ServiceId": service["Id"], "InstanceId": "i-1", "Attributes": {"a": "b"}}
        first = self.call("RegisterInstance", CreatorRequestId="t", **members)
        self.assertEqual(first, self.call("RegisterInstance", CreatorRequestId="t", **members))
        self.assertNotEqual(first, self.call("RegisterInstance", CreatorRequestId="u", **members))


class CustomHealthDelay(ApiTestCase):
    server_flags = ("--store", "memory", "--custom-health-delay", "1h")

    def test_status_is_unchanged_within_the_delay_and_flips_back(self):
        service = self.create_service(
            self.create_namespace("Http"), records=(), HealthCheckCustomConfig={}
        )
        self.register(service, "i-1")
        for status in ("UNHEALTHY", "UNHEALTHY", "HEALTHY"):
            members = {"ServiceId": service["Id"], "InstanceId": "i-1", "Status": status}
            self.call("UpdateInstanceCustomHealthStatus", **members)
            health = self.call("GetInstancesHealthStatus", ServiceId=service["Id"])
            self.assertEqual({"i-1": "HEALTHY"}, health["Status"])

    def test_status_of_a_service_without_custom_check(self):
        service = self.create_service(self.create_namespace("Http"), records=())
        self.register(service, "i-1")
        members = {"ServiceId": service["Id"], "InstanceId": "i-1", "Status": "HEALTHY"}
        self.refused("CustomHealthNotFound", "UpdateInstanceCustomHealthStatus", **members)


if __name__ == "__main__":
    main()
