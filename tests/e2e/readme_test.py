#!/usr/bin/env python3
"""The README's five minutes: every command in it runs as pasted, and what it shows is what comes."""

import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.server import ServerTestCase, build_dir, environment, main  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tour():
    """[(commands, expected lines)] of the README: indented blocks, those with ';; ' being output."""
    text = (ROOT / "README.md").read_text()
    text = text.split("<!-- tour:", 1)[1].split("\n## ", 1)[0]
    steps = []
    for block in re.findall(r"(?:^    .*\n)+", text, re.MULTILINE):
        lines = [line[4:] for line in block.splitlines()]
        if lines[0].startswith(";; "):
            steps[-1][1].extend(line[3:] for line in lines)
        else:
            steps.append(("\n".join(lines), []))
    return steps


class Readme(ServerTestCase):
    def test_the_tour_runs_as_pasted(self):
        server = self.start_server()
        dns_address, dns_port = server.dns
        script = ["set -euo pipefail"]
        steps = tour()
        self.assertGreater(len(steps), 4)
        for number, (commands, _) in enumerate(steps):
            commands = commands.replace("http://127.0.0.1:8055", f"http://{server.ready['http']}")
            commands = commands.replace("@127.0.0.1 -p 8053", f"@{dns_address} -p {dns_port}")
            commands = commands.replace("build/release/", f"{build_dir()}/")
            script += [f"echo '=== step {number}'", commands]
        result = subprocess.run(
            ["bash", "-c", "\n".join(script)],
            env=environment(CLOUDMAPCTL_SERVER=server.ready["grpc"]),
            capture_output=True,
            text=True,
            timeout=300,
        )
        self.assertEqual(0, result.returncode, result.stdout + result.stderr)
        outputs = re.split(r"^=== step \d+\n", result.stdout, flags=re.MULTILINE)[1:]
        for (commands, expected), output in zip(steps, outputs):
            # Answers come in random order.
            lines = {" ".join(line.split()) for line in output.splitlines()}
            for line in expected:
                self.assertIn(" ".join(line.split()), lines, f"after:\n{commands}")


if __name__ == "__main__":
    main()
