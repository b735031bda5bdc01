#!/usr/bin/env python3
"""Which record types one service may have, what its instances need, and what DNS then answers."""

import itertools
import pathlib
import sys

import dns.query
import dns.rdatatype
import dns.zone

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support import dns_queries
from support.api_case import ApiTestCase
from support.loopback import own_address
from support.server import main

TYPES = ("A", "AAAA", "SRV", "CNAME")
# The model of the API lists the first five; real accounts have the others, too.
TAKEN = {
    frozenset(types)
    for types in (
        ("A",),
        ("AAAA",),
        ("A", "AAAA"),
        ("SRV",),
        ("CNAME",),
        ("A", "SRV"),
        ("AAAA", "SRV"),
        ("A", "AAAA", "SRV"),
    )
}
TTLS = {"A": 60, "AAAA": 30, "SRV": 10}
NEEDED = {"A": "AWS_INSTANCE_IPV4", "AAAA": "AWS_INSTANCE_IPV6", "SRV": "AWS_INSTANCE_PORT"}


def attributes(number):
    return {
        "AWS_INSTANCE_IPV4": f"192.0.2.{number}",
        "AWS_INSTANCE_IPV6": f"2001:db8::{number}",
        "AWS_INSTANCE_PORT": str(8000 + number),
    }


