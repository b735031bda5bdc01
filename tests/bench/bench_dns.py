#!/usr/bin/python3
"""What a DNS query costs cloudmapd, as ratios to bounds and peers measured in the same run.

    bench_dns.py BUILD_DIR [SECTION...] [--rounds N] [--seconds S] [--json FILE]
    bench_dns.py BUILD_DIR [--only a,srv] [--tcp] [--workers N] [--groups N] [--core]

The first measures the sections, all of them by default; the second makes one comparison with the
peers, of these queries. Servers are pinned to CPU 0, or to as many CPUs as they have workers, and
dnsperf to CPU 1. They take turns in every round; printed are the medians of the rounds. CPU is
user and system time of the server.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time

import dns_instructions
from dns_content import MIX, NAMES_PER_GROUP, write_zone
from dns_disturb import Changes, Flood, IdleConnections
from dns_report import GROUPS, Bench, ratio

# The most that cloudmapd may use of a peer's CPU for a query.
MIX_AIMS = {"echo": 1.20, "nsd": 0.88, "knot": 0.78}
PEER_AIMS = {"nsd": 1.0, "knot": 1.0}
GROWTH_GROUPS = 100_000
# More than a round asks, so that little is asked twice in the large zone; dnsperf reads as much
# for the small one.
GROWTH_QUERIES = 500_000
GROWTH_AIM = 1.3
CHANGES_PER_SECOND = 2000
CHANGES_AIM = 1.15
IDLE_CONNECTIONS = 200
IDLE_AIM = 1.05
FLOOD_PER_SECOND = 30_000
FLOOD_AIM = 1.0


def compare(bench, title, load, aims, groups=GROUPS, workers=1, core=False, rounds=3):
    """CPU per query and queries per second against the peers that are installed."""
    bench.begin(title)
    with bench.servers(workers) as servers:
        ours = servers.core(groups) if core else servers.cloudmapd(groups)
        write_zone(bench.path("zone.txt"), groups)
        if not load.tcp and workers == 1:  # its one worker is the bound
            servers.echo()
        for name, program in (("nsd", "nsd"), ("knot", "knotd")):
            if shutil.which(program) is None:
                print(f"  {program} is not installed: not compared")
            elif name not in bench.options.without:
                getattr(servers, name)()
        servers.wait_ready()
        medians = bench.interleave(
            bench.rounds(rounds), {s.name: lambda s=s: load.run(s) for s in servers}
        )
    ours = medians.pop("cloudmapd")
    bench.cost("cloudmapd", ours)
    for name, theirs in medians.items():
        cpu, rate = ours.cpu_us / theirs.cpu_us, ours.rate / theirs.rate
        bench.line(
            name,
            f"{theirs.cpu_us:7.3f} us CPU/query {theirs.rate:9,.0f}/s {theirs.lost:7.2%} lost"
            f"   cloudmapd: CPU {ratio(cpu, aims.get(name))}, rate {rate:.2f} x",
            **dataclasses.asdict(theirs),
            cpu_ratio=cpu,
            rate_ratio=rate,
            aim=aims.get(name),
        )


def mix(bench):
    load = bench.load(seconds=bench.seconds(3))
    compare(bench, "the mix, one worker", load, MIX_AIMS, rounds=5)


def srv(bench):
    compare(bench, "SRV of 8, one worker", bench.load(weights={"srv": 1}), PEER_AIMS)


def nxdomain(bench):
    compare(bench, "NXDOMAIN, one worker", bench.load(weights={"nxdomain": 1}), PEER_AIMS)


def tcp(bench):
    compare(bench, "the mix, pipelined over TCP", bench.load(tcp=True), PEER_AIMS)


def workers(bench):
    # There is no CPU left for dnsperf alone.
    load = bench.load(cpus="0-1")
    compare(bench, "the mix, two workers beside dnsperf", load, PEER_AIMS, workers=2)


def instructions(bench):
    bench.begin("instructions in user space per Respond(), with the loop around it")
    if not dns_instructions.available():
        print("  valgrind is not installed: not counted")
        return
    for (kind, instances), count in dns_instructions.count(bench.build).items():
        aim = dns_instructions.CASES[kind, instances]
        name = kind if kind == "nxdomain" else f"{kind}, {min(instances, 8)} of {instances}"
        text = f"{count:7,.0f}" + (f" (aim <= {aim:,})" if aim else "")
        bench.line(name, text, instructions=count, aim=aim)


def growth(bench):
    bench.begin("growth, the mix over all names (the DNS side alone)")
    sizes = {groups: f"{groups * NAMES_PER_GROUP:,} names" for groups in (GROUPS, GROWTH_GROUPS)}
    with bench.servers() as servers:
        started = {groups: servers.core(groups) for groups in sizes}
        loads = {groups: bench.load(groups, count=GROWTH_QUERIES) for groups in sizes}
        servers.wait_ready()
        sample_of = {g: lambda g=g: loads[g].run(started[g]) for g in sizes}
        medians = bench.interleave(bench.rounds(), sample_of)
    small, large = medians[GROUPS], medians[GROWTH_GROUPS]
    bench.cost(sizes[GROUPS], small)
    bench.cost(sizes[GROWTH_GROUPS], large, small, GROWTH_AIM)


def changes(bench):
    """CPU of the threads that answer, alone on CPU 0: the rest of the server is the API's.

    The API's work also slows dnsperf down. Changes to another server do so too, without touching
    what the queries read: the difference between the two is the cost of new versions.
    """
    bench.begin(f"under {CHANGES_PER_SECOND:,} registry changes a second (threads dns-udp-*)")
    with bench.servers() as servers:
        ours, other = (servers.cloudmapd(GROUPS, name) for name in ("cloudmapd", "other"))
        servers.wait_ready()
        for server in servers:
            for _, thread in server.threads():
                os.sched_setaffinity(thread, {1})
                # dnsperf, which never rests, would keep the changes from coming at their pace.
                with contextlib.suppress(PermissionError):
                    os.setpriority(os.PRIO_PROCESS, thread, -10)
            for _, thread in server.threads("dns-udp"):
                os.sched_setaffinity(thread, {0})
                with contextlib.suppress(PermissionError):
                    os.setpriority(os.PRIO_PROCESS, thread, 0)
        load = bench.load()
        paces = []

        def beside(server):
            before = server.serial()
            with Changes(server, CHANGES_PER_SECOND) as made:
                sample = load.run(ours, "dns-udp")
            if server is ours:
                paces.append((made.achieved(), (ours.serial() - before) / made.seconds))
            return sample

        idle, elsewhere, here = "no changes", "changes of another server", "changes of this server"
        sample_of = {
            idle: lambda: load.run(ours, "dns-udp"),
            elsewhere: lambda: beside(other),
            here: lambda: beside(ours),
        }
        medians = bench.interleave(bench.rounds(), sample_of)
    bench.cost(idle, medians[idle])
    bench.cost(elsewhere, medians[elsewhere], medians[idle])
    bench.cost(here, medians[here], medians[idle], CHANGES_AIM)
    pace, versions = map(statistics.median, zip(*paces))
    bench.line(
        "changes made",
        f"{pace:,.0f}/s in {versions:,.0f} versions of the zone a second",
        changes_per_second=pace,
        versions_per_second=versions,
    )


@dataclasses.dataclass
class FloodSample:
    cpu: float  # seconds
    answers: int  # to good queries
    malformed: int
    dropped: int  # before they came to the server


def flooded(server, seconds, load=None):
    """One round of malformed packets, by themselves or beside a load."""
    with Flood(server, FLOOD_PER_SECOND) as flood:
        cpu, malformed, dropped = server.cpu(), flood.done, server.socket_drops()
        if load is None:
            time.sleep(seconds)
        answers = 0 if load is None else load.run(server).answers
        return FloodSample(
            server.cpu() - cpu,
            answers,
            flood.done - malformed,
            server.socket_drops() - dropped,
        )


def hostile(bench):
    """Good queries may cost more CPU by no more than what the malformed ones cost alone."""
    bench.begin("beside idle connections and malformed packets")
    with bench.servers() as servers:
        ours = servers.cloudmapd(GROUPS)
        servers.wait_ready()
        # The server closes connections that are idle for ten seconds.
        load = bench.load(seconds=min(bench.seconds(), 8))

        def with_idle_connections():
            with IdleConnections(ours, IDLE_CONNECTIONS):
                return load.run(ours)

        good, idle = "good queries alone", f"with {IDLE_CONNECTIONS} idle TCP connections"
        flood, both = "malformed packets alone", "good queries among malformed"
        sample_of = {
            good: lambda: load.run(ours),
            idle: with_idle_connections,
            flood: lambda: flooded(ours, load.seconds),
            both: lambda: flooded(ours, load.seconds, load),
        }
        medians = bench.interleave(bench.rounds(), sample_of)
    bench.cost(good, medians[good])
    bench.cost(idle, medians[idle], medians[good], IDLE_AIM)
    malformed_us = medians[flood].cpu / medians[flood].malformed * 1e6
    bench.line(
        flood,
        f"{malformed_us:7.3f} us CPU/packet {medians[flood].malformed / load.seconds:9,.0f}/s",
        cpu_us=malformed_us,
    )
    mixed = medians[both]
    sum_us = mixed.answers * medians[good].cpu_us + mixed.malformed * malformed_us
    against_sum, per_query = mixed.cpu * 1e6 / sum_us, mixed.cpu * 1e6 / mixed.answers
    bench.line(
        both,
        f"{per_query:7.3f} us CPU/query {mixed.answers / load.seconds:9,.0f}/s"
        f" {per_query / medians[good].cpu_us:5.2f} x; of the CPU of both alone"
        f" {ratio(against_sum, FLOOD_AIM)}, {mixed.dropped:,.0f} packets dropped",
        **dataclasses.asdict(mixed),
        ratio=against_sum,
        aim=FLOOD_AIM,
    )


SECTIONS = {
    section.__name__: section
    for section in (mix, srv, nxdomain, tcp, workers, instructions, growth, changes, hostile)
}


def compare_as_told(bench):
    """One comparison, by the options."""
    options = bench.options
    weights = {kind: 1 for kind in options.only.split(",")} if options.only else MIX
    workers_ = options.workers or 1
    load = bench.load(
        options.groups or GROUPS,
        weights,
        tcp=options.tcp,
        seconds=bench.seconds(3),
        cpus="1" if workers_ == 1 else "0-1",
        clients=options.clients,
        outstanding=options.outstanding,
    )
    title = f"{options.only or 'the mix'}, {workers_} worker(s), {'TCP' if options.tcp else 'UDP'}"
    groups = options.groups or GROUPS
    compare(bench, title, load, {}, groups, workers_, options.core, rounds=5)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", metavar="BUILD_DIR")
    parser.add_argument("sections", metavar="SECTION", nargs="*", help=", ".join(SECTIONS))
    parser.add_argument("--rounds", type=int, help="of each section, instead of its usual number")
    parser.add_argument("--seconds", type=int, help="of each round")
    parser.add_argument("--json", help="write the results there")
    parser.add_argument("--without", default="", help="peers to leave out")
    own = parser.add_argument_group("one comparison instead of the sections")
    own.add_argument("--only", help="kinds of queries instead of the mix: " + ",".join(MIX))
    own.add_argument("--tcp", action="store_true", help="pipelined over TCP")
    own.add_argument("--workers", type=int)
    own.add_argument("--groups", type=int, help="100 groups make about 1,000 names")
    own.add_argument("--core", action="store_true", help="cloudmapd's DNS side alone")
    own.add_argument("--clients", type=int, default=8)
    own.add_argument("--outstanding", type=int, default=200)
    options = parser.parse_intermixed_args()
    for name in options.sections:
        if name not in SECTIONS:
            parser.error(f"no section {name}; there are: {', '.join(SECTIONS)}")
    return options


def main():
    options = parse_arguments()
    # Servers must not outlive us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    workdir = tempfile.mkdtemp(prefix="dns-bench-")
    os.chmod(workdir, 0o755)  # NSD and Knot may run as other users
    try:
        bench = Bench(options, workdir)
        if options.only or options.tcp or options.workers or options.groups or options.core:
            compare_as_told(bench)
        else:
            for name in options.sections or SECTIONS:
                SECTIONS[name](bench)
    finally:
        shutil.rmtree(workdir, ignore_errors=True)
    if options.json:
        with open(options.json, "w", encoding="ascii") as out:
            json.dump(bench.results, out, indent=1)


if __name__ == "__main__":
    main()
