#!/usr/bin/python3
"""How long cloudmapd takes from exec to its ready line, and the memory it has then.

    tests/bench/bench_start.py BUILD_DIR
"""

import pathlib
import shutil
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import aws
from support.server import Server, build_dir

RUNS = 20
BOUND_MS = 100
INSTANCES = 10_000


def resident_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"no VmRSS for {pid}")


def measure(make):
    """[(milliseconds to ready, MiB)] of RUNS starts; `make` gives a server that is not started."""
    results = []
    for _ in range(RUNS):
        server = make()
        begin = time.perf_counter()
        server.start()
        elapsed = (time.perf_counter() - begin) * 1000
        results.append((elapsed, resident_mib(server.ready["pid"])))
        server.stop()
    return results


def report(what, results):
    times = [t for t, _ in results]
    median = statistics.median(times)
    memory = statistics.median(m for _, m in results)
    print(
        f"{what:32} {median:7.1f} ms {min(times):7.1f} {max(times):7.1f}   {memory:6.1f} MiB",
        flush=True,
    )
    return median


def fill(server):
    """Registers INSTANCES in ten services."""
    endpoint = aws.Endpoint(server)
    started = endpoint.call("CreatePrivateDnsNamespace", Name="start.test", Vpc="vpc-1234abcd")
    operation = endpoint.call("GetOperation", OperationId=started["OperationId"])["Operation"]
    for i in range(10):
        config = {"DnsRecords": [{"Type": "A", "TTL": 10}]}
        namespace = operation["Targets"]["NAMESPACE"]
        service = endpoint.call(
            "CreateService", Name=f"s{i}", NamespaceId=namespace, DnsConfig=config
        )["Service"]["Id"]
        for j in range(INSTANCES // 10):
            attributes = {"AWS_INSTANCE_IPV4": f"10.{i}.{j >> 8}.{j & 255}"}
            endpoint.call(
                "RegisterInstance", ServiceId=service, InstanceId=f"i-{j}", Attributes=attributes
            )
    endpoint.close()


def main():
    build_dir()
    root = pathlib.Path(tempfile.mkdtemp(prefix="cloudmapd-bench-"))
    folders = (root / str(number) for number in range(1000))

    def fresh(*flags):
        folder = next(folders)
        folder.mkdir()
        return Server(*flags, directory=folder)

    try:
        print(
            f"{'from exec to the ready line':32} {'median':>10} {'min':>7} {'max':>7}   "
            f"{'resident':>10}   ({RUNS} runs)"
        )
        report("memory store", measure(lambda: fresh("--store", "memory")))
        empty = report("sqlite store, made anew", measure(fresh))
        server = fresh().start()
        server.stop()
        report("sqlite store, empty", measure(lambda: server))
        server.start()
        fill(server)
        server.stop()
        report(f"sqlite store, {INSTANCES:,} instances", measure(lambda: server))
    finally:
        shutil.rmtree(root)
    verdict = "within" if empty <= BOUND_MS else "OVER"
    print(f"an empty store is {verdict} the bound of {BOUND_MS} ms: {empty / BOUND_MS:.2f} of it")
    return 0 if empty <= BOUND_MS else 1


if __name__ == "__main__":
    sys.exit(main())
