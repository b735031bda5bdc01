#!/usr/bin/env python3
"""The same content served by cloudmapd, and as static zones by NSD and Knot DNS: answers agree but for
the rows of EXCEPTIONS."""

import collections
import dataclasses
import pathlib
import random
import socket
import struct
import sys
import unittest

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
import peer_servers
from generated_content import MULTIVALUE_MAX, Content
from support.aws import Endpoint
from support.server import ServerTestCase, main

SEED = 20
NAMESPACES = 300
QUESTIONS = 6000
IN_FLIGHT = 32
TIMEOUT_SECONDS = 20
FIELDS = ("rcode", "aa", "tc", "answer", "soa", "opt", "do", "question")
ALL = ("nsd", "knot")


@dataclasses.dataclass(frozen=True)
class Row:
    """A difference that is meant: which questions, against whom, what is not compared, and why."""

    peers: tuple
    tag: str
    ignored: tuple
    reason: str


# Not compared at all: the order of records, the SOA's serial (ours moves), the additional section and NS
# records in the authority section of positive answers (each server adds what it thinks useful), and EDNS
# options and payload sizes.
EXCEPTIONS = (
    Row(ALL, "selected", ("answer", "tc"), "MULTIVALUE answers 8 at random, WEIGHTED one; peers answer the whole RRset"),
    Row(ALL, "any", ("answer", "soa", "tc"), "RFC 8482: we choose one RRset, peers send all or another one"),
    Row(ALL, "chain-across", ("answer", "rcode", "soa", "tc"), "we follow a CNAME into other zones of ours, peers do not"),
    Row(ALL, "loop", ("answer", "rcode", "soa", "tc"), "each server stops a CNAME loop after a length of its own"),
)


@dataclasses.dataclass
class Seen:
    """One response, reduced to what is compared."""

    rcode: str
    aa: bool
    tc: bool
    answer: frozenset
    soa: frozenset
    opt: bool
    do: bool
    question: bytes
    size: int

    @classmethod
    def of(cls, wire, question_size):
        message = dns.message.from_wire(wire, one_rr_per_rrset=True)
        records = [(cls.text(rrset), rrset) for rrset in message.answer]
        soas = [rrset for rrset in message.authority if rrset.rdtype == dns.rdatatype.SOA]
        return cls(
            rcode=dns.rcode.to_text(message.rcode()),
            aa=bool(message.flags & dns.flags.AA),
            tc=bool(message.flags & dns.flags.TC),
            answer=frozenset(text for text, _ in records),
            soa=frozenset((str(rrset.name).lower(), rrset.ttl) for rrset in soas),
            opt=message.edns >= 0,
            do=bool(message.ednsflags & dns.flags.DO),
            question=wire[12 : 12 + question_size],
            size=len(wire),
        )

    @staticmethod
    def text(rrset):
        data = str(rrset[0]).lower()
        if rrset.rdtype == dns.rdatatype.SOA:
            data = " ".join(part for i, part in enumerate(data.split()) if i != 2)
        return f"{rrset.name} {rrset.ttl} {dns.rdatatype.to_text(rrset.rdtype)} {data}".lower()


class Variant:
    """How a question is put: letter case, EDNS, flags."""

    def __init__(self, rng):
        self.mixed_case = rng.random() < 0.3
        self.payload = rng.choice((None, None, 512, 1232, 4096, 100))
        self.dnssec_ok = rng.random() < 0.3
        self.unknown_option = rng.random() < 0.2
        self.unknown_flags = rng.random() < 0.1
        self.recursion = rng.random() < 0.3

    def packet(self, question, message_id, rng):
        """(bytes, size of the question)."""
        name = question.name.rstrip(".")
        if self.mixed_case:
            name = "".join(rng.choice((c.lower(), c.upper())) for c in name)
        labels = name.split(".") if name else []
        asked = b"".join(bytes([len(part)]) + part.encode() for part in labels) + b"\0"
        asked += struct.pack("!2H", dns.rdatatype.from_text(question.record_type), 1)
        edns = b""
        if self.payload is not None:
            options = struct.pack("!2H3s", 65001, 3, b"abc") if self.unknown_option else b""
            flags = (0x8000 if self.dnssec_ok else 0) | (0x1234 if self.unknown_flags else 0)
            edns = b"\0" + struct.pack("!2HIH", 41, self.payload, flags, len(options)) + options
        flags = 0x100 if self.recursion else 0
        return struct.pack("!6H", message_id, flags, 1, 0, 0, 1 if edns else 0) + asked + edns, len(asked)

    @property
    def limit(self):
        return 512 if self.payload is None else min(max(self.payload, 512), 1232)


