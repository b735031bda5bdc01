#!/usr/bin/env python3
"""What Route 53 does with the records of Cloud Map: routing policies, health, TTLs, views."""

from dns_case import DnsTestCase, opt
from support.server import main


class RoutingPolicy(DnsTestCase):
    @classmethod
    def populate(cls, registry):
        cls.namespace = registry.namespace("sd.test")

    def service(self, name, records=None, **options):
        return self.registry.service(self.namespace, name, records or {"A": 60}, **options)

    def seen(self, name, record_type="A", times=200):
        """Every value answered, and the sizes of the answers."""
        values, sizes = set(), set()
        for _ in range(times):
            answer = self.ask(f"{name}.sd.test", record_type, edns=opt()).answer
            self.assertEqual(len(set(answer)), len(answer))
            values.update(line.split()[-1] for line in answer)
            sizes.add(len(answer))
        return values, sizes

    def ips(self, *hosts):
        return {f"192.0.2.{host}" for host in hosts}

    def test_route53_multivalue_answers_all_of_up_to_eight(self):
        for count in (1, 2, 8):
            with self.subTest(count=count):
                service = self.service(f"m{count}")
                self.registry.addresses(service, count)
                self.assertEqual((self.ips(*range(1, count + 1)), {count}), self.seen(f"m{count}", times=20))

    def test_route53_multivalue_answers_eight_of_more_and_every_one_in_time(self):
        for count in (9, 12, 70):
            with self.subTest(count=count):
                service = self.service(f"m{count}")
                self.registry.addresses(service, count)
                values, sizes = self.seen(f"m{count}", times=400)
                self.assertEqual((self.ips(*range(1, count + 1)), {8}), (values, sizes))

    def test_route53_multivalue_order_is_random(self):
        service = self.service("order")
        self.registry.addresses(service, 4)
        orders = {tuple(self.ask("order.sd.test").answer) for _ in range(1000)}
        self.assertEqual(24, len(orders))

    def test_route53_weighted_answers_exactly_one_and_every_one_in_time(self):
        service = self.service("w", {"A": 60, "AAAA": 60}, policy="WEIGHTED")
        for i in range(1, 6):
            self.registry.instance(service, f"i-{i}", ipv4=f"192.0.2.{i}", ipv6=f"2001:db8::{i}")
        self.assertEqual((self.ips(1, 2, 3, 4, 5), {1}), self.seen("w"))
        self.assertEqual(({f"2001:db8::{i}" for i in range(1, 6)}, {1}), self.seen("w", "AAAA"))

    def test_route53_weighted_srv_and_cname_answer_exactly_one(self):
        srv = self.service("_w._tcp", {"SRV": 60}, policy="WEIGHTED")
        cname = self.service("wc", {"CNAME": 60}, policy="WEIGHTED")
        for i in (1, 2, 3):
            self.registry.instance(srv, f"i-{i}", ipv4=f"192.0.2.{i}", port=80)
            self.registry.instance(cname, f"i-{i}", cname=f"t{i}.example.com")
        self.assertEqual(({f"i-{i}._w._tcp.sd.test." for i in (1, 2, 3)}, {1}), self.seen("_w._tcp", "SRV"))
        self.assertEqual(({f"t{i}.example.com." for i in (1, 2, 3)}, {1}), self.seen("wc"))

    def test_route53_unhealthy_instances_are_left_out(self):
        for policy in ("MULTIVALUE", "WEIGHTED"):
            with self.subTest(policy):
                name = f"h-{policy.lower()}"
                service = self.service(name, policy=policy, health=True)
                self.registry.addresses(service, 4)
                self.registry.set_health(service, "i-1", "UNHEALTHY")
                self.registry.set_health(service, "i-2", "UNHEALTHY")
                self.assertEqual(self.ips(3, 4), self.seen(name)[0])
                self.registry.set_health(service, "i-2", "HEALTHY")
                self.assertEqual(self.ips(2, 3, 4), self.seen(name)[0])

    def test_route53_all_unhealthy_is_answered_as_all_healthy(self):
        for policy, size in (("MULTIVALUE", 8), ("WEIGHTED", 1)):
            with self.subTest(policy):
                name = f"o-{policy.lower()}"
                service = self.service(name, policy=policy, health=True)
                self.registry.addresses(service, 9)
                for i in range(1, 10):
                    self.registry.set_health(service, f"i-{i}", "UNHEALTHY")
                self.assertEqual((self.ips(*range(1, 10)), {size}), self.seen(name, times=300))
                self.registry.set_health(service, "i-5", "HEALTHY")
                self.assertEqual((self.ips(5), {1}), self.seen(name, times=20))

    def test_cloudmap_host_names_answer_whatever_the_health(self):
        service = self.service("_hh._tcp", {"SRV": 60}, health=True)
        for i in (1, 2):
            self.registry.instance(service, f"i-{i}", ipv4=f"192.0.2.{i}", port=80)
        self.registry.set_health(service, "i-1", "UNHEALTHY")
        self.assertEqual(1, len(self.ask("_hh._tcp.sd.test", "SRV").answer))
        self.assertEqual(1, len(self.ask("i-1._hh._tcp.sd.test").answer))

    def test_cloudmap_initial_health_status_counts(self):
        service = self.service("init", health=True)
        self.registry.instance(service, "i-1", ipv4="192.0.2.1")
        self.registry._endpoint.call(  # an attribute without the usual prefix
            "RegisterInstance",
            ServiceId=service,
            InstanceId="i-2",
            Attributes={"AWS_INSTANCE_IPV4": "192.0.2.2", "AWS_INIT_HEALTH_STATUS": "UNHEALTHY"},
        )
        self.assertEqual(self.ips(1), self.seen("init", times=20)[0])

    def test_rfc2181_s5_instances_with_one_address_give_one_record(self):
        service = self.service("same")
        for i in range(12):
            self.registry.instance(service, f"i-{i}", ipv4="192.0.2.1")
        self.assertEqual(["same.sd.test. A 192.0.2.1"], self.ask("same.sd.test").answer)
        self.registry.deregister(service, "i-0")
        self.assertEqual(["same.sd.test. A 192.0.2.1"], self.ask("same.sd.test").answer)


