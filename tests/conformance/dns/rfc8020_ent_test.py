#!/usr/bin/env python3
"""Empty non-terminals (RFC 4592 s2.2.2) and that nothing exists below NXDOMAIN (RFC 8020)."""

from dns_case import DnsTestCase
from support.server import main


class EmptyNonTerminals(DnsTestCase):
    @classmethod
    def populate(cls, registry):
        cls.namespace = registry.namespace("sd.test")

    def rcodes(self, *names):
        """The rcodes of the names, each with the apex's SOA."""
        found = []
        for name in names:
            response = self.ask(name, "TXT")
            self.assert_negative(response, response.rcode, "sd.test")
            found.append(response.rcode)
        return found

    def service(self, name, **records):
        return self.registry.service(self.namespace, name, records or {"A": 60})

    def test_rfc8020_parents_of_a_name_exist_as_long_as_it_does(self):
        names = ("a.b.deep.sd.test", "b.deep.sd.test", "deep.sd.test")
        service = self.service("a.b.deep")
        self.assertEqual(["NXDOMAIN"] * 3, self.rcodes(*names))
        self.registry.instance(service, "i-1", ipv4="192.0.2.1")
        self.assertEqual(["NOERROR"] * 3, self.rcodes(*names))
        self.assertEqual(["NXDOMAIN"] * 3, self.rcodes("c.deep.sd.test", "x.a.b.deep.sd.test", "eep.sd.test"))
        self.registry.deregister(service, "i-1")
        self.assertEqual(["NXDOMAIN"] * 3, self.rcodes(*names))

    def test_rfc4592_s2_2_2_underscore_parent_of_a_service_is_nodata(self):
        service = self.service("_http._tcp", SRV=60)
        self.registry.instance(service, "i-1", ipv4="192.0.2.1", port=80)
        self.assertEqual(["NOERROR"], self.rcodes("_tcp.sd.test"))
        self.registry.deregister(service, "i-1")
        self.assertEqual(["NXDOMAIN"], self.rcodes("_tcp.sd.test"))

    def test_rfc8020_a_service_without_instances_is_nodata_while_names_exist_below_it(self):
        above, below = self.service("above"), self.service("below.above")
        self.registry.instance(above, "i-1", ipv4="192.0.2.1")
        self.registry.instance(below, "i-1", ipv4="192.0.2.2")
        self.registry.deregister(above, "i-1")
        self.assertEqual(["NOERROR", "NOERROR"], self.rcodes("above.sd.test", "below.above.sd.test"))
        self.registry.deregister(below, "i-1")
        self.assertEqual(["NXDOMAIN", "NXDOMAIN"], self.rcodes("above.sd.test", "below.above.sd.test"))

    def test_rfc8020_siblings_keep_their_parent(self):
        services = [self.service(f"s{i}.family") for i in range(3)]
        for service in services:
            self.registry.instance(service, "i-1", ipv4="192.0.2.1")
        for service in services:
            self.assertEqual(["NOERROR"], self.rcodes("family.sd.test"))
            self.registry.deregister(service, "i-1")
        self.assertEqual(["NXDOMAIN"], self.rcodes("family.sd.test"))

    def test_rfc8020_host_names_with_dots_have_parents(self):
        service = self.service("hosts", SRV=60)
        self.registry.instance(service, "one.two", ipv4="192.0.2.1", port=80)
        self.assertEqual(["NOERROR", "NOERROR"], self.rcodes("one.two.hosts.sd.test", "two.hosts.sd.test"))
        self.registry.deregister(service, "one.two")
        self.assertEqual(["NXDOMAIN", "NXDOMAIN"], self.rcodes("one.two.hosts.sd.test", "two.hosts.sd.test"))

    def test_rfc8020_a_zone_below_makes_the_names_above_it_exist(self):
        self.assertEqual(["NXDOMAIN"], self.rcodes("cut.sd.test"))
        child = self.registry.namespace("zone.cut.sd.test")
        self.assertEqual(["NOERROR"], self.rcodes("cut.sd.test"))
        self.registry.delete_namespace(child)
        self.assertEqual(["NXDOMAIN", "NXDOMAIN"], self.rcodes("cut.sd.test", "zone.cut.sd.test"))

    def test_rfc8020_zones_between_take_over_and_give_back(self):
        lower = self.registry.namespace("low.mid.top.sd.test")
        middle = self.registry.namespace("mid.top.sd.test")
        self.assertEqual(["NOERROR"], self.rcodes("top.sd.test"))
        self.registry.delete_namespace(lower)
        self.assertEqual(["NOERROR"], self.rcodes("top.sd.test"))
        lower = self.registry.namespace("low.mid.top.sd.test")
        self.registry.delete_namespace(middle)
        self.assertEqual(["NOERROR", "NOERROR"], self.rcodes("top.sd.test", "mid.top.sd.test"))
        self.registry.delete_namespace(lower)
        self.assertEqual(["NXDOMAIN", "NXDOMAIN"], self.rcodes("top.sd.test", "mid.top.sd.test"))


if __name__ == "__main__":
    main()
