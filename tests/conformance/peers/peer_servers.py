"""NSD and Knot DNS on loopback with static zone files, each in a directory of its own."""

import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from support.loopback import own_address

START_SECONDS = 60

NSD_CONF = """
server:
  ip-address: {address}@{port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/nsd.xfrd"
  xfrdir: "{folder}"
  zonelistfile: "{folder}/nsd.zonelist"
  database: ""
  rrl-ratelimit: 0
remote-control:
  control-enable: no
"""
NSD_ZONE = 'zone:\n  name: "{apex}"\n  zonefile: "{file}"\n'

KNOT_CONF = """
server:
    listen: {address}@{port}
    rundir: {folder}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: {folder}/database
log:
  - target: stdout
    any: warning
template:
  - id: default
    storage: {folder}
    zonefile-sync: -1
    journal-content: none
zone:
"""
KNOT_ZONE = "  - domain: {apex}\n    file: {file}\n"


class Peer:
    """A running server. `zones` is {apex: text of its zone file}."""

    def __init__(self, name, program, arguments, conf, zone_conf, zones):
        self.name = name
        self.folder = tempfile.mkdtemp(prefix=f"cloudmapd-test-{name}-")
        folder = pathlib.Path(self.folder)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((own_address(), 0))
            self.address = probe.getsockname()
        text = conf.format(address=self.address[0], port=self.address[1], folder=self.folder)
        for number, (apex, content) in enumerate(zones.items()):
            (folder / f"{number}.zone").write_text(content)
            text += zone_conf.format(apex=apex, file=f"{number}.zone")
        (folder / "conf").write_text(text)
        self.log = open(folder / "log", "wb")
        command = [program, *arguments, "-c", str(folder / "conf")]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True
        )
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
        log = pathlib.Path(self.folder, "log").read_text(errors="replace")
        self.stop()
        raise RuntimeError(f"{self.name} did not come up:\n{log[-4000:]}")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def find(program):
    """The path of a program, also where only root looks; None when it is not installed."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")


def start(name, zones):
    """"nsd" or "knot", or None when it is not installed."""
    program = find({"nsd": "nsd", "knot": "knotd"}[name])
    if program is None:
        return None
    if name == "nsd":
        return Peer(name, program, ["-d"], NSD_CONF, NSD_ZONE, zones)
    return Peer(name, program, [], KNOT_CONF, KNOT_ZONE, zones)
