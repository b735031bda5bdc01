#!/usr/bin/env python3
"""Which instances an answer holds: MULTIVALUE up to eight at random, WEIGHTED one."""

import collections
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import dns_queries
from support.api_case import ApiTestCase
from support.server import main

QUERIES = 2_000


def chi_square(counts, kinds):
    """How far counts are from even: the statistic with kinds - 1 degrees of freedom."""
    expected = sum(counts.values()) / kinds
    return sum((counts.get(kind, 0) - expected) ** 2 / expected for kind in counts) + expected * (
        kinds - len(counts)
    )


class Selection(ApiTestCase):
    # A fair draw exceeds these with a probability below 1e-12.
    CHI_SQUARE_MAX = {12: 80.0, 5: 62.0}

    def make(self, count, policy, **members):
        """(owner name, addresses, service) of a service with so many instances."""
        namespace = self.create_namespace()
        config = {"RoutingPolicy": policy}
        service = self.create_service(namespace, DnsConfig=config, **members)
        addresses = [f"10.0.0.{i}" for i in range(count)]
        for address in addresses:
            self.register(service, f"i-{address}", AWS_INSTANCE_IPV4=address)
        return f"web.{namespace['Name']}.", addresses, service

    def answers(self, name):
        return [dns_queries.values_of(dns_queries.ask(self.server, name)) for _ in range(QUERIES)]

    def test_multivalue_answers_hold_8_distinct_of_12_and_all_over_time(self):
        name, addresses, _ = self.make(12, "MULTIVALUE")
        first, included = collections.Counter(), collections.Counter()
        for answer in self.answers(name):
            self.assertEqual((8, 8), (len(answer), len(set(answer))))
            first[answer[0]] += 1
            included.update(answer)
        self.assertEqual(set(addresses), set(included))
        self.assertLess(chi_square(first, 12), self.CHI_SQUARE_MAX[12], "the order is not random")
        # Draws without putting back vary less than independent ones.
        self.assertLess(chi_square(included, 12), self.CHI_SQUARE_MAX[12])

    def test_multivalue_answers_hold_all_of_up_to_8(self):
        name, addresses, _ = self.make(8, "MULTIVALUE")
        for answer in self.answers(name)[:50]:
            self.assertEqual(sorted(addresses), sorted(answer))

    def test_weighted_answers_hold_exactly_one_evenly(self):
        name, addresses, _ = self.make(5, "WEIGHTED")
        drawn = collections.Counter()
        for answer in self.answers(name):
            self.assertEqual(1, len(answer))
            drawn.update(answer)
        self.assertEqual(set(addresses), set(drawn))
        self.assertLess(chi_square(drawn, 5), self.CHI_SQUARE_MAX[5])

    def test_same_over_tcp(self):
        name, addresses, _ = self.make(12, "MULTIVALUE")
        for _ in range(20):
            answer = dns_queries.values(self.server, name, tcp=True)
            self.assertEqual(8, len(set(answer)))
            self.assertLessEqual(set(answer), set(addresses))

    def set_health(self, service, addresses, status):
        for address in addresses:
            members = {"ServiceId": service["Id"], "InstanceId": f"i-{address}", "Status": status}
            self.call("UpdateInstanceCustomHealthStatus", **members)

    def test_unhealthy_instances_are_left_out(self):
        name, addresses, service = self.make(4, "MULTIVALUE", HealthCheckCustomConfig={})
        self.set_health(service, addresses[:2], "UNHEALTHY")
        self.assertEqual(addresses[2:], dns_queries.values(self.server, name))
        self.set_health(service, addresses[:1], "HEALTHY")
        self.assertEqual([addresses[0], *addresses[2:]], dns_queries.values(self.server, name))

    def test_all_unhealthy_is_answered_as_all_healthy(self):
        name, addresses, service = self.make(12, "MULTIVALUE", HealthCheckCustomConfig={})
        self.set_health(service, addresses, "UNHEALTHY")
        seen = set()
        for answer in self.answers(name)[:200]:
            self.assertEqual(8, len(set(answer)))
            seen.update(answer)
        self.assertEqual(set(addresses), seen)

    def test_all_unhealthy_weighted_still_answers_one(self):
        name, addresses, service = self.make(3, "WEIGHTED", HealthCheckCustomConfig={})
        self.set_health(service, addresses, "UNHEALTHY")
        self.assertEqual(1, len(dns_queries.values(self.server, name)))

    def test_two_instances_of_one_address_are_one_record(self):
        namespace = self.create_namespace()
        service = self.create_service(namespace)
        for instance in ("a", "b"):
            self.register(service, instance, AWS_INSTANCE_IPV4="10.0.0.1")
        name = f"web.{namespace['Name']}."
        self.assertEqual(["10.0.0.1"], dns_queries.values(self.server, name))
        self.succeed(self.call("DeregisterInstance", ServiceId=service["Id"], InstanceId="a"))
        self.assertEqual(["10.0.0.1"], dns_queries.values(self.server, name))


if __name__ == "__main__":
    main()
