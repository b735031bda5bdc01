"""NSD and Knot DNS as secondaries of a cloudmapd, each in a directory of its own.

    secondary = Secondary("nsd", zones=["sd.test"])      # has an address, does not run yet
    secondary.start(primary=server.dns)
    secondary.stop()                                     # keeps what it has; start() goes on
    secondary.discard()

A secondary transfers from its own address, which is the test's (support/loopback.py).
"""

import pathlib
import shutil
import tempfile

from support import dns_programs

NSD_SECONDARY = """
pattern:
  name: "secondary"
  zonefile: "%s.zone"
  request-xfr: {primary}@{primary_port} NOKEY
  allow-notify: {notifiers} NOKEY
  outgoing-interface: {address}
"""
NSD_ZONE = 'zone:\n  name: "{apex}"\n  include-pattern: "secondary"\n'

KNOT_SECONDARY = """
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

# What makes it a secondary, and the same for each zone.
PARTS = {"nsd": (NSD_SECONDARY, NSD_ZONE), "knot": (KNOT_SECONDARY, KNOT_ZONE)}


class Secondary:
    def __init__(self, name, zones):
        self.name = name
        self.zones = zones
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"cloudmapd-test-{name}-"))
        self.process = None
        self.address = dns_programs.free_address()

    @property
    def text(self):
        """ADDRESS:PORT, as --notify takes it."""
        return "{}:{}".format(*self.address)

    def start(self, primary, notifiers="127.0.0.0/8"):
        assert self.process is None, "already running"
        secondary, zone = PARTS[self.name]
        text = (dns_programs.SERVER[self.name] + secondary).format(
            address=self.address[0],
            port=self.address[1],
            folder=self.folder,
            primary=primary[0],
            primary_port=primary[1],
            notifiers=notifiers,
        )
        text += "".join(zone.format(apex=apex) for apex in self.zones)
        self.process = dns_programs.start(self.name, self.folder, text)

    def stop(self):
        process, self.process = self.process, None
        if process is not None:
            dns_programs.stop(process)

    def discard(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log_tail(self):
        return dns_programs.log_tail(self.folder)
