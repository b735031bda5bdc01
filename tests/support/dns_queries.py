"""Asks a server's DNS, with dnspython as a second opinion on the wire format."""

import socket

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

TIMEOUT_SECONDS = 10


def ask(server, name, record_type="A", tcp=False, payload=1232):
    """The whole response."""
    query = dns.message.make_query(name, record_type, use_edns=0, payload=payload)
    query.flags &= ~dns.flags.RD
    address, port = server.dns
    send = dns.query.tcp if tcp else dns.query.udp
    return send(query, address, port=port, timeout=TIMEOUT_SECONDS)


def values(server, name, record_type="A", tcp=False):
    """The answers' data, sorted; [] for NODATA and NXDOMAIN."""
    return sorted(values_of(ask(server, name, record_type, tcp), record_type))


def values_of(response, record_type="A"):
    wanted = dns.rdatatype.from_text(record_type)
    return [str(data) for rrset in response.answer if rrset.rdtype == wanted for data in rrset]


def rcode(server, name, record_type="A"):
    return rcode_of(ask(server, name, record_type))


def rcode_of(response):
    return dns.rcode.to_text(response.rcode())


class UdpClient:
    """Many questions over one connected socket, several in flight."""

    def __init__(self, server):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(TIMEOUT_SECONDS)
        self._socket.connect(server.dns)

    def ask_all(self, names, record_type="A", in_flight=64):
        """{name: sorted values}, or None as the value of a name that does not exist."""
        answers = {}
        names = list(names)
        for start in range(0, len(names), in_flight):
            waiting = {}
            for offset, name in enumerate(names[start : start + in_flight]):
                query = dns.message.make_query(name, record_type, id=offset)
                waiting[offset] = name
                self._socket.send(query.to_wire())
            while waiting:
                response = dns.message.from_wire(self._socket.recv(65535))
                name = waiting.pop(response.id)
                exists = response.rcode() == dns.rcode.NOERROR
                answers[name] = sorted(values_of(response, record_type)) if exists else None
        return answers

    def close(self):
        self._socket.close()
