"""What happens beside the queries: registry changes, idle connections, malformed packets.

    with Changes(server):
        sample = load.run(server)

Each ends with its body. Threads of this process do the work, at a bounded pace.
"""

import contextlib
import json
import os
import socket
import struct
import sys
import threading
import time

from dns_content import INSTANCES, registration


class Paced:
    """Calls step() at `rate` a second, evenly, from a thread beside the body of a with."""

    def __init__(self, rate, burst=1):
        self.rate = rate
        self.done = 0
        self.seconds = 0
        self._burst = burst
        self._stopping = threading.Event()
        self._error = None
        self._thread = threading.Thread(target=self._run)

    def step(self, number):
        raise NotImplementedError

    def close(self):
        """What remains to be done after the last step."""

    def achieved(self):
        """Steps per second that really were."""
        return self.done / self.seconds

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *raised):
        self._stopping.set()
        self._thread.join()
        self.close()
        if self._error is not None and raised[0] is None:
            sys.exit(f"{type(self).__name__}: {self._error}")

    def _run(self):
        # Before the load generator, which never rests, or the pace is not kept. Needs root.
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), -10)
        begin = time.monotonic()
        try:
            while not self._stopping.is_set():
                for _ in range(self._burst):
                    self.step(self.done)
                    self.done += 1
                time.sleep(max(0, begin + self.done / self.rate - time.monotonic()))
        except (OSError, RuntimeError) as error:
            self._error = error
        self.seconds = time.monotonic() - begin


class Changes(Paced):
    """Moves the registered instances to other addresses and back, one call at a time in turn.

    Evenly spaced and over several connections, so that nearly every call is a commit and a new
    version of the zone: the most that this rate can ask of the readers.
    """

    CONNECTIONS = 8

    def __init__(self, server, rate):
        super().__init__(rate)
        self._requests = [
            _post(server.http, registration(service, group, i, net))
            for net in (11, 10)
            for service, group in server.services
            for i in range(INSTANCES)
        ]
        self._connections = [socket.create_connection(server.http) for _ in range(self.CONNECTIONS)]
        for connection in self._connections:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(10)

    def step(self, number):
        connection = self._connections[number % self.CONNECTIONS]
        if number >= self.CONNECTIONS:
            _expect_ok(connection)
        connection.sendall(self._requests[number % len(self._requests)])

    def close(self):
        for connection in self._connections:
            connection.close()


def _post(http, members):
    body = json.dumps(members).encode()
    head = (
        f"POST / HTTP/1.1\r\nHost: {http[0]}:{http[1]}\r\n"
        "X-Amz-Target: Route53AutoNaming_v20170314.RegisterInstance\r\n"
        f"Content-Type: application/x-amz-json-1.1\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _expect_ok(connection):
    answer = b""
    while not answer.endswith(b"}"):
        piece = connection.recv(65536)
        if not piece:
            raise RuntimeError("the server closed the connection")
        answer += piece
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(answer.decode(errors="replace"))


class IdleConnections:
    """TCP connections that say nothing. The server closes them after ten seconds."""

    def __init__(self, server, count):
        self._address = server.address
        self._count = count
        self._connections = []

    def __enter__(self):
        for _ in range(self._count):
            self._connections.append(socket.create_connection(self._address))
        return self

    def __exit__(self, *raised):
        closed = sum(map(_is_closed, self._connections))
        for connection in self._connections:
            connection.close()
        if closed and raised[0] is None:
            sys.exit(f"{closed} of {self._count} idle connections were closed by the server")


def _is_closed(connection):
    connection.setblocking(False)
    try:
        connection.recv(1)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _malformed():
    """One packet of each way in which a query can be wrong."""

    def header(questions=1, additional=0):
        return struct.pack("!6H", 0x4242, 0x0100, questions, 0, 0, additional)

    name, a_in = b"\x04app0\x05bench\x05local\x00", b"\x00\x01\x00\x01"
    opt = b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00"
    return [
        header()[:7],  # shorter than a header: not answered
        header(),  # the question is missing
        header() + name[:-3],  # and cut within the name
        header() + name + a_in[:2],  # and behind it
        header() + b"\x3f" + b"x" * 20,  # a label longer than the packet
        header() + b"\xc0\x0c" + a_in,  # a name that points to itself
        header() + b"\x3fy" * 120 + a_in,  # labels that run over each other
        header() + (b"\x3f" + b"z" * 63) * 5 + b"\x00" + a_in,  # longer than 255 bytes
        header(questions=2) + (name + a_in) * 2,
        header() + name + a_in + b"garbage",
        header(additional=1) + name + a_in + opt + b"\x00\x04\x00\x0a\x00\xff",  # option overruns
        header(additional=2) + name + a_in + (opt + b"\x00\x00") * 2,  # two OPTs
    ]


class Flood(Paced):
    """Malformed packets, every kind in turn; their answers are not read."""

    BURST = 20

    def __init__(self, server, rate):
        super().__init__(rate, self.BURST)
        self._packets = _malformed()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(server.address)

    def step(self, number):
        self._socket.send(self._packets[number % len(self._packets)])

    def close(self):
        self._socket.close()
