"""The servers of the DNS bench: cloudmapd, its DNS side alone, a UDP echo, NSD and Knot.

    servers = Servers(build, workdir, cpus="0", workers=1)
    try:
        cloudmapd = servers.cloudmapd(groups=100)
        nsd = servers.nsd()                        # serves workdir/zone.txt
        servers.wait_ready()
    finally:
        servers.stop()

All listen on a loopback address of this process's own.
"""

import itertools
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from dns_content import ZONE, register
from support import aws
from support.loopback import own_address

# A million names take half a minute to load, more beside other work.
START_SECONDS = 300
STOP_SECONDS = 10
SOA_QUERY = (
    b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05bench\x05local\x00\x00\x06\x00\x01"
)
# Nobody else uses the address, so its ports are ours.
_ports = itertools.count(5300)


class Server:
    """A server process and the address that it serves."""

    def __init__(self, name, command, port, workdir, cpus):
        self.name = name
        self.address = (own_address(), port)
        self.http = None
        self.services = None
        self.log_path = os.path.join(workdir, f"{name}-{port}.log")
        with open(self.log_path, "wb") as log:
            # In a group of its own, since NSD forks; it ends with us even when we are killed.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "taskset", "-c", cpus, *command],
                stdin=subprocess.PIPE,  # whose end ends dns_bench_server
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ask_soa(self):
        """The answer to a query for the zone's SOA; OSError when there is none soon."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.5)
            s.connect(self.address)
            s.send(SOA_QUERY)
            return s.recv(4096)

    def serial(self):
        """The zone's serial, which cloudmapd moves with every published change."""
        return struct.unpack("!I", self.ask_soa()[-20:-16])[0]

    def wait_ready(self):
        def serves():
            answer = self.ask_soa()
            return self.name == "echo" or answer[3] & 15 == 0

        self._wait(serves)

    def wait_http(self):
        def accepts():
            socket.create_connection(self.http).close()
            return True

        self._wait(accepts)

    def _wait(self, is_ready):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if is_ready():
                    return
            except OSError:
                pass
            time.sleep(0.05)
        log = pathlib.Path(self.log_path).read_text(errors="replace")
        sys.exit(f"{self.name} did not come up:\n{log}")

    def threads(self, prefix=""):
        """(pid, thread id) of the process's and its children's threads whose names begin so."""
        processes = [self.process.pid]
        for parent in processes:
            children = _read(f"/proc/{parent}/task/{parent}/children")
            processes += map(int, children.split())
        tasks = [(pid, int(task)) for pid in processes for task in os.listdir(f"/proc/{pid}/task")]
        return [
            (pid, task)
            for pid, task in tasks
            if _read_thread(pid, task, "comm", "").startswith(prefix)
        ]

    def cpu(self, prefix=""):
        """Seconds of user and system time of these threads, in nanosecond steps."""
        ran = (_read_thread(*thread, "schedstat", "0") for thread in self.threads(prefix))
        return sum(int(line.split()[0]) for line in ran) / 1e9

    def socket_drops(self):
        """UDP packets that found this server's socket buffers full."""
        ip, port = self.address
        local = f"{int.from_bytes(socket.inet_aton(ip), sys.byteorder):08X}:{port:04X}"
        lines = (line.split() for line in _read("/proc/net/udp").splitlines())
        return sum(int(fields[-1]) for fields in lines if fields[1] == local)

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.process.stdin.close()


def _read(path):
    with open(path, encoding="ascii") as f:
        return f.read()


def _read_thread(pid, task, name, otherwise):
    """A file of a thread, which may just have ended."""
    try:
        return _read(f"/proc/{pid}/task/{task}/{name}")
    except (FileNotFoundError, ProcessLookupError):
        return otherwise


class Servers:
    """Servers that end together, each with `workers` threads or processes for UDP on `cpus`."""

    def __init__(self, build, workdir, cpus="0", workers=1):
        self._build = build
        self._workdir = workdir
        self._cpus = cpus
        self._workers = workers
        self.running = []

    def __iter__(self):
        return iter(self.running)

    def wait_ready(self):
        for server in self.running:
            server.wait_ready()

    def stop(self):
        for server in self.running:
            server.stop()
        self.running.clear()

    def cloudmapd(self, groups, name="cloudmapd"):
        """The whole server with the memory store, filled over its API."""
        ip, port, http_port = own_address(), next(_ports), next(_ports)
        command = [os.path.join(self._build, "cloudmapd"), "--store", "memory"]
        command += ["--log-level", "error", "--dns-workers", str(self._workers)]
        command += ["--dns-listen", f"{ip}:{port}", "--http-listen", f"{ip}:{http_port}"]
        command += ["--grpc-listen", f"{ip}:{next(_ports)}"]
        server = self._start(name, command, port)
        server.http = (ip, http_port)
        server.wait_http()
        endpoint = aws.Endpoint(server)
        server.services = register(endpoint, groups)
        endpoint.close()
        return server

    def core(self, groups, name="cloudmapd"):
        """cloudmapd's DNS side alone, which can be filled with millions of names."""
        port = next(_ports)
        program = os.path.join(self._build, "bench", "dns_bench_server")
        command = [program, f"{own_address()}:{port}", str(groups), str(self._workers)]
        return self._start(name, command, port)

    def echo(self):
        port = next(_ports)
        program = os.path.join(self._build, "bench", "udp_echo")
        return self._start("echo", [program, f"{own_address()}:{port}"], port)

    def nsd(self):
        port, workdir = next(_ports), self._workdir
        config = f"""
server:
  ip-address: {own_address()}@{port}
  server-count: {self._workers}
  reuseport: yes
  username: ""
  chroot: ""
  zonesdir: "{workdir}"
  pidfile: "{workdir}/nsd.pid"
  xfrdfile: "{workdir}/nsd.xfrd"
  xfrdir: "{workdir}"
  zonelistfile: "{workdir}/nsd.zonelist"
  database: ""
  minimal-responses: no
  rrl-ratelimit: 0
  tcp-count: 200
remote-control:
  control-enable: no
zone:
  name: {ZONE}
  zonefile: zone.txt
"""
        return self._start("nsd", ["nsd", "-d", "-c", self._write("nsd.conf", config)], port)

    def knot(self):
        port, workdir = next(_ports), self._workdir
        config = f"""
server:
    listen: {own_address()}@{port}
    rundir: {workdir}
    udp-workers: {self._workers}
    tcp-workers: {self._workers}
    background-workers: 1
    tcp-reuseport: off
database:
    storage: {workdir}/knot-db
zone:
  - domain: {ZONE}
    storage: {workdir}
    file: zone.txt
    zonefile-sync: -1
    journal-content: none
log:
  - target: stdout
    any: warning
"""
        return self._start("knot", ["knotd", "-c", self._write("knot.conf", config)], port)

    def _start(self, name, command, port):
        server = Server(name, command, port, self._workdir, self._cpus)
        self.running.append(server)
        return server

    def _write(self, name, text):
        path = os.path.join(self._workdir, name)
        with open(path, "w", encoding="ascii") as out:
            out.write(text)
        return path
