"""The base of the DNS conformance tests: one server a class, a registry filled over AWS JSON, packets
made byte by byte, and responses read strictly by dnspython.

    class Negative(DnsTestCase):
        def test_something(self):
            response = self.ask("missing.sd.test", "A")       # a Response, checked for its form
            self.assertEqual("NXDOMAIN", response.rcode)
            self.assertEqual("FORMERR", self.send(header(questions=2) + question("a.test")).rcode)
"""

import pathlib
import socket
import struct
import sys

import dns.message
import dns.rcode
import dns.rdatatype

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.aws import Endpoint
from support.server import ServerTestCase

TIMEOUT_SECONDS = 30
UDP_PAYLOAD = 1232
ID = 0x1234
IN, CH, HS, NONE, ANY = 1, 3, 4, 254, 255
QR, AA, TC, RD, RA, Z, AD, CD = 0x8000, 0x400, 0x200, 0x100, 0x80, 0x40, 0x20, 0x10
QUERY, IQUERY, STATUS, NOTIFY, UPDATE = 0, 1, 2, 4, 5
NSID, ECS, COOKIE, KEEPALIVE, PADDING, EDE = 3, 8, 10, 11, 12, 15


def header(flags=0, questions=1, answers=0, authorities=0, additionals=0, opcode=QUERY, message_id=ID):
    return struct.pack("!6H", message_id, flags | opcode << 11, questions, answers, authorities, additionals)


def wire_name(name):
    """Text, or a list of labels of any bytes."""
    labels = name if isinstance(name, list) else [part.encode() for part in name.rstrip(".").split(".") if part]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def type_code(record_type):
    return record_type if isinstance(record_type, int) else dns.rdatatype.from_text(record_type)


def question(name, record_type="A", qclass=IN):
    return wire_name(name) + struct.pack("!2H", type_code(record_type), qclass)


def record(name, record_type, rdata=b"", ttl=0, rclass=IN):
    return wire_name(name) + struct.pack("!2HIH", type_code(record_type), rclass, ttl, len(rdata)) + rdata


def option(code, value=b""):
    return struct.pack("!2H", code, len(value)) + value


def opt(*options, payload=UDP_PAYLOAD, version=0, flags=0, owner="", extended_rcode=0):
    rdata = b"".join(options)
    ttl = extended_rcode << 24 | version << 16 | flags
    return wire_name(owner) + struct.pack("!2HIH", 41, payload, ttl, len(rdata)) + rdata


def query(name, record_type="A", flags=0, edns=None, qclass=IN, opcode=QUERY, message_id=ID):
    """A whole query; `edns` is an OPT record made by opt()."""
    head = header(flags, additionals=0 if edns is None else 1, opcode=opcode, message_id=message_id)
    return head + question(name, record_type, qclass) + (edns or b"")


class Response:
    """A response that dnspython has read to its last byte, one RRset an RR."""

    def __init__(self, wire):
        self.wire = wire
        # dnspython knows few opcodes, and reads UPDATE in a way of its own.
        as_query = wire[:2] + bytes([wire[2] & ~0x78]) + wire[3:]
        self.message = dns.message.from_wire(as_query, one_rr_per_rrset=True)
        self.counts = struct.unpack("!4H", wire[4:12])

    @property
    def rcode(self):
        return dns.rcode.to_text(self.message.rcode())

    @property
    def flags(self):
        return struct.unpack("!H", self.wire[2:4])[0]

    @property
    def answer(self):
        return self._texts(self.message.answer)

    @property
    def authority(self):
        return self._texts(self.message.authority)

    @property
    def additional(self):
        """Without the OPT record."""
        return self._texts(self.message.additional)

    @property
    def ttls(self):
        return [rrset.ttl for rrset in self.message.answer]

    @property
    def has_opt(self):
        return self.message.edns >= 0

    def options(self, code):
        """The values of all EDNS options of this code."""
        found = []
        for item in self.message.options:
            if item.otype == code:
                found.append(item.to_wire())
        return found

    @property
    def extended_errors(self):
        return [struct.unpack("!H", value[:2])[0] for value in self.options(EDE)]

    @staticmethod
    def _texts(section):
        """'owner TYPE data' of each record, in the section's order."""
        kind = dns.rdatatype.to_text
        return [f"{rrset.name} {kind(rrset.rdtype)} {rdata}" for rrset in section for rdata in rrset]


