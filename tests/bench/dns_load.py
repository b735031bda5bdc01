"""Queries by dnsperf, and what a server's threads used for them."""

import dataclasses
import re
import subprocess


@dataclasses.dataclass
class Sample:
    """One round of queries to one server."""

    cpu_us: float  # CPU microseconds per answered query, the kernel's included
    rate: float  # answers per second
    lost: float  # share of queries without an answer
    answers: int
    cpu: float  # seconds


@dataclasses.dataclass
class Load:
    """How to ask."""

    queries: str
    seconds: float
    cpus: str = "1"
    tcp: bool = False
    clients: int = 8
    outstanding: int = 200
    rate: int = 0  # queries per second; 0: as many as are answered

    def run(self, server, threads=""):
        """Asks, and counts the CPU of the server's threads whose names begin with `threads`."""
        ip, port = server.address
        command = ["taskset", "-c", self.cpus, "dnsperf", "-s", ip, "-p", str(port)]
        command += ["-d", self.queries, "-l", str(self.seconds), "-T", "1"]
        command += ["-c", str(self.clients), "-q", str(self.outstanding)]
        command += ["-m", "tcp"] if self.tcp else []
        command += ["-Q", str(self.rate)] if self.rate else []
        before = server.cpu(threads)
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        cpu = server.cpu(threads) - before
        answers = int(re.search(r"Queries completed:\s+(\d+)", out)[1])
        sent = int(re.search(r"Queries sent:\s+(\d+)", out)[1])
        rate = float(re.search(r"Queries per second:\s+([\d.]+)", out)[1])
        return Sample(cpu / answers * 1e6, rate, 1 - answers / sent, answers, cpu)
