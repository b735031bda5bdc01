#!/usr/bin/python3
"""CPU time per DNS query, kernel included, of cloudmapd, a bare UDP echo, NSD and Knot.

Each server is pinned to CPU 0 with one worker and dnsperf to CPU 1; all serve the same content and
answer the same queries, in interleaved rounds of one run. Printed are medians and ratios, as a
table and, with --json FILE, as JSON.

  bench_dns.py BUILD_DIR [--rounds 5] [--seconds 3] [--only a,srv] [--groups 100] [--core]

cloudmapd's content is registered over its API. With --core it is dns_bench_server, the DNS side alone,
which can be filled with millions of names.
"""

import argparse
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ZONE = "bench.local"
INSTANCES = 8
TTL = 60
MIX = {"a": 60, "srv": 20, "host": 10, "nxdomain": 5, "nodata": 5}
QUERIES = 20000


def ipv4(group, instance):
    return f"10.{(group >> 10) & 255}.{(group >> 2) & 255}.{(group & 3) * 64 + instance + 1}"


def write_zone(path, groups):
    """The content of dns_content.h as a zone file."""
    with open(path, "w", encoding="ascii") as out:
        out.write(
            f"$ORIGIN {ZONE}.\n$TTL {TTL}\n"
            "@ 15 SOA ns-1536.awsdns-00.co.uk. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400\n"
        )
        for server in ("ns-0.awsdns-00.com", "ns-512.awsdns-00.net"):
            out.write(f"@ NS {server}.\n")
        for group in range(groups):
            for i in range(INSTANCES):
                ip = ipv4(group, i)
                out.write(f"app{group} A {ip}\n")
                out.write(f"_p{group}._tcp SRV 1 1 8080 i{i}._p{group}._tcp\n")
                out.write(f"i{i}._p{group}._tcp A {ip}\n")


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


def write_queries(path, groups, weights):
    rng = random.Random(1)
    kinds = list(weights)
    with open(path, "w", encoding="ascii") as out:
        for kind in rng.choices(kinds, [weights[k] for k in kinds], k=QUERIES):
            out.write(query(kind, rng.randrange(groups), rng) + "\n")


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid):
    """User and system time of a process and all its threads, in nanosecond steps where it is had."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as f:
            total += int(f.read().split()[0])
    return total / 1e9


def descendants(pid):
    found = [pid]
    for parent in found:
        with open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as f:
            found += [int(child) for child in f.read().split()]
    return found


class Server:
    """A server process on CPU 0 (or on `cpus`) and the port that it serves."""

    def __init__(self, name, command, port, workdir, cpus="0"):
        self.name = name
        self.port = port
        self.log = open(os.path.join(workdir, f"{name}.log"), "wb")
        self.process = subprocess.Popen(
            ["taskset", "-c", cpus] + command,
            stdin=subprocess.PIPE,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            preexec_fn=os.setsid,
        )

    def wait_ready(self, is_echo=False):
        deadline = time.monotonic() + 60
        probe = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05bench\x05local\x00\x00\x06\x00\x01"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.2)
            while time.monotonic() < deadline:
                if self.process.poll() is not None:
                    break
                try:
                    s.sendto(probe, ("127.0.0.1", self.port))
                    answer = s.recv(4096)
                    if is_echo or (answer[3] & 15) == 0:
                        return
                except OSError:
                    pass
                time.sleep(0.05)
        with open(self.log.name, encoding="utf8", errors="replace") as f:
            sys.exit(f"{self.name} did not come up:\n{f.read()}")

    def cpu(self):
        return sum(cpu_seconds(pid) for pid in descendants(self.process.pid))

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.log.close()


def nsd(workdir, workers):
    port = free_port()
    conf = os.path.join(workdir, "nsd.conf")
    with open(conf, "w", encoding="ascii") as out:
        out.write(f"""
server:
  ip-address: 127.0.0.1@{port}
  server-count: {workers}
  reuseport: yes
  username: ""
  chroot: ""
  zonesdir: "{workdir}"
  pidfile: "{workdir}/nsd.pid"
  xfrdfile: "{workdir}/nsd.xfrd"
  xfrdir: "{workdir}"
  zonelistfile: "{workdir}/nsd.zonelist"
  database: ""
  minimal-responses: no
  rrl-ratelimit: 0
  tcp-count: 200
remote-control:
  control-enable: no
zone:
  name: {ZONE}
  zonefile: zone.txt
""")
    return ["nsd", "-d", "-c", conf], port


def knot(workdir, workers):
    port = free_port()
    conf = os.path.join(workdir, "knot.conf")
    with open(conf, "w", encoding="ascii") as out:
        out.write(f"""
server:
    listen: 127.0.0.1@{port}
    rundir: {workdir}
    udp-workers: {workers}
    tcp-workers: 1
    background-workers: 1
    tcp-reuseport: off
database:
    storage: {workdir}/knot-db
zone:
  - domain: {ZONE}
    storage: {workdir}
    file: zone.txt
    zonefile-sync: -1
    journal-content: none
log:
  - target: stdout
    any: warning
""")
    return ["knotd", "-c", conf], port


class Api:
    """Bare AWS JSON calls."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)

    def call(self, operation, **members):
        target = "Route53AutoNaming_v20170314." + operation
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
        self.connection.request("POST", "/", json.dumps(members), headers)
        answer = self.connection.getresponse()
        body = json.loads(answer.read())
        if answer.status != 200:
            sys.exit(f"{operation}: {body}")
        return body


