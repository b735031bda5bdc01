#!/usr/bin/env python3
"""Renewed certificates are in use on every port that speaks TLS, told (SIGHUP) or not."""

import pathlib
import shutil
import signal
import socket
import ssl
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.certificate import Certificate
from support.loopback import own_address
from support.server import ServerTestCase, main

NAME = "cloudmap.test"
TIMEOUT_SECONDS = 30
# Generous: renewed files are in use within a second when the machine is idle.
RENEWAL_SECONDS = 60
PORTS = ("http", "grpc", "dot")


def split(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)


class RenewedCertificates(ServerTestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cloudmapd-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        certificate = self.renew()
        self.server = self.start_server("--store", "memory", "--dot-listen", f"{own_address()}:0", *certificate.flags)
        for port in PORTS:
            self.assertTrue(self.is_trusted(port), port)

    def renew(self):
        """A new certificate in the place of the last one."""
        certificate = Certificate(self.folder, NAME, own_address())
        self.client = certificate.client()
        self.client.set_alpn_protocols(["h2", "http/1.1"])
        return certificate

    def is_trusted(self, port):
        """Whether a new connection is shown the newest certificate."""
        address = self.server.ready[port]
        with socket.create_connection(split(address[0] if port == "dot" else address), TIMEOUT_SECONDS) as stream:
            try:
                self.client.wrap_socket(stream, server_hostname=NAME).close()
            except ssl.SSLCertVerificationError:
                return False
        return True

    def await_in_use(self):
        deadline = time.monotonic() + RENEWAL_SECONDS
        for port in PORTS:
            while not self.is_trusted(port):
                self.assertLess(time.monotonic(), deadline, port)

    def await_log(self, words):
        deadline = time.monotonic() + RENEWAL_SECONDS
        while words not in self.server.log_path.read_text():
            self.assertLess(time.monotonic(), deadline)

    def test_they_are_seen_without_a_signal(self):
        for _ in range(2):
            self.renew()
            self.await_in_use()

    def test_they_are_taken_on_sighup(self):
        self.renew()
        self.server.process.send_signal(signal.SIGHUP)
        self.await_log("certificates were read again")
        for port in PORTS:
            self.assertTrue(self.is_trusted(port), port)

    def test_what_fits_nothing_leaves_the_old_one_in_use(self):
        good = pathlib.Path(self.folder, "key.pem").read_bytes()
        pathlib.Path(self.folder, "key.pem").write_text("nonsense\n")
        self.server.process.send_signal(signal.SIGHUP)
        self.await_log("the certificates in use stay")
        for port in PORTS:
            self.assertTrue(self.is_trusted(port), port)
        pathlib.Path(self.folder, "key.pem").write_bytes(good)
        self.renew()
        self.await_in_use()


if __name__ == "__main__":
    main()
