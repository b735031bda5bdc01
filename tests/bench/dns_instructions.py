"""Instructions in user space per Respond(), counted by callgrind over bench_respond."""

import concurrent.futures
import os
import re
import shutil
import subprocess

CALLS = 100_000
# (kind of query, instances in the service) and the instructions aimed at.
CASES = {("a", 8): 1000, ("a", 1000): 1500, ("srv", 8): None, ("nxdomain", 8): None}


def available():
    return shutil.which("valgrind") is not None


def _collected(build, calls, kind, instances):
    """Instructions of a whole run."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += [os.path.join(build, "bench", "bench_respond"), "--calls", str(calls)]
    done = subprocess.run(
        [*command, kind, str(instances)], capture_output=True, text=True, check=True
    )
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


def count(build):
    """{case: instructions per call, with the loop around it}, two cases at a time."""

    # The difference of two runs is the calls alone: what comes before them is in both.
    def per_call(case):
        return (_collected(build, CALLS, *case) - _collected(build, 0, *case)) / CALLS

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return dict(zip(CASES, pool.map(per_call, CASES)))
