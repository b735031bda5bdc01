"""Runs the real cloudmapd for a test.

    class Tour(ServerTestCase):
        def test_something(self):
            server = self.start_server("--store", "memory")
            server.http_url, server.grpc, server.dns   # from its ready line
            server.kill()
            server.start()                             # same ports, same data directory

    if __name__ == "__main__":
        main()

A test is run as `tests/e2e/x_test.py BUILD_DIR [unittest arguments]`. Every server listens on free
ports of an address that no other test uses, keeps its data in a directory of its own, and is stopped when the test ends; the log
of a failing test's servers is printed.
"""

import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from support.loopback import own_address

# Sanitizer builds on a busy machine are slow to start; nothing waits this long when all is well.
START_SECONDS = 60
STOP_SECONDS = 30
LOG_LINES_SHOWN = 40


def build_dir():
    """The directory of the binaries under test: the first argument of the program."""
    if len(sys.argv) < 2 or not pathlib.Path(sys.argv[1]).is_dir():
        sys.exit(f"usage: {sys.argv[0]} BUILD_DIR [unittest arguments]")
    return pathlib.Path(sys.argv[1]).resolve()


def main():
    """unittest.main() for a program whose first argument is BUILD_DIR."""
    build_dir()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)


def environment(**added):
    """The caller's environment without anything that would configure the programs under test."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CLOUDMAP", "AWS_"))
        and name.lower() not in ("http_proxy", "all_proxy")
    }
    return {**kept, **added}


class NotReady(Exception):
    """The server ended, or said nothing in time; holds the exit code and what it wrote."""

    def __init__(self, code, stderr):
        super().__init__(f"cloudmapd did not become ready (exit code {code}):\n{stderr}")
        self.code = code
        self.stderr = stderr


class Server:
    """One cloudmapd with its ports and its data directory, which outlive its processes."""

    def __init__(self, *flags, directory, env=None):
        self.directory = pathlib.Path(directory)
        self.flags = list(flags)
        self.env = environment(**(env or {}))
        self.ready = None
        self.process = None
        self.log_path = self.directory / "log"

    @property
    def data_dir(self):
        return self.directory / "data"

    @property
    def dns(self):
        """(address, port) of the first DNS listener."""
        return _split(self.ready["dns"][0])

    @property
    def dot(self):
        """(address, port) of the first listener of DNS over TLS."""
        return _split(self.ready["dot"][0])

    @property
    def grpc(self):
        return _first(self.ready["grpc"])

    @property
    def http(self):
        """(address, port) of the AWS JSON endpoint."""
        return _split(_first(self.ready["http"]))

    @property
    def http_url(self):
        return "http://" + _first(self.ready["http"])

    def _command(self):
        listen = {
            "--dns-listen": f"{own_address()}:0",
            "--grpc-listen": f"{own_address()}:0",
            "--http-listen": f"{own_address()}:0",
        }
        if self.ready:
            listen = {
                "--dns-listen": self.ready["dns"][0],
                "--grpc-listen": self.grpc,
                "--http-listen": _first(self.ready["http"]),
            }
        command = [str(build_dir() / "cloudmapd"), "--data-dir", str(self.data_dir)]
        if "--forward" not in self.flags:
            # The names of tests are nobody else's business.
            listen["--forward"] = "none"
        for flag, address in listen.items():
            if flag not in self.flags:
                command += [flag, address]
        return command + self.flags

    def start(self):
        """Returns once the ready line is there; later starts reuse the first ports."""
        assert self.process is None, "already running"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self._command(),
                stdout=subprocess.PIPE,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=self.env,
            )
        line = self._read_line()
        if not line:
            code = self._end(signal.SIGKILL)
            raise NotReady(code, self.log_path.read_text(errors="replace"))
        self.ready = json.loads(line)
        return self

    def _read_line(self):
        deadline = time.monotonic() + START_SECONDS
        line = b""
        descriptor = self.process.stdout.fileno()
        while not line.endswith(b"\n"):
            readable, _, _ = select.select(
                [descriptor], [], [], max(0, deadline - time.monotonic())
            )
            piece = os.read(descriptor, 65536) if readable else b""
            if not piece:
                return b""
            line += piece
        return line

    def _end(self, with_signal):
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(with_signal)
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            process.stdout.close()
        return code

    def stop(self):
        """SIGTERM; the exit code must be 0."""
        if self.process is not None:
            code = self._end(signal.SIGTERM)
            assert code == 0, f"cloudmapd exited with {code} after SIGTERM"

    def kill(self):
        """SIGKILL, as a power cut to the process."""
        code = self._end(signal.SIGKILL)
        assert code == -signal.SIGKILL, f"cloudmapd had already exited with {code}"

    def log_tail(self):
        return "".join(
            self.log_path.read_text(errors="replace").splitlines(keepends=True)[-LOG_LINES_SHOWN:]
        )


def _first(addresses):
    """Of what the ready line says: an address, or a list of them."""
    return addresses if isinstance(addresses, str) else addresses[0]


def _split(address):
    host, port = address.rsplit(":", 1)
    return host.strip("[]"), int(port)


class ServerTestCase(unittest.TestCase):
    """Starts servers that end with the test, or with the class (start_class_server)."""

    maxDiff = None
    class_servers = ()

    def run(self, result=None):
        self.servers = []
        result = self.defaultTestResult() if result is None else result
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            for server in (*self.servers, *self.class_servers):
                print(
                    f"--- log of {' '.join(server.flags) or 'cloudmapd'}\n{server.log_tail()}",
                    file=sys.stderr,
                )
        for server in self.servers:
            shutil.rmtree(server.directory, ignore_errors=True)
        return result

    def start_server(self, *flags, **options):
        """A fresh server for this test."""
        server = self.new_server(*flags, **options)
        return server.start()

    def new_server(self, *flags, **options):
        """The same, not started yet."""
        server = Server(*flags, directory=tempfile.mkdtemp(prefix="cloudmapd-test-"), **options)
        self.servers.append(server)
        self.addCleanup(server.stop)
        return server

    @classmethod
    def start_class_server(cls, *flags, **options):
        """A server that all tests of the class share; for setUpClass."""
        directory = tempfile.mkdtemp(prefix="cloudmapd-test-")
        cls.addClassCleanup(shutil.rmtree, directory, ignore_errors=True)
        server = Server(*flags, directory=directory, **options).start()
        cls.addClassCleanup(server.stop)
        cls.class_servers = (server,)
        return server
