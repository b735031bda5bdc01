"""NSD, Knot DNS, BIND and Unbound, which tests run beside cloudmapd: as peers, secondaries, resolvers.

A test adds its zones to SERVER[name], whose fields are {address}, {port} and {folder}.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess

from support.loopback import own_address

STOP_SECONDS = 30
LOG_CHARACTERS_SHOWN = 4000

NSD = """
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
"""

KNOT = """
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
"""

BIND = """
options {{
  directory "{folder}";
  listen-on port {port} {{ {address}; }};
  listen-on-v6 {{ none; }};
  pid-file "{folder}/named.pid";
  session-keyfile "{folder}/session.key";
  recursion yes;
  max-cache-size 16m;
  allow-recursion {{ 127.0.0.0/8; }};
  dnssec-validation no;
  empty-zones-enable no;
  qname-minimization strict;
}};
controls {{ }};
"""

UNBOUND = """
server:
  interface: {address}@{port}
  access-control: 127.0.0.0/8 allow
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  username: ""
  chroot: ""
  use-syslog: no
  logfile: ""
  num-threads: 1
  module-config: "iterator"
  do-not-query-localhost: no
  do-ip6: no
  qname-minimisation: yes
  qname-minimisation-strict: yes
  local-zone: "test." nodefault
remote-control:
  control-enable: no
"""

SERVER = {"nsd": NSD, "knot": KNOT, "bind": BIND, "unbound": UNBOUND}
COMMAND = {
    "nsd": ["nsd", "-d", "-c"],
    "knot": ["knotd", "-c"],
    "bind": ["named", "-g", "-n", "1", "-c"],
    "unbound": ["unbound", "-d", "-c"],
}


def find(name):
    """The path of the program, also where only root looks; None when it is not installed."""
    return shutil.which(COMMAND[name][0], path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def free_address():
    """(address, port) that nobody else takes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((own_address(), 0))
        return probe.getsockname()


def start(name, folder, conf):
    """The process; its log is the file `log` of the folder."""
    path = pathlib.Path(folder, "conf")
    path.write_text(conf)
    with open(pathlib.Path(folder, "log"), "ab") as log:
        return subprocess.Popen(
            [find(name), *COMMAND[name][1:], str(path)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def stop(process):
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def log_tail(folder):
    return pathlib.Path(folder, "log").read_text(errors="replace")[-LOG_CHARACTERS_SHOWN:]
