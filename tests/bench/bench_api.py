#!/usr/bin/python3
"""API calls per second, as ratios to an empty handler on the same transport in the same run.

    tests/bench/bench_api.py BUILD_DIR [SECONDS]

Each round measures the empty servers and cloudmapd (memory store) in turn; the medians of the
rounds are compared. CPU is what the server's process used for a call, which a busy machine and the
load generator's own needs disturb less than the calls per second. moto_server, where installed, is
measured with the same HTTP client.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import aws
from support.server import Server, build_dir, environment

ROUNDS = 3
IN_FLIGHT = 32
SERVICES = 100
INSTANCES_PER_SERVICE = 10
SMALL, LARGE = 10, 1000
# Ratios to the empty handler that the project aims at.
AIMS = {
    ("grpc", "RegisterInstance"): 0.7,
    ("grpc", f"DiscoverInstances {SMALL}"): 0.7,
    ("http", "RegisterInstance"): 0.5,
    ("http", f"DiscoverInstances {SMALL}"): 0.5,
    ("http", "GetInstance"): 0.5,
}
MOTO_AIM = 10
NAMESPACE = "bench.test"
# moto_server finds the service and the region in it.
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/servicediscovery/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" + "0" * 64
)


class Registry:
    """What is registered in one server, and the requests that go to it."""

    def __init__(self, server):
        self.endpoint = aws.Endpoint(server, {"Authorization": AUTHORIZATION})
        started = self.endpoint.call(
            "CreatePrivateDnsNamespace", Name=NAMESPACE, Vpc="vpc-1234abcd"
        )
        operation = self.endpoint.call("GetOperation", OperationId=started["OperationId"])[
            "Operation"
        ]
        self.namespace = operation["Targets"]["NAMESPACE"]
        self.services = [self.make_service(f"s{i}") for i in range(SERVICES)]
        for service in self.services:
            self.fill(service, INSTANCES_PER_SERVICE)
        for count in (SMALL, LARGE):
            self.fill(self.make_service(f"with-{count}"), count)
        self.endpoint.close()

    def make_service(self, name):
        config = {"RoutingPolicy": "MULTIVALUE", "DnsRecords": [{"Type": "A", "TTL": 10}]}
        members = {"Name": name, "NamespaceId": self.namespace, "DnsConfig": config}
        return self.endpoint.call("CreateService", **members)["Service"]["Id"]

    def fill(self, service, count):
        for i in range(count):
            members = {
                "ServiceId": service,
                "InstanceId": f"i-{i}",
                "CreatorRequestId": aws.token(),
            }
            self.endpoint.call("RegisterInstance", Attributes=attributes_of(10, i), **members)

    def requests(self, what):
        """(operation, bodies) of one line of the report."""
        operation, *size = what.split()
        if operation == "DiscoverInstances":
            names = {
                "NamespaceName": NAMESPACE,
                "ServiceName": f"with-{size[0]}",
                "MaxResults": 1000,
            }
            return operation, [names]
        targets = [
            {"ServiceId": service, "InstanceId": f"i-{i}"}
            for service in self.services
            for i in range(INSTANCES_PER_SERVICE)
        ]
        if operation == "GetInstance":
            return operation, targets
        # Each instance moves between two addresses: every call is a write, none a replay.
        bodies = [
            {**target, "CreatorRequestId": aws.token(), "Attributes": attributes_of(net, i)}
            for net in (11, 12)
            for i, target in enumerate(targets)
        ]
        return operation, bodies


def attributes_of(net, number):
    return {"AWS_INSTANCE_IPV4": f"{net}.0.{number >> 8}.{number & 255}", "stage": "beta"}


class Empty:
    """The servers that do nothing, with the same interface as Server."""

    def __init__(self):
        command = [build_dir() / "bench/empty_api_server"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Moto:
    """moto_server, if it is installed."""

    def __init__(self, program):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [program, "-H", "127.0.0.1", "-p", str(port)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, env=environment(), start_new_session=True, **quiet)
        self.http = ("127.0.0.1", port)
        self.ready = {"http": f"127.0.0.1:{port}"}
        for _ in range(300):
            try:
                socket.create_connection(self.http).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise TimeoutError("moto_server does not listen")

    def stop(self):
        # The program may be a wrapper that started the server.
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(server, transport, operation, bodies, seconds):
    """(calls per second, CPU microseconds of the server for a call)."""
    command = [
        build_dir() / "bench/api_load",
        transport,
        server.ready[transport],
        operation,
        IN_FLIGHT,
        seconds,
    ]
    before = cpu_seconds(server.process)
    text = "\n".join(map(json.dumps, bodies))
    begin = time.monotonic()
    done = subprocess.run(
        [str(word) for word in command], input=text, capture_output=True, text=True, check=True
    )
    elapsed = time.monotonic() - begin
    result = json.loads(done.stdout)
    if result["failures"] or not result["answers"]:
        sys.exit(f"{operation} over {transport}: {result}")
    rate = result["answers"] / result["seconds"]
    # The process also answered before and after the counted time, at the same rate.
    return rate, (cpu_seconds(server.process) - before) / (rate * min(elapsed, seconds + 0.3)) * 1e6


def median_of(samples):
    return tuple(statistics.median(column) for column in zip(*samples))


def measure(servers, lines, seconds):
    """{(server, transport, line): (calls/s, CPU)} with the servers taking turns."""
    samples = {}
    for number in range(ROUNDS):
        print(f"round {number + 1} of {ROUNDS} ...", file=sys.stderr)
        for transport in ("grpc", "http"):
            for what in lines:
                for name, (server, registry) in servers.items():
                    operation, bodies = registry.requests(what)
                    sample = load(server, transport, operation, bodies, seconds)
                    samples.setdefault((name, transport, what), []).append(sample)
    return {key: median_of(values) for key, values in samples.items()}


def report(results, lines):
    print(
        f"{'':32} {'cloudmapd':>20} {'empty handler':>20} {'ratio':>7} {'aim':>5} {'CPU ratio':>10}"
    )
    print(f"{'':32} {'calls/s':>11} {'CPU us':>8} {'calls/s':>11} {'CPU us':>8}")
    for transport in ("grpc", "http"):
        for what in lines:
            ours, ours_cpu = results["cloudmapd", transport, what]
            empty, empty_cpu = results["empty", transport, what]
            aim = AIMS.get((transport, what), "")
            name = f"{'gRPC' if transport == 'grpc' else 'AWS JSON'} {what}"
            print(
                f"{name:32} {ours:11,.0f} {ours_cpu:8.1f} {empty:11,.0f} {empty_cpu:8.1f} "
                f"{ours / empty:7.2f} {aim:>5} {empty_cpu / ours_cpu:10.2f}"
            )


def report_moto(results, lines, seconds):
    program = shutil.which("moto_server")
    if program is None:
        print("moto_server is not installed: not compared")
        return
    moto = Moto(program)
    try:
        registry = Registry(moto)
        for what in lines:
            operation, bodies = registry.requests(what)
            theirs, _ = load(moto, "http", operation, bodies, seconds)
            ours, _ = results["cloudmapd", "http", what]
            name = f"AWS JSON {what}"
            print(
                f"{name:32} {ours:11,.0f} against {theirs:7,.0f} of moto_server: "
                f"{ours / theirs:7.0f} times (aim {MOTO_AIM})"
            )
    finally:
        moto.stop()


def main():
    build_dir()
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 2
    lines = [
        "RegisterInstance",
        f"DiscoverInstances {SMALL}",
        f"DiscoverInstances {LARGE}",
        "GetInstance",
    ]
    folder = tempfile.mkdtemp(prefix="cloudmapd-bench-")
    empty = Empty()
    server = Server("--store", "memory", "--log-level", "error", directory=folder).start()
    try:
        registry = Registry(server)
        results = measure(
            {"empty": (empty, registry), "cloudmapd": (server, registry)}, lines, seconds
        )
    finally:
        server.stop()
        empty.stop()
        shutil.rmtree(folder)
    print(
        f"{IN_FLIGHT} in flight, {ROUNDS} rounds of {seconds:g} s, "
        f"{os.cpu_count()} CPUs shared with the load generator"
    )
    report(results, lines)
    report_moto(results, lines, seconds)


if __name__ == "__main__":
    main()
