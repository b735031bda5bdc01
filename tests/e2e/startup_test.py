#!/usr/bin/env python3
"""Starting and stopping: options in their three forms, bad options, bad addresses, bad directories.

What cannot start says so in one line on stderr that names the option or file, exits with 2 (usage)
or 1 (runtime), and leaves what it found as it was.
"""

import json
import os
import pathlib
import pwd
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import aws
from support.server import START_SECONDS, NotReady, ServerTestCase, build_dir, environment, main

USAGE, RUNTIME = 2, 1


def cloudmapd(*arguments, **options):
    """A run that ends by itself."""
    command = [str(build_dir() / "cloudmapd"), *map(str, arguments)]
    settings = {
        "capture_output": True,
        "text": True,
        "check": False,
        "timeout": START_SECONDS,
        **options,
    }
    return subprocess.run(command, env=environment(**settings.pop("env", {})), **settings)


def contents(directory):
    """Every file below with its bytes."""
    return {
        str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()
    }


class Refusals(ServerTestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cloudmapd-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.data = self.folder / "data"

    def check(self, code, words, *arguments, **options):
        """One line on stderr that holds these words, nothing on stdout, this exit code."""
        done = cloudmapd("--data-dir", self.data, *arguments, **options)
        self.assertEqual((code, ""), (done.returncode, done.stdout), done.stderr)
        self.assertRegex(done.stderr, r"\Acloudmapd: [^\n]+\n\Z")
        for word in words:
            self.assertIn(word, done.stderr)
        return done.stderr

    def listen(self, *, grpc="127.0.0.1:0", http="127.0.0.1:0", dns="127.0.0.1:0"):
        return ["--grpc-listen", grpc, "--http-listen", http, "--dns-listen", dns]

    def test_unknown_flag(self):
        self.check(USAGE, ["--no-such-flag", "--help"], "--no-such-flag")
        self.assertFalse(self.data.exists())

    def test_stray_argument(self):
        self.check(USAGE, ["start"], "start")

    def test_bad_addresses(self):
        for flag in ("--dns-listen", "--grpc-listen", "--http-listen"):
            for value in (
                "localhost",
                "127.0.0.1",
                "127.0.0.1:",
                "127.0.0.1:65536",
                "127.0.0.1:x",
                "[::1",
                "a.b:53",
                "",
            ):
                with self.subTest(f"{flag} {value}"):
                    self.check(USAGE, [flag], flag, value)
        self.assertFalse(self.data.exists())

    def test_bad_values(self):
        for flag, value in (
            ("--operation-delay", "fast"),
            ("--operation-delay", "-1s"),
            ("--custom-health-delay", "30"),
            ("--account-id", "12345"),
            ("--dns-workers", "0"),
            ("--dns-workers", "many"),
            ("--emulate", "azure"),
            ("--quotas", "some"),
            ("--store", "paper"),
            ("--log-level", "loud"),
            ("--log-format", "xml"),
        ):
            with self.subTest(f"{flag} {value}"):
                self.check(USAGE, [flag, value], flag, value)
        self.assertFalse(self.data.exists())

    def test_flag_without_its_value(self):
        self.check(USAGE, ["--http-listen"], "--http-listen")

    def test_open_api_on_all_addresses_needs_insecure_listen(self):
        for flag in ("--grpc-listen", "--http-listen"):
            self.check(USAGE, [flag, "--insecure-listen"], flag, "0.0.0.0:0")

    def test_address_of_another_machine(self):
        for name, flag in (
            ("grpc", "--grpc-listen"),
            ("http", "--http-listen"),
            ("dns", "--dns-listen"),
        ):
            with self.subTest(flag):
                arguments = self.listen(**{name: "192.0.2.1:0"})
                self.check(RUNTIME, [flag, "192.0.2.1:0"], "--insecure-listen", *arguments)

    def test_port_in_use(self):
        for name, flag, kind in (
            ("grpc", "--grpc-listen", socket.SOCK_STREAM),
            ("http", "--http-listen", socket.SOCK_STREAM),
            ("dns", "--dns-listen", socket.SOCK_STREAM),
            ("dns", "--dns-listen", socket.SOCK_DGRAM),
        ):
            with self.subTest(f"{flag} {kind.name}"), socket.socket(socket.AF_INET, kind) as taken:
                taken.bind(("127.0.0.1", 0))
                if kind == socket.SOCK_STREAM:
                    taken.listen()
                address = "127.0.0.1:%d" % taken.getsockname()[1]
                self.check(RUNTIME, [flag, address], *self.listen(**{name: address}))

    def test_ports_of_a_running_server(self):
        running = self.start_server()
        for name, flag, address in (
            ("grpc", "--grpc-listen", running.grpc),
            ("http", "--http-listen", running.ready["http"]),
            ("dns", "--dns-listen", running.ready["dns"][0]),
        ):
            with self.subTest(flag):
                self.check(RUNTIME, [flag, address], *self.listen(**{name: address}))

    def test_data_dir_is_a_file(self):
        self.data.write_text("mine")
        self.check(RUNTIME, ["--data-dir", str(self.data)], *self.listen())
        self.assertEqual("mine", self.data.read_text())

    def test_data_dir_with_foreign_files(self):
        self.data.mkdir()
        (self.data / "diary.txt").write_text("mine")
        self.check(RUNTIME, [str(self.data), "diary.txt"], *self.listen())
        self.assertEqual({"diary.txt": b"mine"}, contents(self.data))

    def test_registry_file_that_is_no_database(self):
        self.data.mkdir()
        (self.data / "registry.db").write_bytes(b"x" * 5000)
        self.check(RUNTIME, [str(self.data / "registry.db")], *self.listen())
        self.assertEqual({"registry.db": b"x" * 5000}, contents(self.data))

    def test_database_of_another_program(self):
        self.data.mkdir()
        with sqlite3.connect(self.data / "registry.db") as db:
            db.execute("CREATE TABLE songs (title)")
        db.close()
        before = contents(self.data)
        self.check(RUNTIME, [str(self.data / "registry.db")], *self.listen())
        self.assertEqual(before, contents(self.data))

    def test_data_of_a_newer_version(self):
        server = self.start_server()
        server.stop()
        with sqlite3.connect(server.data_dir / "registry.db") as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            db.execute(f"PRAGMA user_version={version + 1}")
        db.close()
        before = contents(server.data_dir)
        with self.assertRaises(NotReady) as caught:
            server.start()
        self.assertEqual(RUNTIME, caught.exception.code)
        self.assertIn(
            "registry.db was written by a newer cloudmapd", caught.exception.stderr.splitlines()[-1]
        )
        after = contents(server.data_dir)
        self.assertEqual(before["registry.db"], after["registry.db"])

    def test_data_dir_of_a_running_server(self):
        running = self.start_server()
        self.data = running.data_dir
        self.check(RUNTIME, [str(running.data_dir), str(running.ready["pid"])], *self.listen())
        endpoint = aws.Endpoint(running)
        self.addCleanup(endpoint.close)
        endpoint.call("ListNamespaces")

    def test_data_dir_becomes_free_when_its_server_is_killed(self):
        server = self.start_server()
        server.kill()
        server.start()

    @unittest.skipUnless(os.geteuid() == 0, "only root can become a user who may not read")
    def test_data_dir_that_may_not_be_read_or_made(self):
        nobody = pwd.getpwnam("nobody")
        self.folder.chmod(0o755)
        self.data.mkdir(mode=0o700)
        words = ["--data-dir", str(self.data), "Permission denied"]
        self.check(RUNTIME, words, *self.listen(), user=nobody.pw_uid, group=nobody.pw_gid)
        self.data = self.folder / "new"
        words = ["--data-dir", str(self.data), "Permission denied"]
        self.check(RUNTIME, words, *self.listen(), user=nobody.pw_uid, group=nobody.pw_gid)

    def test_ready_file_that_cannot_be_written(self):
        path = self.folder / "missing" / "ready"
        self.check(
            RUNTIME,
            ["--ready-file", str(path)],
            *self.listen(),
            "--ready-file",
            path,
            "--log-level",
            "error",
        )

    def test_config_file_that_is_missing(self):
        self.check(USAGE, ["none.toml"], "--config", self.folder / "none.toml")

    def test_config_file_with_an_unknown_key(self):
        config = self.folder / "config.toml"
        config.write_text('colour = "blue"\n')
        self.check(USAGE, ["colour"], "--config", config)

    def test_environment_with_a_bad_value(self):
        self.check(USAGE, ["dns-workers"], env={"CLOUDMAPD_DNS_WORKERS": "0"})


class Options(ServerTestCase):
    """Each option means the same as a flag, in the environment, and in the --config file."""

    def owner_and_pending(self, server):
        """What --account-id and --operation-delay did."""
        endpoint = aws.Endpoint(server)
        self.addCleanup(endpoint.close)
        started = endpoint.call("CreateHttpNamespace", Name="x")
        operation = endpoint.call("GetOperation", OperationId=started["OperationId"])["Operation"]
        return operation["OwnerAccount"], operation["Status"]

    def test_flags(self):
        server = self.start_server("--account-id", "123456789012", "--operation-delay", "1h")
        self.assertEqual(("123456789012", "PENDING"), self.owner_and_pending(server))

    def test_environment(self):
        env = {"CLOUDMAPD_ACCOUNT_ID": "123456789012", "CLOUDMAPD_OPERATION_DELAY": "1h"}
        server = self.start_server(env=env)
        self.assertEqual(("123456789012", "PENDING"), self.owner_and_pending(server))

    def test_config_file(self):
        server = self.new_server("--config", "config.toml")
        config = server.directory / "config.toml"
        config.write_text('account-id = "123456789012"\noperation-delay = "1h"\n')
        server.flags = ["--config", str(config)]
        server.start()
        self.assertEqual(("123456789012", "PENDING"), self.owner_and_pending(server))

    def test_flag_over_environment_over_config_file(self):
        server = self.new_server(
            env={"CLOUDMAPD_ACCOUNT_ID": "222222222222", "CLOUDMAPD_OPERATION_DELAY": "1h"}
        )
        config = server.directory / "config.toml"
        config.write_text(
            'account-id = "333333333333"\noperation-delay = "0s"\nregion = "eu-west-1"\n'
        )
        server.flags = ["--config", str(config), "--account-id", "111111111111"]
        server.start()
        self.assertEqual(("111111111111", "PENDING"), self.owner_and_pending(server))

    def test_dns_listens_on_every_address_given(self):
        flags = ["--dns-listen", "127.0.0.1:0", "--dns-listen", "127.0.0.2:0"]
        server = self.start_server(*flags)
        self.assertEqual(
            ["127.0.0.1", "127.0.0.2"], [a.rsplit(":", 1)[0] for a in server.ready["dns"]]
        )

    def test_help_lists_every_option_with_its_environment(self):
        done = cloudmapd("--help")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        for flag in (
            "dns-listen",
            "grpc-listen",
            "http-listen",
            "store",
            "data-dir",
            "region",
            "account-id",
            "ready-file",
        ):
            self.assertIn(f"--{flag}", done.stdout)
            self.assertIn("CLOUDMAPD_" + flag.upper().replace("-", "_"), done.stdout)

    def test_version(self):
        done = cloudmapd("--version")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertRegex(done.stdout, r"\Acloudmapd \d+\.\d+\.\d+\n\Z")


class Life(ServerTestCase):
    def test_ready_line_and_ready_file_are_the_same(self):
        server = self.new_server()
        path = server.directory / "ready"
        server.flags = ["--ready-file", str(path)]
        server.start()
        self.assertEqual(server.ready, json.loads(path.read_text()))
        self.assertEqual(["log", "data", "ready"], sorted(os.listdir(server.directory), key=len))
        expected = {"event", "version", "pid", "dns", "grpc", "http"}
        self.assertEqual(expected, set(server.ready))
        self.assertEqual(
            ("ready", server.process.pid), (server.ready["event"], server.ready["pid"])
        )

    def test_health_and_readiness_over_http(self):
        server = self.start_server()
        endpoint = aws.Endpoint(server)
        self.addCleanup(endpoint.close)
        for path in ("/healthz", "/readyz"):
            self.assertEqual(200, endpoint.get(path)[0])

    def test_signals_end_it_with_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            server = self.start_server()
            server.process.send_signal(number)
            self.assertEqual(0, server.process.wait(30), number)
            self.assertEqual(
                b"", server.process.stdout.read(), "more than the ready line on stdout"
            )

    def test_idle_connections_do_not_hold_it_up(self):
        server = self.start_server()
        held = [
            socket.create_connection(address)
            for address in (server.http, server.dns)
            for _ in range(3)
        ]
        host, port = server.grpc.rsplit(":", 1)
        held.append(socket.create_connection((host, int(port))))
        held[0].sendall(b"POST / HTTP/1.1\r\nHost: x\r\n")
        server.stop()
        for connection in held:
            connection.close()

    def test_acknowledged_before_sigterm_is_there_after(self):
        server = self.start_server()
        endpoint = aws.Endpoint(server)
        endpoint.call("CreateHttpNamespace", Name="kept")
        server.stop()
        endpoint.close()
        server.start()
        endpoint = aws.Endpoint(server)
        self.addCleanup(endpoint.close)
        self.assertEqual(
            ["kept"], [n["Name"] for n in endpoint.call("ListNamespaces")["Namespaces"]]
        )


if __name__ == "__main__":
    main()
