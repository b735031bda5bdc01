"""NSD and Knot DNS as secondaries of a cloudmapd, each in a directory of its own.

    secondary = Secondary("nsd", zones=["sd.test"])      # has an address, does not run yet
    secondary.start(primary=server.dns)
    secondary.stop()                                     # keeps what it has; start() goes on
    secondary.discard()

A secondary transfers from its own address, which is the test's (support/loopback.py).
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

from support.loopback import own_address

STOP_SECONDS = 30
LOG_CHARACTERS_SHOWN = 4000

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
  verbosity: 1
remote-control:
  control-enable: no
pattern:
  name: "secondary"
  zonefile: "%s.zone"
  request-xfr: {primary}@{primary_port} NOKEY
  allow-notify: {notifiers} NOKEY
  outgoing-interface: {address}
"""
NSD_ZONE = 'zone:\n  name: "{apex}"\n  include-pattern: "secondary"\n'

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
    any: info
remote:
  - id: primary
    address: {primary}@{primary_port}
    via: {address}
acl:
  - id: notify
    address: {notifiers}
    action: notify
template:
  - id: default
    storage: {folder}
    master: primary
    acl: notify
zone:
"""
KNOT_ZONE = "  - domain: {apex}\n"

# (program, its arguments, configuration, the same for each zone)
PROGRAMS = {
    "nsd": ("nsd", ["-d"], NSD_CONF, NSD_ZONE),
    "knot": ("knotd", [], KNOT_CONF, KNOT_ZONE),
}


def find(name):
    """The path of its program, also where only root looks; None when it is not installed."""
    return shutil.which(PROGRAMS[name][0], path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


class Secondary:
    def __init__(self, name, zones):
        self.name = name
        self.zones = zones
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"cloudmapd-test-{name}-"))
        self.process = None
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((own_address(), 0))
            self.address = probe.getsockname()

    @property
    def text(self):
        """ADDRESS:PORT, as --notify takes it."""
        return "{}:{}".format(*self.address)

    def start(self, primary, notifiers="127.0.0.0/8"):
        assert self.process is None, "already running"
        _, arguments, conf, zone_conf = PROGRAMS[self.name]
        text = conf.format(
            address=self.address[0],
            port=self.address[1],
            folder=self.folder,
            primary=primary[0],
            primary_port=primary[1],
            notifiers=notifiers,
        )
        text += "".join(zone_conf.format(apex=apex) for apex in self.zones)
        conf_path = self.folder / "conf"
        conf_path.write_text(text)
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [find(self.name), *arguments, "-c", str(conf_path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self):
        process, self.process = self.process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def discard(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log_tail(self):
        return (self.folder / "log").read_text(errors="replace")[-LOG_CHARACTERS_SHOWN:]