class Registry:
    """What the tests register, over AWS JSON. Every operation must succeed."""

    def __init__(self, server, tls=None):
        self._endpoint = Endpoint(server, tls=tls)
        self.close = self._endpoint.close

    def _finish(self, operation_id):
        operation = self._endpoint.call("GetOperation", OperationId=operation_id)["Operation"]
        assert operation["Status"] == "SUCCESS", operation
        return operation

    def namespace(self, name, kind="PrivateDns", soa_ttl=None, vpc="vpc-1234abcd"):
        members = {"Name": name}
        if kind == "PrivateDns":
            members["Vpc"] = vpc
        if soa_ttl is not None:
            members["Properties"] = {"DnsProperties": {"SOA": {"TTL": soa_ttl}}}
        made = self._endpoint.call(f"Create{kind}Namespace", **members)
        return self._finish(made["OperationId"])["Targets"]["NAMESPACE"]

    def soa_ttl(self, namespace):
        """What GetNamespace says of it."""
        found = self._endpoint.call("GetNamespace", Id=namespace)["Namespace"]
        return found["Properties"]["DnsProperties"]["SOA"]["TTL"]

    def set_soa_ttl(self, name, ttl):
        """Of the private namespace `name`."""
        filters = [{"Name": "NAME", "Values": [name], "Condition": "EQ"}]
        (found,) = self._endpoint.call("ListNamespaces", Filters=filters)["Namespaces"]
        change = {"Properties": {"DnsProperties": {"SOA": {"TTL": ttl}}}}
        made = self._endpoint.call("UpdatePrivateDnsNamespace", Id=found["Id"], Namespace=change)
        self._finish(made["OperationId"])

    def service(self, namespace, name, records, policy="MULTIVALUE", health=False):
        """`records` is {type: TTL}; the service's id."""
        config = {
            "RoutingPolicy": policy,
            "DnsRecords": [{"Type": kind, "TTL": ttl} for kind, ttl in records.items()],
        }
        members = {"HealthCheckCustomConfig": {}} if health else {}
        made = self._endpoint.call("CreateService", Name=name, NamespaceId=namespace, DnsConfig=config, **members)
        return made["Service"]["Id"]

    def instance(self, service, instance_id, **attributes):
        """instance(s, "i-1", ipv4="192.0.2.1", port=80): attributes named without AWS_INSTANCE_."""
        named = {f"AWS_INSTANCE_{name.upper()}": str(value) for name, value in attributes.items()}
        made = self._endpoint.call(
            "RegisterInstance", ServiceId=service, InstanceId=instance_id, Attributes=named
        )
        self._finish(made["OperationId"])

    def alias(self, service, instance_id, target):
        attributes = {"AWS_ALIAS_DNS_NAME": target}
        made = self._endpoint.call(
            "RegisterInstance", ServiceId=service, InstanceId=instance_id, Attributes=attributes
        )
        self._finish(made["OperationId"])

    def deregister(self, service, instance_id):
        made = self._endpoint.call("DeregisterInstance", ServiceId=service, InstanceId=instance_id)
        self._finish(made["OperationId"])

    def set_health(self, service, instance_id, status):
        self._endpoint.call(
            "UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId=instance_id, Status=status
        )

    def update_ttls(self, service, records):
        config = {"DnsRecords": [{"Type": kind, "TTL": ttl} for kind, ttl in records.items()]}
        made = self._endpoint.call("UpdateService", Id=service, Service={"DnsConfig": config})
        self._finish(made["OperationId"])

    def delete_service(self, service):
        self._endpoint.call("DeleteService", Id=service)

    def delete_namespace(self, namespace):
        self._finish(self._endpoint.call("DeleteNamespace", Id=namespace)["OperationId"])

    def addresses(self, service, count, network="192.0.2"):
        """Registers i-1 to i-COUNT with their addresses."""
        for i in range(1, count + 1):
            self.instance(service, f"i-{i}", ipv4=f"{network}.{i}")


