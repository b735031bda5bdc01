#!/usr/bin/env python3
"""The AWS SDK for JavaScript v3 against the server, without and with its data- host prefix.

Skipped, with the reason, where node, npm or the npm registry is missing.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))
from support.server import ServerTestCase, build_dir, environment, main

PROTO = HERE.parents[2] / "proto/cloudmap/v1/service_discovery.proto"
INSTALL_SECONDS = 300
CALLS_SECONDS = 120
ENDPOINT_NAME = "cloudmap.internal"


def install():
    """The folder of calls.mjs beside what package-lock.json names; kept in BUILD_DIR."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise unittest.SkipTest(f"{program} is not installed")
    major = int(
        subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
        .stdout[1:]
        .split(".")[0]
    )
    if major < 20:
        raise unittest.SkipTest(f"the SDK needs node 20, this is {major}")
    folder = build_dir() / "js-sdk"
    folder.mkdir(exist_ok=True)
    lock = (HERE / "js/package-lock.json").read_text()
    installed = folder / "installed.json"
    for name in ("package.json", "package-lock.json", "calls.mjs"):
        shutil.copy(HERE / "js" / name, folder / name)
    if not installed.exists() or installed.read_text() != lock:
        command = [
            "npm",
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefix",
            str(folder),
        ]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
            )
        except subprocess.TimeoutExpired:
            raise unittest.SkipTest("npm ci did not end: no registry?") from None
        if done.returncode != 0:
            raise unittest.SkipTest(
                "npm ci failed (no registry?): " + done.stderr.strip().splitlines()[-1]
            )
        installed.write_text(lock)
    return folder


class JavaScriptSdk(ServerTestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = install()

    def run_calls(self, *arguments):
        command = ["node", "calls.mjs", *arguments]
        options = {"cwd": self.folder, "env": environment(), "timeout": CALLS_SECONDS}
        done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
        self.assertEqual(0, done.returncode, done.stderr)
        return json.loads(done.stdout)

    def check(self, seen):
        declared = set(re.findall(r"^  rpc (\w+)\(", PROTO.read_text(), re.MULTILINE))
        self.assertEqual(declared, set(seen["called"]))
        error = seen["exists"]
        self.assertEqual(
            ("NamespaceAlreadyExists", True, "client", 400),
            tuple(error[k] for k in ("name", "typed", "fault", "status")),
        )
        self.assertEqual(seen["httpNamespace"], error["NamespaceId"])
        self.assertTrue(seen["namespaceDate"])
        self.assertEqual(15, seen["namespace"]["Properties"]["DnsProperties"]["SOA"]["TTL"])
        self.assertEqual([{"Key": "k", "Value": ""}], seen["tags"])
        self.assertEqual({"FailureThreshold": 1}, seen["service"]["HealthCheckCustomConfig"])
        self.assertEqual([{"Type": "A", "TTL": 10}], seen["service"]["DnsConfig"]["DnsRecords"])
        self.assertEqual({"b": "2"}, seen["serviceAttributes"])
        attributes = {"AWS_INSTANCE_IPV4": "10.0.0.1", "stage": "beta"}
        self.assertEqual(
            ("i-1", attributes), (seen["instance"]["Id"], seen["instance"]["Attributes"])
        )
        self.assertEqual({"i-1": "UNHEALTHY"}, seen["health"])
        (instance,) = seen["discovered"]["Instances"]
        self.assertEqual(
            ("i-1", "UNHEALTHY", attributes),
            tuple(instance[k] for k in ("InstanceId", "HealthStatus", "Attributes")),
        )
        # JavaScript's numbers are exact below 2^53.
        self.assertEqual(seen["revision"], seen["discovered"]["InstancesRevision"])
        self.assertLess(seen["revision"], 2**53)
        self.assertEqual(
            ("ServiceNotFound", True), (seen["notFound"]["name"], seen["notFound"]["typed"])
        )
        self.assertEqual(
            {"Namespaces": 3, "Services": 1, "Instances": 1},
            {k: v for k, v in seen["paged"].items() if k != "Operations"},
        )
        self.assertGreaterEqual(seen["paged"]["Operations"], 8)

    def test_every_operation_without_the_host_prefix(self):
        server = self.start_server("--store", "memory")
        seen = self.run_calls(server.http_url)
        self.check(seen)
        self.assertEqual([], seen["lookedUp"])

    def test_every_operation_through_the_data_name_that_our_dns_resolves(self):
        server = self.start_server("--store", "memory", "--endpoint-name", ENDPOINT_NAME)
        url = f"http://{ENDPOINT_NAME}:{server.http[1]}"
        seen = self.run_calls(url, "%s:%d" % server.dns)
        self.check(seen)
        self.assertEqual({ENDPOINT_NAME, f"data-{ENDPOINT_NAME}"}, set(seen["lookedUp"]))


if __name__ == "__main__":
    main()
