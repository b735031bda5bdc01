"""NSD and Knot DNS on loopback with static zone files, each in a directory of its own."""

import pathlib
import shutil
import socket
import tempfile
import time

from support import dns_programs

START_SECONDS = 60

NSD_ZONE = 'zone:\n  name: "{apex}"\n  zonefile: "{file}"\n'

KNOT_TEMPLATE = """
template:
  - id: default
    storage: {folder}
    zonefile-sync: -1
    journal-content: none
zone:
"""
KNOT_ZONE = "  - domain: {apex}\n    file: {file}\n"

# What comes before the zones, and the same for each zone.
PARTS = {"nsd": ("", NSD_ZONE), "knot": (KNOT_TEMPLATE, KNOT_ZONE)}


class Peer:
    """A running server. `zones` is {apex: text of its zone file}."""

    def __init__(self, name, zones):
        self.name = name
        self.folder = tempfile.mkdtemp(prefix=f"cloudmapd-test-{name}-")
        self.address = dns_programs.free_address()
        before, zone = PARTS[name]
        address, port = self.address
        text = (dns_programs.SERVER[name] + before).format(address=address, port=port, folder=self.folder)
        for number, (apex, content) in enumerate(zones.items()):
            pathlib.Path(self.folder, f"{number}.zone").write_text(content)
            text += zone.format(apex=apex, file=f"{number}.zone")
        self.process = dns_programs.start(name, self.folder, text)
        self._wait(next(reversed(zones)))

    def _wait(self, apex):
        """Until the last zone is answered for."""
        labels = b"".join(bytes([len(part)]) + part.encode() for part in apex.split("."))
        packet = b"\x12\x34\0\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\6\0\1"
        deadline = time.monotonic() + START_SECONDS
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(self.address)
            udp.settimeout(0.1)
            while time.monotonic() < deadline and self.process.poll() is None:
                try:
                    udp.send(packet)
                    answer = udp.recv(65535)
                    if answer[3] & 15 == 0 and answer[7] == 1:
                        return
                except OSError:
                    pass
                time.sleep(0.05)
        log = dns_programs.log_tail(self.folder)
        self.stop()
        raise RuntimeError(f"{self.name} did not come up:\n{log}")

    def stop(self):
        dns_programs.stop(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


def start(name, zones):
    """"nsd" or "knot", or None when it is not installed."""
    return Peer(name, zones) if dns_programs.find(name) else None
