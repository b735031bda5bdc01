"""A network of the test's own, in which loopback has public addresses too.

What a server does for the Internet cannot be seen from loopback or private addresses. A test that
needs others starts with

    own_network.main(("198.51.100.1", "2001:db8::1"))     # instead of support.server.main()

which runs the test again in a new network namespace (unshare), where loopback has these addresses and
nobody else has port 53; with `resolver`, programs there resolve names at that address. Where that is
not allowed, the tests are skipped, and say so.
"""

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

from support import server

ENTERED = "CLOUDMAPD_TEST_OWN_NETWORK"
SIOCGIFINDEX, SIOCSIFADDR, SIOCSIFNETMASK = 0x8933, 0x8916, 0x891C
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
PROBE_SECONDS = 60


def entered():
    return ENTERED in os.environ


def main(addresses=(), resolver=None):
    if entered():
        _bring_up()
        for number, address in enumerate(addresses):
            _add(address, number)
        if resolver is not None:
            _resolve_at(resolver)
    else:
        server.build_dir()
        command = _unshare()
        if command is not None:
            os.execvpe(command[0], [*command, sys.executable, *sys.argv], {**os.environ, ENTERED: "1"})
    server.main()


def _unshare():
    """The words that run a command in new network and mount namespaces, None if that is not allowed."""
    if shutil.which("unshare") is None:
        return None
    for options in (["--net", "--mount"], ["--net", "--mount", "--map-root-user"]):
        command = ["unshare", *options]
        done = subprocess.run([*command, "true"], capture_output=True, check=False, timeout=PROBE_SECONDS)
        if done.returncode == 0:
            return command
    return None


def _resolve_at(address):
    with tempfile.NamedTemporaryFile("w", prefix="cloudmapd-test-") as file:
        file.write(f"nameserver {address}\n")
        file.flush()
        os.chmod(file.name, 0o644)
        subprocess.run(["mount", "--bind", file.name, "/etc/resolv.conf"], check=True, timeout=PROBE_SECONDS)


def _bring_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        asked = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))
        flags = struct.unpack_from("H", asked, 16)[0]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def _add(address, number):
    if ":" in address:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as control:
            index = struct.unpack_from("i", fcntl.ioctl(control, SIOCGIFINDEX, struct.pack("16si12x", b"lo", 0)), 16)[0]
            wire = socket.inet_pton(socket.AF_INET6, address)
            fcntl.ioctl(control, SIOCSIFADDR, wire + struct.pack("Ii", 128, index))
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        name = f"lo:{number}".encode()
        for request, value in ((SIOCSIFADDR, address), (SIOCSIFNETMASK, "255.255.255.255")):
            place = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(value))
            fcntl.ioctl(control, request, struct.pack("16s16s", name, place))
