"""Generated namespaces: what to register, and the same as zone files.

    content = Content(seed=1, count=300)
    content.register(endpoint)
    content.zone_files(address)   # {apex: text}; where the server under test answers DNS
    content.questions(6000)       # Question(name, type, tags)
"""

import collections
import dataclasses
import random

NAMESERVER = "cloudmapd-ns"
SERVICES = (
    "web", "api-{n}", "a.b", "deep.er.name{n}", "_http._tcp", "_grpc._tcp.v{n}", "under_score", "x{n}", "UPPER-{n}",
    "l" * 63, "db.primary", "db.replica", "{n}", "v{n}-dash",
)
KINDS = ("A", "AAAA", "A+AAAA", "SRV", "A+SRV", "AAAA+SRV", "A+AAAA+SRV", "CNAME")
TYPES = ("A", "AAAA", "SRV", "CNAME", "TXT", "MX", "SOA", "NS", "PTR", "DS", "TYPE65280", "HTTPS", "ANY")
MULTIVALUE_MAX = 8


@dataclasses.dataclass
class RRset:
    ttl: int
    values: list
    most: int  # how many of them one answer has


@dataclasses.dataclass(frozen=True)
class Question:
    name: str
    record_type: str
    tags: frozenset


class Content:
    def __init__(self, seed, count):
        self._rng = random.Random(seed)
        self.soa_ttls = {}
        self.services = collections.defaultdict(list)  # apex: (name, kind, ttls, policy, instances)
        self.names = collections.defaultdict(dict)  # apex: {owner: {type: RRset}}
        for number in range(count):
            self._add_zone(number)
        for number, apex in enumerate(list(self.soa_ttls)):
            self._fill(number, apex)
        self._add_loop(next(iter(self.soa_ttls)))

    def _add_zone(self, number):
        rng = self._rng
        above = rng.choice(list(self.soa_ttls)) if self.soa_ttls and rng.random() < 0.3 else None
        if above is not None and above.count(".") < 8:
            # Sometimes with an empty non-terminal between the two.
            apex = rng.choice(("zone{}.{}", "zone{}.between.{}")).format(number, above)
        else:
            apex = rng.choice(("ns{}", "ns{}.test", "sd.ns{}.internal", "a.b.c.ns{}.test")).format(number)
        self.soa_ttls[apex] = rng.choice((0, 5, 15, 300, 86400, 100000))

    def _fill(self, number, apex):
        rng = self._rng
        stems = rng.sample(SERVICES, rng.randint(0, 5))
        for stem in stems:
            name = stem.format(n=number)
            kind = rng.choice(KINDS)
            policy = "WEIGHTED" if kind == "CNAME" else rng.choice(("MULTIVALUE", "MULTIVALUE", "WEIGHTED"))
            ttls = {one: rng.choice((0, 1, 10, 60, 3600)) for one in kind.split("+")}
            # More than one CNAME at a name is for us alone: a zone file cannot have it.
            count = 1 if kind == "CNAME" else rng.randint(1, 12)
            instances = [self._instance(kind, apex, i) for i in range(count)]
            self.services[apex].append((name, kind, ttls, policy, instances))
            self._publish(apex, f"{name}.{apex}", ttls, policy, instances)

    def _add_loop(self, apex):
        """Two CNAMEs that lead to each other: chance alone does not always make one."""
        for name, other in (("loop-a", "loop-b"), ("loop-b", "loop-a")):
            instances = [("i-0", {"AWS_INSTANCE_CNAME": f"{other}.{apex}"})]
            self.services[apex].append((name, "CNAME", {"CNAME": 60}, "WEIGHTED", instances))
            self._publish(apex, f"{name}.{apex}", {"CNAME": 60}, "WEIGHTED", instances)

    def _instance(self, kind, apex, number):
        rng = self._rng
        host = rng.randrange(200)  # sometimes the same as another's
        attributes = {}
        kinds = kind.split("+")
        # The host of an SRV record has whatever addresses were given, also those of no record's.
        if "A" in kinds or kind == "SRV":
            attributes["AWS_INSTANCE_IPV4"] = f"10.{rng.randrange(4)}.0.{host}"
        if "AAAA" in kinds or ("SRV" in kinds and rng.random() < 0.5):
            attributes["AWS_INSTANCE_IPV6"] = f"2001:db8::{host:x}"
        if "SRV" in kinds:
            attributes["AWS_INSTANCE_PORT"] = str(rng.randrange(1, 65536))
        if kind == "CNAME":
            attributes["AWS_INSTANCE_CNAME"] = self._target(apex)
        return f"i-{number}", attributes

    def _target(self, apex):
        """Into this zone, another of ours, nowhere in ours, or outside."""
        rng = self._rng
        same = rng.random() < 0.5
        zone = apex if same else rng.choice(list(self.soa_ttls))
        stem = rng.choice((*SERVICES[:3], "web", "missing"))
        return rng.choice((f"{stem.format(n=1)}.{zone}", f"WEB.{zone}", zone, "www.example.com."))

    def _publish(self, apex, owner, ttls, policy, instances):
        most = 1 if policy == "WEIGHTED" else MULTIVALUE_MAX
        zone = self.names[apex]
        attribute = {"A": "AWS_INSTANCE_IPV4", "AAAA": "AWS_INSTANCE_IPV6", "CNAME": "AWS_INSTANCE_CNAME"}
        node = zone.setdefault(owner.lower(), {})
        for kind, ttl in ttls.items():
            if kind != "SRV":
                values = [given[attribute[kind]] for _, given in instances]
                node[kind] = RRset(ttl, sorted(set(values)), most)
                continue
            hosts = [(f"{i}.{owner}", given) for i, given in instances]
            node["SRV"] = RRset(ttl, [f"1 1 {given['AWS_INSTANCE_PORT']} {host}." for host, given in hosts], most)
            for host, given in hosts:
                host_node = zone.setdefault(host.lower(), {})
                for address in ("A", "AAAA"):
                    if attribute[address] in given:
                        host_node[address] = RRset(ttl, [given[attribute[address]]], MULTIVALUE_MAX)

    def register(self, endpoint):
        last = None
        for apex, ttl in self.soa_ttls.items():
            soa = {"DnsProperties": {"SOA": {"TTL": ttl}}}
            made = endpoint.call("CreatePrivateDnsNamespace", Name=apex, Vpc="vpc-1", Properties=soa)
            operation = endpoint.call("GetOperation", OperationId=made["OperationId"])["Operation"]
            namespace = operation["Targets"]["NAMESPACE"]
            for name, _, ttls, policy, instances in self.services[apex]:
                records = [{"Type": kind, "TTL": ttl} for kind, ttl in ttls.items()]
                config = {"RoutingPolicy": policy, "DnsRecords": records}
                service = endpoint.call("CreateService", Name=name, NamespaceId=namespace, DnsConfig=config)
                for instance, attributes in instances:
                    last = endpoint.call(
                        "RegisterInstance",
                        ServiceId=service["Service"]["Id"],
                        InstanceId=instance,
                        Attributes=attributes,
                    )
        return endpoint.call("GetOperation", OperationId=last["OperationId"])["Operation"]

    def zone_files(self, address):
        return {apex: self._zone_file(apex, address) for apex in self.soa_ttls}

    def _zone_file(self, apex, address):
        server = f"{NAMESERVER}.{apex}."
        numbers = "1 7200 900 1209600 86400"
        lines = [f"{apex}. {self.soa_ttls[apex]} SOA {server} hostmaster.{apex}. {numbers}"]
        lines += [f"{apex}. 300 NS {server}", f"{server} 300 A {address}"]
        # The delegation makes the peers' parent zone know what is below it.
        for other in self.soa_ttls:
            if other.endswith("." + apex) and self.zone_of(other.split(".", 1)[1]) == apex:
                lines.append(f"{other}. 300 NS {server}")
        for owner, node in self.names[apex].items():
            for kind, rrset in node.items():
                for value in rrset.values:
                    dot = "." if kind == "CNAME" and not value.endswith(".") else ""
                    lines.append(f"{owner}. {rrset.ttl} {kind} {value}{dot}")
        return "\n".join(lines) + "\n"

    def zone_of(self, name):
        """The apex of the deepest zone of a name, or None."""
        labels = name.lower().rstrip(".").split(".")
        suffixes = (".".join(labels[i:]) for i in range(len(labels)))
        return next((suffix for suffix in suffixes if suffix in self.soa_ttls), None)

    def node(self, name):
        apex = self.zone_of(name)
        return self.names[apex].get(name.lower().rstrip("."), {}) if apex else {}

    def questions(self, count):
        """A seeded choice: half of it asks existing names for types that they have."""
        rng = self._rng
        asked = []
        for apex, zone in self.names.items():
            for owner, node in zone.items():
                asked += [(owner, kind) for kind in node]
        candidates = []
        for apex in self.soa_ttls:
            around = [apex, f"missing.{apex}", f"_tcp.{apex}", f"b.{apex}", f"er.name.{apex}", f"between.{apex}"]
            for owner in self.names[apex]:
                around += [owner, f"x.{owner}", f"x.y.{owner}", owner.split(".", 1)[1]]
            candidates += [(name, kind) for name in around for kind in TYPES]
        asked = rng.sample(asked, min(len(asked), count // 2))
        asked += [(name, kind) for name in ("example.com", "test", "xns1.test", ".") for kind in TYPES]
        asked += [(f"loop-a.{next(iter(self.soa_ttls))}", kind) for kind in TYPES]
        asked += rng.sample(candidates, min(len(candidates), count - len(asked)))
        rng.shuffle(asked)
        return [Question(name, kind, self._tags(name, kind)) for name, kind in asked]

    def _tags(self, name, kind):
        """What exceptions may depend on."""
        tags = set()
        if kind == "ANY":
            tags.add("any")
        if kind == "DS" and name.rstrip(".") in self.soa_ttls:
            tags.add("ds-at-apex")
        seen = []
        while True:
            node = self.node(name)
            wanted = node.get(kind)
            if wanted is not None and len(wanted.values) > wanted.most:
                tags.add("selected")
            if "CNAME" not in node or kind in ("CNAME", "ANY"):
                return frozenset(tags)
            seen.append(name.lower().rstrip("."))
            target = node["CNAME"].values[0]
            if target.lower().rstrip(".") in seen:
                tags.add("loop")
                return frozenset(tags)
            if self.zone_of(target) != self.zone_of(name):
                tags.add("chain-across")
            name = target
