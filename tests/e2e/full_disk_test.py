#!/usr/bin/env python3
"""A full disk: changes fail, /readyz says so, everything else goes on, and it recovers by itself."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.aws import Endpoint
from support.server import ServerTestCase, main

TIMEOUT_SECONDS = 30


class FullDisk(ServerTestCase):
    def setUp(self):
        self.disk = tempfile.mkdtemp(prefix="cloudmapd-test-disk-")
        self.addCleanup(shutil.rmtree, self.disk, ignore_errors=True)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", self.disk], capture_output=True, text=True, check=False
        )
        if mounted.returncode != 0:
            self.skipTest(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=True)
        self.server = self.new_server()
        self.addCleanup(shutil.rmtree, self.server.directory, ignore_errors=True)
        self.server.directory = pathlib.Path(self.disk)
        self.server.start()
        self.endpoint = Endpoint(self.server)
        self.addCleanup(self.endpoint.close)

    def get(self, path):
        try:
            with urllib.request.urlopen(self.server.http_url + path, timeout=TIMEOUT_SECONDS) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def test_readyz_is_503_with_the_reason_until_a_write_succeeds(self):
        self.endpoint.call("CreateHttpNamespace", Name="before")
        self.assertEqual((200, "ready\n"), self.get("/readyz"))
        filler = pathlib.Path(self.disk, "filler")
        with open(filler, "wb") as file:
            with self.assertRaises(OSError):
                while True:
                    file.write(b"\0" * 65536)
                    file.flush()
        failed = 0
        for number in range(200):
            status, _, _ = self.endpoint.post("CreateHttpNamespace", {"Name": f"during-{number}"})
            if status != 200:
                failed += 1
                break
        self.assertEqual(1, failed, "the disk is full")
        status, text = self.get("/readyz")
        self.assertEqual(503, status)
        self.assertIn("changes cannot be stored", text)
        self.assertEqual(200, self.get("/healthz")[0])
        self.assertIn("before", [each["Name"] for each in self.endpoint.call("ListNamespaces")["Namespaces"]])
        filler.unlink()
        # Nobody writes: asking is enough, since each request lets the store be tried.
        for _ in range(1000):
            if self.get("/readyz")[0] == 200:
                break
        self.assertEqual((200, "ready\n"), self.get("/readyz"))
        self.endpoint.call("CreateHttpNamespace", Name="after")
        before = self.endpoint.call("ListNamespaces")["Namespaces"]
        self.server.kill()
        self.server.start()
        endpoint = Endpoint(self.server)
        self.addCleanup(endpoint.close)
        self.assertEqual(before, endpoint.call("ListNamespaces")["Namespaces"], "nothing acknowledged is lost")


if __name__ == "__main__":
    main()
