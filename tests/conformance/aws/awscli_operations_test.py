#!/usr/bin/env python3
"""Every subcommand of `aws servicediscovery` that an installed AWS CLI knows."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support import programs
from support.command_line_case import CommandLineCase, declared_subcommands
from support.server import main


class AwsCli(CommandLineCase):
    def test_every_subcommand_works(self):
        for version, path in programs.aws_programs():
            with self.subTest(version):
                cli = programs.AwsCli(path)
                self.assertEqual(
                    set(), cli.operations() - declared_subcommands(), "the server lacks them"
                )
                lacking = declared_subcommands() - cli.operations()
                if "discover-instances-revision" in lacking:
                    # As old as that, it has no switch for the data- prefix either.
                    lacking.add("discover-instances")
                if lacking:
                    print(f"\n[{path} cannot: {' '.join(sorted(lacking))}]", flush=True)
                self.live(cli.on(self.start_server("--store", "memory")), lacking)


if __name__ == "__main__":
    main()
