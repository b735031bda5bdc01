#!/usr/bin/env python3
"""cloudmapctl against the server: every subcommand, waiting, tables, errors and exit codes."""

import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import programs
from support.command_line_case import CommandLineCase
from support.server import build_dir, main

SERVER_ERROR, USAGE, UNREACHABLE = 1, 2, 3


class Cloudmapctl(CommandLineCase):
    def run_ctl(self, *words, **env):
        return programs.run([build_dir() / "cloudmapctl", *words], **env)

    def check_failure(self, code, words, *arguments):
        """One line on stderr that holds these words, and this exit code."""
        with self.assertRaises(programs.Failed) as caught:
            self.run_ctl(*arguments)
        self.assertEqual(
            (code, ""), (caught.exception.code, caught.exception.stdout), caught.exception
        )
        self.assertRegex(caught.exception.stderr, r"\Acloudmapctl: [^\n]+\n\Z")
        for word in words:
            self.assertIn(word, caught.exception.stderr)

    def test_every_subcommand_works(self):
        self.live(programs.ctl_on(self.start_server("--store", "memory")))

    def test_wait_returns_when_the_operation_has_ended(self):
        ctl = programs.ctl_on(self.start_server("--store", "memory", "--operation-delay", "200ms"))
        operation = ctl("create-http-namespace", "--name", "waited", "--wait")["Operation"]
        self.assertEqual("SUCCESS", operation["Status"])

    def test_without_wait_it_returns_at_once(self):
        ctl = programs.ctl_on(self.start_server("--store", "memory", "--operation-delay", "1h"))
        started = ctl("create-http-namespace", "--name", "not-waited")
        operation = ctl("get-operation", "--operation-id", started["OperationId"])["Operation"]
        self.assertEqual("PENDING", operation["Status"])

    def test_an_operation_that_failed_is_exit_code_1(self):
        server = self.start_server("--store", "memory")
        words = [
            "--server",
            server.grpc,
            "create-private-dns-namespace",
            "--name",
            "a.test",
            "--vpc",
            "vpc-1",
            "--wait",
        ]
        self.run_ctl(*words)
        with self.assertRaises(programs.Failed) as caught:
            self.run_ctl(*words)
        self.assertEqual(SERVER_ERROR, caught.exception.code)
        self.assertIn("ConflictingDomainExists", caught.exception.stderr)

    def test_lists_are_whole_over_many_pages(self):
        server = self.start_server("--store", "memory")
        ctl = programs.ctl_on(server)
        for number in range(3):
            ctl("create-http-namespace", "--name", f"n-{number}")
        self.assertEqual(3, len(ctl("list-namespaces")["Namespaces"]))
        page = ctl("list-namespaces", "--max-results", "2")
        self.assertEqual(2, len(page["Namespaces"]))
        rest = ctl("list-namespaces", "--next-token", page["NextToken"])
        names = [n["Name"] for n in page["Namespaces"] + rest["Namespaces"]]
        self.assertEqual(["n-0", "n-1", "n-2"], sorted(names))

    def test_tables_show_what_people_look_for(self):
        server = self.start_server("--store", "memory")
        self.run_ctl("--server", server.grpc, "create-http-namespace", "--name", "shown")
        table = self.run_ctl("--server", server.grpc, "list-namespaces")
        self.assertRegex(table, r"(?m)^Id +Name +Type ")
        self.assertRegex(table, r"(?m)^ns-[a-z2-7]{16} +shown +HTTP ")

    def test_server_errors_are_exit_code_1_with_their_aws_name(self):
        server = self.start_server("--store", "memory")
        at = ["--server", server.grpc]
        self.check_failure(
            SERVER_ERROR, ["NamespaceNotFound", "ns-none"], *at, "get-namespace", "--id", "ns-none"
        )
        words = ["--name", "two words"]
        self.check_failure(
            SERVER_ERROR,
            ["InvalidInput", "1 validation error detected"],
            *at,
            "create-http-namespace",
            *words,
        )

    def test_wrong_command_lines_are_exit_code_2(self):
        self.check_failure(USAGE, ["merge-namespaces"], "merge-namespaces")
        self.check_failure(USAGE, ["--id"], "get-namespace")
        self.check_failure(USAGE, ["--colour"], "list-namespaces", "--colour", "blue")
        self.check_failure(USAGE, ["--max-results"], "list-namespaces", "--max-results", "many")

    def test_unreachable_server_is_exit_code_3(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            self.check_failure(UNREACHABLE, [address], "--server", address, "list-namespaces")

    def test_help_names_every_flag(self):
        text = self.run_ctl("register-instance", "--help")
        for flag in (
            "--service-id",
            "--instance-id",
            "--attributes",
            "--creator-request-id",
            "--wait",
        ):
            self.assertIn(flag, text)


if __name__ == "__main__":
    main()