def register(api, groups):
    """The content of write_zone()."""
    api.call("CreatePrivateDnsNamespace", Name=ZONE, Vpc="vpc-1")
    namespace = api.call("ListNamespaces")["Namespaces"][0]["Id"]
    for group in range(groups):
        for name, record in ((f"app{group}", "A"), (f"_p{group}._tcp", "SRV")):
            config = {"RoutingPolicy": "MULTIVALUE", "DnsRecords": [{"Type": record, "TTL": TTL}]}
            made = api.call("CreateService", Name=name, NamespaceId=namespace, DnsConfig=config)
            for i in range(INSTANCES):
                attributes = {"AWS_INSTANCE_IPV4": ipv4(group, i), "AWS_INSTANCE_PORT": "8080"}
                api.call("RegisterInstance", ServiceId=made["Service"]["Id"], InstanceId=f"i{i}",
                         Attributes=attributes)


def start_cloudmapd(args, workdir, cpus):
    port, http_port = free_port(), free_port()
    if args.core:
        program = os.path.join(args.build, "bench", "dns_bench_server")
        command = [program, f"127.0.0.1:{port}", str(args.groups), str(args.workers)]
        return Server("cloudmapd", command, port, workdir, cpus)
    command = [os.path.join(args.build, "cloudmapd"), "--store", "memory", "--dns-workers",
               str(args.workers), "--dns-listen", f"127.0.0.1:{port}", "--grpc-listen",
               "127.0.0.1:0", "--http-listen", f"127.0.0.1:{http_port}"]
    server = Server("cloudmapd", command, port, workdir, cpus)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", http_port)).close()
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
    register(Api(http_port), args.groups)
    return server


def start_all(args, workdir):
    cpus = "0" if args.workers == 1 else f"0-{args.workers - 1}"
    servers = [start_cloudmapd(args, workdir, cpus)]
    if not args.tcp:
        port = free_port()
        servers.append(Server("echo", [os.path.join(args.build, "bench", "udp_echo"), f"127.0.0.1:{port}"],
                              port, workdir, cpus))
    for name, make in (("nsd", nsd), ("knot", knot)):
        if shutil.which("knotd" if name == "knot" else name) and name not in args.without:
            command, port = make(workdir, args.workers)
            servers.append(Server(name, command, port, workdir, cpus))
    for server in servers:
        server.wait_ready(server.name == "echo")
    return servers


def measure(server, queries, args):
    """One round of dnsperf: CPU microseconds per query, queries per second, share lost."""
    before = server.cpu()
    command = ["taskset", "-c", "1" if args.workers == 1 else "0-1", "dnsperf", "-s", "127.0.0.1",
               "-p", str(server.port), "-d", queries, "-l", str(args.seconds), "-c",
               str(args.clients), "-T", "1", "-q", str(args.outstanding)]
    if args.tcp:
        command += ["-m", "tcp"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = server.cpu() - before
    completed = int(re.search(r"Queries completed:\s+(\d+)", out)[1])
    sent = int(re.search(r"Queries sent:\s+(\d+)", out)[1])
    rate = float(re.search(r"Queries per second:\s+([\d.]+)", out)[1])
    return used / completed * 1e6, rate, 1 - completed / sent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", metavar="BUILD_DIR")
    parser.add_argument("--core", action="store_true", help="cloudmapd's DNS side alone")
    parser.add_argument("--groups", type=int, default=100, help="100 groups make about 1,000 names")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--outstanding", type=int, default=200)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--tcp", action="store_true", help="pipelined over TCP")
    parser.add_argument("--only", help="kinds of queries instead of the mix: " + ",".join(MIX))
    parser.add_argument("--without", default="", help="servers to leave out")
    parser.add_argument("--json", help="write the result there")
    args = parser.parse_args()
    weights = {k: 1 for k in args.only.split(",")} if args.only else MIX

    workdir = tempfile.mkdtemp(prefix="dns-bench-")
    os.chmod(workdir, 0o755)
    servers = []
    try:
        write_zone(os.path.join(workdir, "zone.txt"), args.groups)
        queries = os.path.join(workdir, "queries.txt")
        write_queries(queries, args.groups, weights)
        servers = start_all(args, workdir)
        results = {server.name: [] for server in servers}
        for _ in range(args.rounds):
            for server in servers:
                results[server.name].append(measure(server, queries, args))
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(workdir, ignore_errors=True)

    medians = {}
    print(f"{'server':10} {'us CPU/query':>12} {'queries/s':>10} {'lost':>7} {'cloudmapd is':>13}")
    for name, rounds in results.items():
        medians[name] = {
            "cpu_us": statistics.median(r[0] for r in rounds),
            "queries_per_second": statistics.median(r[1] for r in rounds),
            "lost": max(r[2] for r in rounds),
        }
        ratio = medians["cloudmapd"]["cpu_us"] / medians[name]["cpu_us"]
        medians[name]["ratio"] = ratio
        print(f"{name:10} {medians[name]['cpu_us']:12.3f} "
              f"{medians[name]['queries_per_second']:10.0f} {medians[name]['lost']:7.2%} "
              f"{ratio:10.2f} x")
    if args.json:
        with open(args.json, "w", encoding="ascii") as out:
            json.dump(medians, out, indent=1)


if __name__ == "__main__":
    main()
