"""What every server of the DNS bench serves, and what they are asked: dns_content.h in Python.

For each of N groups: a service with eight A records, one with eight SRV records, and the latter's
host names; with the zone about ten names a group.
"""

import random

ZONE = "bench.local"
INSTANCES = 8
TTL = 60
NAMES_PER_GROUP = 2 + INSTANCES
# Weights of the kinds of queries.
MIX = {"a": 60, "srv": 20, "host": 10, "nxdomain": 5, "nodata": 5}


def ipv4(group, instance, net=10):
    low = (group & 3) * 64 + instance + 1
    return f"{net}.{(group >> 10) & 255}.{(group >> 2) & 255}.{low}"


def write_zone(path, groups):
    """The content as a zone file."""
    with open(path, "w", encoding="ascii") as out:
        out.write(
            f"$ORIGIN {ZONE}.\n$TTL {TTL}\n"
            "@ 15 SOA cloudmapd-ns hostmaster 1 7200 900 1209600 86400\n"
            "@ NS cloudmapd-ns\ncloudmapd-ns A 127.0.0.1\n"
        )
        for group in range(groups):
            for i in range(INSTANCES):
                ip = ipv4(group, i)
                out.write(f"app{group} A {ip}\n")
                out.write(f"_p{group}._tcp SRV 1 1 8080 i{i}._p{group}._tcp\n")
                out.write(f"i{i}._p{group}._tcp A {ip}\n")


def register(endpoint, groups):
    """The content over AWS JSON. Returns the (service id, group) of all services."""
    endpoint.call("CreatePrivateDnsNamespace", Name=ZONE, Vpc="vpc-1")
    namespace = endpoint.call("ListNamespaces")["Namespaces"][0]["Id"]
    services = []
    for group in range(groups):
        for name, record in ((f"app{group}", "A"), (f"_p{group}._tcp", "SRV")):
            config = {"RoutingPolicy": "MULTIVALUE", "DnsRecords": [{"Type": record, "TTL": TTL}]}
            members = {"Name": name, "NamespaceId": namespace, "DnsConfig": config}
            made = endpoint.call("CreateService", **members)
            services.append((made["Service"]["Id"], group))
    for service, group in services:
        for i in range(INSTANCES):
            endpoint.call("RegisterInstance", **registration(service, group, i))
    return services


def registration(service, group, instance, net=10):
    """The members of a RegisterInstance call."""
    attributes = {"AWS_INSTANCE_IPV4": ipv4(group, instance, net), "AWS_INSTANCE_PORT": "8080"}
    return {"ServiceId": service, "InstanceId": f"i{instance}", "Attributes": attributes}


def query(kind, group, rng):
    if kind == "a":
        return f"app{group}.{ZONE} A"
    if kind == "srv":
        return f"_p{group}._tcp.{ZONE} SRV"
    if kind == "host":
        return f"i{rng.randrange(INSTANCES)}._p{group}._tcp.{ZONE} A"
    if kind == "nxdomain":
        return f"no{group}.{ZONE} A"
    return f"app{group}.{ZONE} AAAA"


def write_queries(path, groups, weights, count=20_000):
    """dnsperf's input, spread over all groups. Returns the path."""
    rng = random.Random(1)
    kinds = rng.choices(list(weights), list(weights.values()), k=count)
    with open(path, "w", encoding="ascii") as out:
        out.writelines(f"{query(kind, rng.randrange(groups), rng)}\n" for kind in kinds)
    return path