def exchange_tcp(stream, packets):
    """Sends frames at once; as many responses, in the order they come."""
    stream.sendall(b"".join(struct.pack("!H", len(packet)) + packet for packet in packets))
    return [read_frame(stream) for _ in packets]


def read_exactly(stream, size):
    received = b""
    while len(received) < size:
        piece = stream.recv(size - len(received))
        assert piece, f"closed after {len(received)} of {size} bytes"
        received += piece
    return received


def read_frame(stream):
    return read_exactly(stream, struct.unpack("!H", read_exactly(stream, 2))[0])


class DnsTestCase(ServerTestCase):
    """`self.registry` fills the server's registry; populate() does it once for the class."""

    server_flags = ("--store", "memory")

    @classmethod
    def setUpClass(cls):
        cls.server = cls.start_class_server(*cls.server_flags)
        cls.registry = Registry(cls.server)
        cls.addClassCleanup(cls.registry.close)
        cls.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        cls.addClassCleanup(cls.udp.close)
        cls.udp.settimeout(TIMEOUT_SECONDS)
        cls.udp.connect(cls.server.dns)
        cls.populate(cls.registry)

    @classmethod
    def populate(cls, registry):
        """sd.test with web (A), and an empty namespace child.sd.test."""
        cls.namespace = registry.namespace("sd.test")
        cls.web = registry.service(cls.namespace, "web", {"A": 60})
        registry.addresses(cls.web, 3)
        registry.namespace("child.sd.test")

    def tcp(self):
        """A connection that ends with the test."""
        stream = socket.create_connection(self.server.dns, timeout=TIMEOUT_SECONDS)
        self.addCleanup(stream.close)
        return stream

    def send(self, packet, tcp=False):
        """The response to any packet, checked for what every response owes to its query."""
        if tcp:
            wire = exchange_tcp(self.tcp(), [packet])[0]
        else:
            self.udp.send(packet)
            wire = self.udp.recv(65535)
        return self.check(packet, wire)

    def ask(self, name, record_type="A", tcp=False, **options):
        """The response to a well-formed query; options as of query()."""
        packet = query(name, record_type, **options)
        response = self.send(packet, tcp)
        # RFC 1035 s4.1.2: the question as it was asked, byte for byte (also its letter case).
        end = 12 + len(question(name, record_type))
        self.assertEqual(packet[12:end], response.wire[12:end])
        self.assertEqual(1, response.counts[0])
        return response

    def check(self, packet, wire):
        response = Response(wire)
        self.assertEqual(packet[:2], wire[:2], "the id is echoed")
        self.assertTrue(response.flags & QR)
        self.assertEqual(packet[2] & 0x78, wire[2] & 0x78, "the opcode is echoed")
        self.assertFalse(response.flags & (Z | AD), "reserved and validation flags are clear")
        return response

    def assert_unanswered(self, packet):
        """The packet draws no reply: the next one on the socket is that of a later query."""
        self.udp.send(packet)
        sentinel = query("sd.test", "SOA", message_id=0xBEEF)
        self.udp.send(sentinel)
        wire = self.udp.recv(65535)
        self.assertEqual(sentinel[:2], wire[:2], f"answered: {wire.hex()}")

    def assert_negative(self, response, rcode, apex, ttl=15):
        """NXDOMAIN, or NOERROR for NODATA, with exactly the apex's SOA."""
        self.assertEqual((rcode, []), (response.rcode, response.answer))
        self.assert_soa(response, apex, ttl)

    def assert_soa(self, response, apex, ttl=15):
        self.assertEqual(1, len(response.authority), response.authority)
        soa = response.message.authority[0]
        self.assertEqual((apex + ".", dns.rdatatype.SOA, ttl), (str(soa.name), soa.rdtype, soa.ttl))

    def serial(self, apex):
        return self.ask(apex, "SOA").message.answer[0][0].serial

    def assert_formerr(self, packet):
        response = self.send(packet)
        self.assertEqual(("FORMERR", [], []), (response.rcode, response.answer, response.authority))
        return response