class Records(DnsTestCase):
    @classmethod
    def populate(cls, registry):
        cls.namespace = registry.namespace("sd.test")

    def test_rfc2181_s5_2_and_s8_an_rrset_has_one_ttl_and_each_type_its_own(self):
        service = self.registry.service(self.namespace, "ttl", {"A": 60, "AAAA": 2147483647})
        for i in (1, 2, 3):
            self.registry.instance(service, f"i-{i}", ipv4=f"192.0.2.{i}", ipv6=f"2001:db8::{i}")
        self.assertEqual([60] * 3, self.ask("ttl.sd.test").ttls)
        self.assertEqual([2147483647] * 3, self.ask("ttl.sd.test", "AAAA").ttls)

    def test_cloudmap_ttl_0_is_answered(self):
        service = self.registry.service(self.namespace, "zero", {"A": 0})
        self.registry.instance(service, "i-1", ipv4="192.0.2.1")
        self.assertEqual([0], self.ask("zero.sd.test").ttls)

    def test_cloudmap_update_of_the_ttl_reaches_published_records(self):
        service = self.registry.service(self.namespace, "upd", {"A": 60})
        self.registry.addresses(service, 2)
        self.registry.update_ttls(service, {"A": 5})
        self.assertEqual([5, 5], self.ask("upd.sd.test").ttls)

    def test_cloudmap_a_registration_again_replaces_the_records(self):
        service = self.registry.service(self.namespace, "again", {"SRV": 60})
        self.registry.instance(service, "i-1", ipv4="192.0.2.1", port=80)
        self.registry.instance(service, "i-1", ipv6="2001:db8::1", port=81)
        self.assertEqual(
            ["again.sd.test. SRV 1 1 81 i-1.again.sd.test."], self.ask("again.sd.test", "SRV").answer
        )
        self.assert_negative(self.ask("i-1.again.sd.test"), "NOERROR", "sd.test")
        self.assertEqual(1, len(self.ask("i-1.again.sd.test", "AAAA").answer))

    def test_cloudmap_name_of_a_service_whose_last_instance_left_is_nxdomain(self):
        service = self.registry.service(self.namespace, "left", {"A": 60})
        self.assert_negative(self.ask("left.sd.test"), "NXDOMAIN", "sd.test")
        self.registry.addresses(service, 2)
        self.registry.deregister(service, "i-1")
        self.assertEqual(1, len(self.ask("left.sd.test").answer))
        self.registry.deregister(service, "i-2")
        self.assert_negative(self.ask("left.sd.test"), "NXDOMAIN", "sd.test")

    def test_cloudmap_service_dot_is_the_apex(self):
        namespace = self.registry.namespace("apex.test")
        service = self.registry.service(namespace, ".", {"A": 60})
        self.registry.instance(service, "i-1", ipv4="192.0.2.1")
        self.assertEqual(["apex.test. A 192.0.2.1"], self.ask("apex.test").answer)
        self.assertEqual(1, len(self.ask("apex.test", "SOA").answer))
        self.registry.deregister(service, "i-1")
        self.assert_negative(self.ask("apex.test"), "NOERROR", "apex.test")

    def test_cloudmap_service_dot_with_srv_has_host_names_below_the_apex(self):
        namespace = self.registry.namespace("srv.test")
        service = self.registry.service(namespace, ".", {"SRV": 60})
        self.registry.instance(service, "i-1", ipv4="192.0.2.1", port=80)
        self.assertEqual(["srv.test. SRV 1 1 80 i-1.srv.test."], self.ask("srv.test", "SRV").answer)
        self.assertEqual(["i-1.srv.test. A 192.0.2.1"], self.ask("i-1.srv.test").answer)

    def test_cloudmap_a_services_have_no_host_names(self):
        service = self.registry.service(self.namespace, "nohost", {"A": 60})
        self.registry.instance(service, "i-1", ipv4="192.0.2.1")
        self.assert_negative(self.ask("i-1.nohost.sd.test"), "NXDOMAIN", "sd.test")

    def test_cloudmap_names_that_meet_are_merged(self):
        hosts = self.registry.service(self.namespace, "meet", {"SRV": 30})
        self.registry.instance(hosts, "at", ipv4="192.0.2.1", port=80)
        service = self.registry.service(self.namespace, "at.meet", {"A": 60})
        self.registry.instance(service, "i-1", ipv4="192.0.2.2")
        response = self.ask("at.meet.sd.test")
        self.assertEqual(["at.meet.sd.test. A 192.0.2.1", "at.meet.sd.test. A 192.0.2.2"], sorted(response.answer))
        self.assertEqual([30, 30], response.ttls)
        self.registry.deregister(hosts, "at")
        response = self.ask("at.meet.sd.test")
        self.assertEqual((["at.meet.sd.test. A 192.0.2.2"], [60]), (response.answer, response.ttls))


