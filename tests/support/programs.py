"""The command-line programs that people point at a server: aws, cloudmapctl, dig."""

import json
import os
import shutil
import subprocess

from support import aws
from support.server import build_dir, environment

CALL_SECONDS = 60


class Failed(Exception):
    """A program ended with another exit code than 0."""

    def __init__(self, command, done):
        super().__init__(
            f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        )
        self.code = done.returncode
        self.stdout = done.stdout
        self.stderr = done.stderr


def run(command, **env):
    """The program's stdout; Failed for an exit code that is not 0."""
    command = [str(word) for word in command]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=environment(**env),
        stdin=subprocess.DEVNULL,
        timeout=CALL_SECONDS,
    )
    if done.returncode != 0:
        raise Failed(command, done)
    return done.stdout


def aws_programs():
    """Every AWS CLI in the PATH, by real version: [(version line, path)]."""
    found = {}
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = shutil.which("aws", path=folder)
        if path:
            version = run([path, "--version"]).strip()
            found.setdefault(version, path)
    return sorted(found.items())


class AwsCli:
    """`aws servicediscovery` against one server.

    cli("create-service", "--name", "web") -> the parsed answer, {} when there is none
    """

    def __init__(self, path, **env):
        self.path = path
        self._env = {**aws.CLI_ENVIRONMENT, **env}
        self._operations = None

    def operations(self):
        """The subcommands that this version knows."""
        if self._operations is None:
            try:
                run([self.path, "servicediscovery", "?"], **self._env)
            except Failed as failed:
                choices = failed.stderr.split("valid choices are:", 1)[1]
                words = {word.strip("'\",|") for word in choices.split()}
                self._operations = {word for word in words if "-" in word} - {"-"}
        return self._operations

    def on(self, server):
        def call(subcommand, *arguments):
            words = [self.path, "servicediscovery", subcommand, "--output", "json"]
            words += ["--endpoint-url", server.http_url, *arguments]
            return json.loads(run(words, **self._env) or "{}")

        return call


def ctl_on(server):
    """`cloudmapctl` against one server: ctl("list-services") -> the parsed answer."""

    def call(subcommand, *arguments):
        words = [build_dir() / "cloudmapctl", "--output", "json", subcommand, *arguments]
        return json.loads(run(words, CLOUDMAPCTL_SERVER=server.grpc))

    return call


def dig(server, name, *arguments):
    """The lines that `dig +short` prints, sorted."""
    address, port = server.dns
    words = ["dig", f"@{address}", "-p", port, "+short", "+norecurse", "+tries=1", "+time=10"]
    return sorted(run([*words, name, *arguments]).split())


def dig_full(server, name, *arguments):
    """All that dig prints."""
    address, port = server.dns
    return run(
        ["dig", f"@{address}", "-p", port, "+norecurse", "+tries=1", "+time=10", name, *arguments]
    )