class RecordSets(ApiTestCase):
    server_flags = ("--store", "memory", "--allow-transfer", own_address())

    def service_with(self, types, policy="MULTIVALUE", **members):
        """The service, and its full name."""
        namespace = self.create_namespace()
        records = [{"Type": kind, "TTL": TTLS[kind]} for kind in types]
        config = {"RoutingPolicy": policy, "DnsRecords": records}
        service = self.create_service(namespace, DnsConfig=config, **members)
        self.assertEqual(records, service["DnsConfig"]["DnsRecords"])
        return service, f"web.{namespace['Name']}."

    def answer(self, name, kind):
        """The answer and additional sections as {(owner, TTL, type, data)}."""
        response = dns_queries.ask(self.server, name, kind)
        self.assertEqual("NOERROR", dns_queries.rcode_of(response))
        return tuple(
            {
                (str(rrset.name), rrset.ttl, dns.rdatatype.to_text(rrset.rdtype), str(data))
                for rrset in section
                for data in rrset
            }
            for section in (response.answer, response.additional)
        )

    def test_a_and_aaaa_stand_together_and_beside_srv_and_cname_alone(self):
        namespace = self.create_namespace()
        for count in range(1, len(TYPES) + 1):
            for types in itertools.combinations(TYPES, count):
                config = {
                    "RoutingPolicy": "WEIGHTED",
                    "DnsRecords": [{"Type": kind, "TTL": 60} for kind in types],
                }
                members = {"NamespaceId": namespace["Id"], "DnsConfig": config}
                members["Name"] = self.unique("types")
                with self.subTest(types=types):
                    if frozenset(types) in TAKEN:
                        self.call("CreateService", **members)
                    else:
                        self.refused("InvalidInput", "CreateService", **members)

    def test_the_port_and_each_address_are_required(self):
        for types in (("A", "SRV"), ("AAAA", "SRV"), ("A", "AAAA", "SRV")):
            service, _ = self.service_with(types)
            for left_out in types:
                given = attributes(1)
                del given[NEEDED[left_out]]
                members = {"ServiceId": service["Id"], "InstanceId": "i-1", "Attributes": given}
                with self.subTest(types=types, left_out=left_out):
                    self.refused("InvalidInput", "RegisterInstance", **members)
            enough = {NEEDED[kind]: attributes(1)[NEEDED[kind]] for kind in types}
            self.register(service, "i-1", **enough)

    def test_each_type_has_its_ttl_and_targets_have_the_srv_records(self):
        service, name = self.service_with(("A", "AAAA", "SRV"))
        for number in (1, 2):
            self.register(service, f"i-{number}", **attributes(number))
        self.assertEqual(
            {(name, 60, "A", f"192.0.2.{i}") for i in (1, 2)}, self.answer(name, "A")[0]
        )
        self.assertEqual(
            {(name, 30, "AAAA", f"2001:db8::{i}") for i in (1, 2)}, self.answer(name, "AAAA")[0]
        )
        targets, addresses = self.answer(name, "SRV")
        self.assertEqual(
            {(name, 10, "SRV", f"1 1 {8000 + i} i-{i}.{name}") for i in (1, 2)}, targets
        )
        hosts = {
            (f"i-{i}.{name}", 10, kind, data)
            for i in (1, 2)
            for kind, data in (("A", f"192.0.2.{i}"), ("AAAA", f"2001:db8::{i}"))
        }
        self.assertEqual(hosts, addresses)
        self.assertEqual(
            {("i-1." + name, 10, "A", "192.0.2.1")}, self.answer("i-1." + name, "A")[0]
        )

    def test_weighted_gives_one_record_of_each_type(self):
        service, name = self.service_with(("A", "SRV"), "WEIGHTED")
        for number in (1, 2, 3):
            self.register(service, f"i-{number}", **attributes(number))
        for kind in ("A", "SRV"):
            seen = set()
            for _ in range(100):
                (record,) = self.answer(name, kind)[0]
                seen.add(record)
            self.assertEqual(3, len(seen), kind)

    def test_an_alias_has_no_port_to_give(self):
        service, _ = self.service_with(("A", "SRV"), "WEIGHTED")
        alias = {"AWS_ALIAS_DNS_NAME": "lb.example.com"}
        members = {"ServiceId": service["Id"], "InstanceId": "i-1", "Attributes": alias}
        self.refused("InvalidInput", "RegisterInstance", **members)

    def test_a_target_that_some_resolvers_do_not_read_is_in_the_log(self):
        service, name = self.service_with(("A", "SRV"))
        self.register(service, "tcp:80@host", **attributes(1))
        self.assertEqual(
            [rf"1 1 8001 tcp:80\@host.{name}"],
            dns_queries.values(self.server, name, "SRV"),
            "AWS takes such ids, and so do we",
        )
        warnings = [
            line
            for line in self.server.log_path.read_text().splitlines()
            if service["Id"] in line and "tcp:80@host" in line and "c-ares" in line
        ]
        self.assertEqual(1, len(warnings))

    def test_health_takes_an_instance_out_of_all_types(self):
        service, name = self.service_with(("A", "SRV"), HealthCheckCustomConfig={})
        for number in (1, 2):
            health = {"AWS_INIT_HEALTH_STATUS": "UNHEALTHY" if number == 2 else "HEALTHY"}
            self.register(service, f"i-{number}", **attributes(number), **health)
        self.assertEqual(["192.0.2.1"], dns_queries.values(self.server, name))
        self.assertEqual(
            [f"1 1 8001 i-1.{name}"], dns_queries.values(self.server, name, "SRV")
        )

    def test_an_update_changes_ttls_alone(self):
        service, name = self.service_with(("A", "SRV"))
        self.register(service, "i-1", **attributes(1))
        records = [{"Type": "SRV", "TTL": 5}, {"Type": "A", "TTL": 7}]
        change = {"DnsConfig": {"DnsRecords": records}}
        self.succeed(self.call("UpdateService", Id=service["Id"], Service=change))
        self.assertEqual({(name, 7, "A", "192.0.2.1")}, self.answer(name, "A")[0])
        targets, addresses = self.answer(name, "SRV")
        self.assertEqual({5}, {ttl for _, ttl, _, _ in targets | addresses})
        change = {"DnsConfig": {"DnsRecords": records[:1]}}
        self.assertEqual(
            "The record types in the request must be the same as those present in the existing service. "
            "Records in the existing service are [A, SRV], but the records in the request are [SRV]. "
            "The record types of a service cannot be changed.",
            self.refusal("InvalidInput", "UpdateService", Id=service["Id"], Service=change),
        )

    def test_a_transfer_has_them_all(self):
        service, name = self.service_with(("A", "AAAA", "SRV"))
        self.register(service, "i-1", **attributes(1))
        apex = name.split(".", 1)[1]
        address, port = self.server.dns
        zone = dns.zone.from_xfr(
            dns.query.xfr(address, apex, port=port, source=own_address(), relativize=False),
            relativize=False,
        )
        found = {
            (str(owner), ttl, dns.rdatatype.to_text(data.rdtype), str(data))
            for owner, ttl, data in zone.iterate_rdatas()
            if str(owner).endswith("web." + apex)
        }
        self.assertEqual(
            {
                (name, 60, "A", "192.0.2.1"),
                (name, 30, "AAAA", "2001:db8::1"),
                (name, 10, "SRV", f"1 1 8001 i-1.{name}"),
                ("i-1." + name, 10, "A", "192.0.2.1"),
                ("i-1." + name, 10, "AAAA", "2001:db8::1"),
            },
            found,
        )


class EmulatedRecordSets(RecordSets):
    """AWS takes the same sets, so its emulation does."""

    server_flags = (*RecordSets.server_flags, "--emulate", "aws")


if __name__ == "__main__":
    main()
