"""A self-signed certificate, made by the openssl command."""

import pathlib
import ssl
import subprocess

MAKE_SECONDS = 60


class Certificate:
    """cert.pem and key.pem in a folder: an authority of its own for a name and an address."""

    def __init__(self, folder, name, address):
        self.name = name
        self.cert = pathlib.Path(folder, "cert.pem")
        self.key = pathlib.Path(folder, "key.pem")
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:{address}"]
        command += ["-keyout", str(self.key), "-out", str(self.cert)]
        subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=MAKE_SECONDS)

    @property
    def flags(self):
        """What a cloudmapd needs to use it."""
        return ("--tls-cert", str(self.cert), "--tls-key", str(self.key))

    def client(self):
        """An SSLContext that trusts it alone."""
        return ssl.create_default_context(cafile=str(self.cert))