class Views(DnsTestCase):
    @classmethod
    def populate(cls, registry):
        pass

    def make(self, name, address, **options):
        namespace = self.registry.namespace(name, **options)
        service = self.registry.service(namespace, "web", {"A": 60})
        self.registry.instance(service, "i-1", ipv4=address)
        return namespace, service

    def remove(self, namespace, service):
        self.registry.deregister(service, "i-1")
        self.registry.delete_service(service)
        self.registry.delete_namespace(namespace)

    def test_route53_a_private_zone_hides_the_public_one_of_its_name(self):
        self.make("split.test", "192.0.2.1", kind="PublicDns")
        public_only = self.registry.namespace("public.split.test", kind="PublicDns")
        self.assertEqual(["web.split.test. A 192.0.2.1"], self.ask("web.split.test").answer)
        private = self.make("split.test", "192.0.2.2")
        self.assertEqual(["web.split.test. A 192.0.2.2"], self.ask("web.split.test").answer)
        self.remove(*private)
        self.assertEqual(["web.split.test. A 192.0.2.1"], self.ask("web.split.test").answer)
        self.registry.delete_namespace(public_only)

    def test_cloudmap_private_zones_of_one_name_in_several_vpcs_are_merged(self):
        first = self.make("vpcs.test", "192.0.2.1", vpc="vpc-1", soa_ttl=7)
        second = self.make("vpcs.test", "192.0.2.2", vpc="vpc-2", soa_ttl=9)
        self.assertEqual(2, len(self.ask("web.vpcs.test").answer))
        self.assert_negative(self.ask("no.vpcs.test"), "NXDOMAIN", "vpcs.test", 7)
        self.remove(*first)
        self.assertEqual(["web.vpcs.test. A 192.0.2.2"], self.ask("web.vpcs.test").answer)
        self.assert_negative(self.ask("no.vpcs.test"), "NXDOMAIN", "vpcs.test", 9)
        self.remove(*second)
        self.assertEqual("REFUSED", self.ask("web.vpcs.test").rcode)


if __name__ == "__main__":
    main()