def ask_all(address, packets):
    """The response to each, over UDP, several in flight."""
    answers = [None] * len(packets)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(TIMEOUT_SECONDS)
        udp.connect(address)
        for start in range(0, len(packets), IN_FLIGHT):
            batch = packets[start : start + IN_FLIGHT]
            for packet in batch:
                udp.send(packet)
            for _ in batch:
                wire = udp.recv(65535)
                answers[struct.unpack("!H", wire[:2])[0]] = wire
    return answers


class Peers(ServerTestCase):
    @classmethod
    def setUpClass(cls):
        cls.content = Content(SEED, NAMESPACES)
        cls.server = cls.start_class_server("--store", "memory")
        endpoint = Endpoint(cls.server)
        cls.addClassCleanup(endpoint.close)
        operation = cls.content.register(endpoint)
        assert operation["Status"] == "SUCCESS", operation
        cls.zones = cls.content.zone_files(cls.server.dns[0])
        cls.questions = cls.content.questions(QUESTIONS)
        rng = random.Random(SEED)
        cls.variants = [Variant(rng) for _ in cls.questions]
        cls.packets = [v.packet(q, i, rng) for i, (q, v) in enumerate(zip(cls.questions, cls.variants))]
        cls.ours = cls.ask(cls.server.dns)

    @classmethod
    def ask(cls, address):
        wires = ask_all(address, [packet for packet, _ in cls.packets])
        return [Seen.of(wire, size) for wire, (_, size) in zip(wires, cls.packets)]

    def test_generated_content_is_of_every_kind(self):
        tags = collections.Counter(tag for question in self.questions for tag in question.tags)
        rcodes = collections.Counter(seen.rcode for seen in self.ours)
        nodata = sum(1 for seen in self.ours if seen.rcode == "NOERROR" and not seen.answer and not seen.tc)
        print(f"[{len(self.questions)} questions: {dict(rcodes)}, NODATA {nodata}, {dict(tags)}] ", end="")
        self.assertEqual(QUESTIONS, len(self.questions))
        for row in EXCEPTIONS:
            self.assertGreater(tags[row.tag], 0, f"nothing shows: {row.reason}")
        for rcode in ("NOERROR", "NXDOMAIN", "REFUSED"):
            self.assertGreater(rcodes[rcode], 10)
        self.assertGreater(nodata, 100)

    def test_our_answers_keep_to_their_size_and_to_the_registered_records(self):
        for question, variant, seen in zip(self.questions, self.variants, self.ours):
            with self.subTest(question=question):
                self.assertLessEqual(seen.size, variant.limit)
                rrset = self.content.node(question.name).get(question.record_type)
                if rrset is not None and not seen.tc:
                    self.assertEqual(min(len(rrset.values), rrset.most, MULTIVALUE_MAX), len(seen.answer))

    def compare(self, name):
        peer = peer_servers.start(name, self.zones)
        if peer is None:
            raise unittest.SkipTest(f"{name} is not installed: its answers are not compared")
        self.addCleanup(peer.stop)
        theirs = self.ask(peer.address)
        differences = collections.defaultdict(list)
        for question, ours, other in zip(self.questions, self.ours, theirs):
            rows = [row for row in EXCEPTIONS if name in row.peers and row.tag in question.tags]
            ignored = {field for row in rows for field in row.ignored}
            if other.tc != ours.tc and "selected" in question.tags:
                continue  # whole against selected: only one of them has to be cut
            if other.tc and ours.tc:
                ignored.add("answer")  # how much of a truncated answer is left is free (RFC 2181 s9)
            for field in FIELDS:
                if field not in ignored and getattr(ours, field) != getattr(other, field):
                    differences[field].append((question, getattr(ours, field), getattr(other, field)))
            if "selected" in question.tags and not ours.tc and not other.tc and len(question.tags) == 1:
                if not ours.answer <= other.answer:
                    differences["selection"].append((question, ours.answer, other.answer))
        for field, found in differences.items():
            for question, ours, other in found[:8]:
                print(f"\n{field}: {question}\n  ours  {ours}\n  {name:5} {other}", end="")
        counts = {field: len(found) for field, found in differences.items()}
        self.assertEqual({}, counts)

    def test_nsd_agrees(self):
        self.compare("nsd")

    def test_knot_agrees(self):
        self.compare("knot")


if __name__ == "__main__":
    main()
