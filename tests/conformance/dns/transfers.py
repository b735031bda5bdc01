"""Zone transfers, asked for with dnspython."""

import socket
import struct

import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset

from dns_case import TIMEOUT_SECONDS, read_exactly
from support.loopback import own_address
from support.server import ServerTestCase


def exchange(address, name, record_type, tcp=True):
    query = dns.message.make_query(name, record_type, use_edns=0, payload=1232)
    query.flags &= ~dns.flags.RD
    send = dns.query.tcp if tcp else dns.query.udp
    return send(query, address[0], port=address[1], timeout=TIMEOUT_SECONDS, one_rr_per_rrset=True)


def records(section):
    """Names in data in lower case: a secondary keeps one spelling of each."""
    return {
        (rrset.name, rrset.ttl, dns.rdatatype.to_text(rrset.rdtype), str(data).lower())
        for rrset in section
        for data in rrset
    }


def soa_of_client(apex, serial):
    """What says in the authority section of an IXFR query what the client has."""
    return dns.rrset.from_text(dns.name.from_text(apex), 0, "IN", "SOA", f"a. b. {serial} 1 1 1 1")


def transfer_messages(address, apex, source, record_type="AXFR", serial=0, edns=False):
    """All messages of a zone transfer, in order; one alone when it is no transfer."""
    query = dns.message.make_query(apex, record_type, use_edns=0 if edns else -1)
    if record_type == "IXFR":
        query.authority.append(soa_of_client(apex, serial))
    messages = []
    soas = 0
    with socket.create_connection(address, TIMEOUT_SECONDS, (source, 0)) as stream:
        wire = query.to_wire()
        stream.sendall(struct.pack("!H", len(wire)) + wire)
        while soas < 2:
            size = struct.unpack("!H", read_exactly(stream, 2))[0]
            message = dns.message.from_wire(read_exactly(stream, size), one_rr_per_rrset=True)
            assert message.id == query.id, "RFC 5936 s2.2.1: the id of every message is the query's"
            messages.append(message)
            soas += sum(rrset.rdtype == dns.rdatatype.SOA for rrset in message.answer)
            single_soa = [rrset.rdtype for rrset in message.answer] == [dns.rdatatype.SOA]
            if message.rcode() != dns.rcode.NOERROR or (record_type == "IXFR" and single_soa):
                break
    return messages


class TransferTestCase(ServerTestCase):
    def transfer(self, server, apex, **options):
        """The zone's records, the closing SOA left out."""
        messages = transfer_messages(server.dns, apex, own_address(), **options)
        found = []
        for message in messages:
            self.assertEqual("NOERROR", dns.rcode.to_text(message.rcode()))
            self.assertTrue(message.flags & dns.flags.AA)
            found += message.answer
        self.assertEqual(dns.rdatatype.SOA, found[0].rdtype)
        self.assertEqual(records(found[:1]), records(found[-1:]), "first and last record are the SOA")
        self.assertEqual(len(found) - 1, len(records(found)), "no record comes twice")
        return records(found)

    def transfer_rcode(self, server, apex, source, **options):
        (message,) = transfer_messages(server.dns, apex, source, **options)
        self.assertEqual([], message.answer)
        return dns.rcode.to_text(message.rcode())
