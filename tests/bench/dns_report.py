"""Rounds of queries to servers, and the report of their medians."""

import contextlib
import dataclasses
import os
import statistics

from dns_content import MIX, write_queries
from dns_load import Load
from dns_servers import Servers

GROUPS = 100


class Bench:
    """Rounds of queries to servers, and the report of the medians."""

    def __init__(self, options, workdir):
        self.options = options
        self.build = options.build
        self.workdir = workdir
        self.results = {}
        self._section = None

    def rounds(self, usual=3):
        return self.options.rounds or usual

    def seconds(self, usual=2):
        return self.options.seconds or usual

    def path(self, name):
        return os.path.join(self.workdir, name)

    @contextlib.contextmanager
    def servers(self, workers=1):
        cpus = "0" if workers == 1 else f"0-{workers - 1}"
        servers = Servers(self.build, self.workdir, cpus, workers)
        try:
            yield servers
        finally:
            servers.stop()

    def load(self, groups=GROUPS, weights=None, count=20_000, **how):
        how.setdefault("seconds", self.seconds())
        path = self.path(f"queries-{groups}.txt")
        return Load(write_queries(path, groups, weights or MIX, count), **how)

    def interleave(self, rounds, sample_of):
        """{name: median sample} of {name: function that makes a sample}."""
        samples = {name: [] for name in sample_of}
        for _ in range(rounds):
            for name, sample in sample_of.items():
                samples[name].append(sample())
        return {name: median(taken) for name, taken in samples.items()}

    def begin(self, title):
        self._section = self.results.setdefault(title, {})
        print(f"\n{title}", flush=True)

    def line(self, name, text, **values):
        self._section[name] = values
        print(f"  {name:34} {text}", flush=True)

    def cost(self, name, sample, bound=None, aim=None):
        """A line of CPU per query, and its ratio to the bound's."""
        text = f"{sample.cpu_us:7.3f} us CPU/query {sample.rate:9,.0f}/s {sample.lost:7.2%} lost"
        values = dataclasses.asdict(sample)
        if bound is not None:
            values["ratio"] = sample.cpu_us / bound.cpu_us
            values["aim"] = aim
            text += f"   {ratio(values['ratio'], aim)}"
        self.line(name, text, **values)


def median(samples):
    """Of each column by itself."""
    columns = zip(*map(dataclasses.astuple, samples))
    return type(samples[0])(*map(statistics.median, columns))


def ratio(value, aim):
    return f"{value:.2f} x" + ("" if aim is None else f" (aim <= {aim:.2f})")
