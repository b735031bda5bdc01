#!/usr/bin/env python3
"""Every subcommand of `aws servicediscovery`, with every installed AWS CLI.

An AWS CLI that is older than some of the operations (Debian's) learns them the way its users teach
it: by a service model in ~/.aws/models, as `aws configure add-model` puts it there. It is the
installed one with the operations of newer_operations.json, and without the data- host prefix, which
so old a CLI has no switch for.
"""

import importlib.util
import json
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support import programs
from support.command_line_case import CommandLineCase, declared_subcommands
from support.server import main

MODEL = "servicediscovery/2017-03-14/service-2.json"
NEWER = pathlib.Path(__file__).resolve().parent / "newer_operations.json"


def installed_model():
    """That of Debian's AWS CLI, which brings a botocore of its own."""
    package = pathlib.Path(importlib.util.find_spec("awscli").origin).parent
    return json.loads((package / "botocore/data" / MODEL).read_text())


def write_model(home):
    model, newer = installed_model(), json.loads(NEWER.read_text())
    for name, operation in newer["operations"].items():
        model["operations"].setdefault(name, operation)
    for name, shape in newer["shapes"].items():
        model["shapes"].setdefault(name, shape)
    for operation in model["operations"].values():
        operation.pop("endpoint", None)
    path = home / ".aws/models" / MODEL
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(model))


class AwsCli(CommandLineCase):
    def test_every_subcommand_works(self):
        for version, path in programs.aws_programs():
            with self.subTest(version):
                cli = programs.AwsCli(path)
                self.assertEqual(
                    set(), cli.operations() - declared_subcommands(), "the server lacks them"
                )
                if cli.operations() != declared_subcommands():
                    home = tempfile.mkdtemp(prefix="aws-home-")
                    self.addCleanup(shutil.rmtree, home)
                    write_model(pathlib.Path(home))
                    cli = programs.AwsCli(path, HOME=home)
                self.assertEqual(declared_subcommands(), cli.operations())
                self.live(cli.on(self.start_server("--store", "memory")))


if __name__ == "__main__":
    main()
