#!/usr/bin/env python3
"""Names that are not ours, through a scripted upstream: what is asked of it, what is believed, what is kept."""

import pathlib
import socket
import struct
import sys
import threading

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from dns_case import Registry
from support.loopback import own_address
from support.server import NotReady, ServerTestCase, main

TIMEOUT_SECONDS = 20


class Upstream:
    """A name server on UDP and TCP whose answer to each query is what `reply(query, tcp)` returns: bytes,
    a message, a list of them, or None. `asked` are the queries it got."""

    def __init__(self, reply, number=1):
        self.reply = reply
        self.asked = []
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((own_address(number), 0))
        self.address = self.udp.getsockname()
        self.tcp = socket.create_server(self.address)
        self.threads = [threading.Thread(target=run, daemon=True) for run in (self._serve_udp, self._serve_tcp)]
        for thread in self.threads:
            thread.start()

    @property
    def text(self):
        return f"{self.address[0]}:{self.address[1]}"

    def _answers(self, wire, tcp):
        query = dns.message.from_wire(wire)
        self.asked.append((query, tcp))
        made = self.reply(query, tcp)
        for each in made if isinstance(made, list) else [made]:
            if each is not None:
                yield each if isinstance(each, bytes) else each.to_wire(max_size=65535)

    def _serve_udp(self):
        while True:
            try:
                wire, client = self.udp.recvfrom(65535)
                if not wire:
                    return  # shut down
                for answer in self._answers(wire, False):
                    self.udp.sendto(answer, client)
            except OSError:
                return

    def _serve_tcp(self):
        while True:
            try:
                stream, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_stream, args=(stream,), daemon=True).start()

    def _serve_stream(self, stream):
        with stream, stream.makefile("rb") as reader:
            while len(head := reader.read(2)) == 2:
                for answer in self._answers(reader.read(struct.unpack("!H", head)[0]), True):
                    stream.sendall(struct.pack("!H", len(answer)) + answer)

    def close(self):
        for each in (self.udp, self.tcp):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()


def answer_of(query, *records, rcode=0, authority=(), flags=0):
    """A response; `records` are "owner TTL TYPE data"."""
    response = dns.message.make_response(query, recursion_available=True)
    response.set_rcode(rcode)
    response.flags |= flags
    for section, lines in ((response.answer, records), (response.authority, authority)):
        for line in lines:
            owner, ttl, kind, data = line.split(" ", 3)
            section.append(dns.rrset.from_text(owner, int(ttl), "IN", kind, data))
    return response


SOA = "example.com. 300 SOA ns.example.com. hostmaster.example.com. 1 7200 900 1209600 60"


class ForwardingTest(ServerTestCase):
    def start(self, reply, *flags):
        self.upstream = Upstream(reply)
        self.addCleanup(self.upstream.close)
        self.server = self.start_server("--store", "memory", "--forward", self.upstream.text, *flags)
        return self.server

    def ask(self, name, kind="A", tcp=False, flags=None, want_dnssec=False):
        query = dns.message.make_query(name, kind, want_dnssec=want_dnssec)
        if flags is not None:
            query.flags = flags
        send = dns.query.tcp if tcp else dns.query.udp
        return send(query, self.server.dns[0], TIMEOUT_SECONDS, self.server.dns[1])

    def values(self, response):
        return sorted(str(rdata) for rrset in response.answer for rdata in rrset)


class Asking(ForwardingTest):
    def test_over_udp_and_tcp_alike_and_kept_for_all(self):
        self.start(lambda query, tcp: answer_of(query, "www.example.com. 300 A 192.0.2.1"))
        for tcp in (False, True, False):
            response = self.ask("www.example.com", tcp=tcp)
            self.assertEqual((0, ["192.0.2.1"]), (response.rcode(), self.values(response)))
            self.assertTrue(response.flags & dns.flags.RA)
            self.assertFalse(response.flags & (dns.flags.AA | dns.flags.AD))
        self.assertEqual(1, len(self.upstream.asked))
        query, tcp = self.upstream.asked[0]
        self.assertFalse(tcp, "the client's transport is not the upstream's")
        self.assertEqual([], list(query.options), "no option of a client travels on")

    def test_many_queries_of_one_tcp_connection_wait_together(self):
        self.start(lambda query, tcp: answer_of(query, f"{query.question[0].name} 300 A 192.0.2.1"))
        with socket.create_connection(self.server.dns, TIMEOUT_SECONDS) as stream:
            names = {}
            for number in range(600):
                query = dns.message.make_query(f"n{number}.example.com", "A")
                query.id = number
                names[number] = query
                wire = query.to_wire()
                stream.sendall(struct.pack("!H", len(wire)) + wire)
            reader = stream.makefile("rb")
            for _ in range(600):
                response = dns.message.from_wire(reader.read(struct.unpack("!H", reader.read(2))[0]))
                self.assertTrue(names.pop(response.id).is_response(response))
        self.assertEqual({}, names)

    def test_the_client_gets_its_own_spelling(self):
        self.start(lambda query, tcp: answer_of(query, f"{query.question[0].name} 300 A 192.0.2.1"))
        for name in ("WwW.ExAmPlE.cOm.", "www.example.com."):
            response = self.ask(name)
            self.assertEqual(name, response.question[0].name.to_text())
            self.assertEqual(name, response.answer[0].name.to_text())

    def test_single_labels_and_special_addresses_stay_in_the_house(self):
        self.start(lambda query, tcp: answer_of(query, f"{query.question[0].name} 300 A 192.0.2.1"))
        for kind in ("A", "AAAA", "HTTPS"):
            response = self.ask("printer", kind)
            self.assertEqual((3, "."), (response.rcode(), str(response.authority[0].name)))
        self.assertEqual([], self.upstream.asked)
        self.ask("com", "NS")
        self.assertEqual(1, len(self.upstream.asked), "other types of one label are asked")

    def test_rd_0_is_answered_from_what_is_kept_only(self):
        self.start(lambda query, tcp: answer_of(query, "www.example.com. 300 A 192.0.2.1"))
        self.assertEqual(5, self.ask("www.example.com", flags=0).rcode())
        self.assertEqual([], self.upstream.asked)
        self.ask("www.example.com")
        self.assertEqual(["192.0.2.1"], self.values(self.ask("www.example.com", flags=0)))

    def test_who_may_not_recurse_is_refused_and_not_told_otherwise(self):
        self.start(lambda query, tcp: answer_of(query, "www.example.com. 300 A 192.0.2.1"), "--allow-recursion", "192.0.2.0/24")
        response = self.ask("www.example.com")
        self.assertEqual(5, response.rcode())
        self.assertFalse(response.flags & dns.flags.RA)
        self.assertEqual([], self.upstream.asked)


class Believing(ForwardingTest):
    def test_forged_packets_are_dropped_and_the_question_waits_on(self):
        def reply(query, tcp):
            wrong_id = answer_of(query, "www.example.com. 300 A 203.0.113.1")
            wrong_id.id ^= 1
            other = dns.message.make_query("bank.example", "A")
            other.id = query.id
            return [wrong_id, answer_of(other, "bank.example. 300 A 203.0.113.1"), answer_of(query, "www.example.com. 300 A 192.0.2.1")]

        self.start(reply)
        self.assertEqual(["192.0.2.1"], self.values(self.ask("www.example.com")))

    def test_a_wrong_case_is_asked_again_over_tcp(self):
        def reply(query, tcp):
            if not tcp:
                lower = dns.message.make_query(query.question[0].name.to_text().lower(), "A")
                lower.id = query.id
                return answer_of(lower, "www.example.com. 300 A 203.0.113.1")
            return answer_of(query, "www.example.com. 300 A 192.0.2.1")

        self.start(reply)
        self.assertEqual(["192.0.2.1"], self.values(self.ask("www.example.com")))

    def test_truncation_leads_to_tcp_and_large_answers_come_whole(self):
        strings = [f"www.example.com. 300 TXT {'x' * 250}{number:03}" for number in range(230)]

        def reply(query, tcp):
            return answer_of(query, *strings) if tcp else answer_of(query, flags=dns.flags.TC)

        self.start(reply)
        udp = self.ask("www.example.com", "TXT")
        self.assertTrue(udp.flags & dns.flags.TC, "cut for this client")
        self.assertEqual(230, len(self.values(self.ask("www.example.com", "TXT", tcp=True))))

    def test_formerr_to_edns_is_asked_again_without(self):
        def reply(query, tcp):
            if query.edns >= 0:
                return answer_of(query, rcode=dns.rcode.FORMERR)
            return answer_of(query, "www.example.com. 300 A 192.0.2.1")

        self.start(reply)
        self.assertEqual(["192.0.2.1"], self.values(self.ask("www.example.com")))

    def test_unknown_types_and_dnssec_records_pass_byte_for_byte(self):
        data = {
            "TYPE65280": "\\# 5 0102030405",
            "HTTPS": "1 . alpn=\"h2\" ipv4hint=\"192.0.2.1\"",
            "DNSKEY": "257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==",
        }
        self.start(lambda query, tcp: answer_of(query, f"www.example.com. 300 {dns.rdatatype.to_text(query.question[0].rdtype)} {data[dns.rdatatype.to_text(query.question[0].rdtype)]}"))
        for kind, text in data.items():
            expected = dns.rrset.from_text("www.example.com.", 300, "IN", kind, text)
            self.assertEqual(expected, self.ask("www.example.com", kind).answer[0])

    def test_the_do_bit_is_part_of_the_question(self):
        self.start(lambda query, tcp: answer_of(query, "www.example.com. 300 A 192.0.2.1"))
        self.ask("www.example.com")
        self.ask("www.example.com", want_dnssec=True)
        self.assertEqual(2, len(self.upstream.asked))
        self.assertTrue(self.upstream.asked[1][0].ednsflags & dns.flags.DO)


class Keeping(ForwardingTest):
    def test_nxdomain_answers_for_the_names_below_and_nothing_else(self):
        def reply(query, tcp):
            return answer_of(query, rcode=dns.rcode.NXDOMAIN, authority=(SOA,))

        self.start(reply)
        for name in ("gone.example.com", "below.gone.example.com", "gone.example.com"):
            self.assertEqual(3, self.ask(name).rcode())
        self.assertEqual(3, self.ask("gone.example.com", "AAAA").rcode())
        self.assertEqual(1, len(self.upstream.asked))
        self.ask("other.example.com")
        self.assertEqual(2, len(self.upstream.asked))

    def test_a_name_that_becomes_ours_is_answered_from_ours_at_once(self):
        self.start(lambda query, tcp: answer_of(query, f"{query.question[0].name} 300 A 203.0.113.1"))
        self.assertEqual(["203.0.113.1"], self.values(self.ask("web.sd.local")))
        registry = Registry(self.server)
        self.addCleanup(registry.close)
        service = registry.service(registry.namespace("sd.local"), "web", {"A": 60})
        registry.instance(service, "i-1", ipv4="10.0.0.1")
        response = self.ask("web.sd.local")
        self.assertEqual(["10.0.0.1"], self.values(response))
        self.assertTrue(response.flags & dns.flags.AA)
        self.assertEqual(3, self.ask("other.sd.local").rcode())

    def test_chains_lead_from_ours_to_others_and_back(self):
        def reply(query, tcp):
            name = query.question[0].name.to_text().lower()
            if name == "back.example.com.":
                return answer_of(query, "back.example.com. 300 CNAME web.sd.local.", "web.sd.local. 300 A 203.0.113.1")
            return answer_of(query, f"{name} 30 A 192.0.2.7")

        self.start(reply)
        registry = Registry(self.server)
        self.addCleanup(registry.close)
        namespace = registry.namespace("sd.local")
        registry.instance(registry.service(namespace, "web", {"A": 60}), "i-1", ipv4="10.0.0.1")
        out = registry.service(namespace, "out", {"CNAME": 60}, "WEIGHTED")
        registry.instance(out, "i-1", cname="www.example.com")
        for tcp in (False, True):
            response = self.ask("out.sd.local", tcp=tcp)
            self.assertEqual(["192.0.2.7", "www.example.com."], self.values(response))
            response = self.ask("back.example.com", tcp=tcp)
            self.assertEqual(["10.0.0.1", "web.sd.local."], self.values(response), "ours, not the upstream's")

    def test_upstream_failure_is_a_servfail_and_stale_answers_stand_in(self):
        self.start(lambda query, tcp: answer_of(query, f"{query.question[0].name} 1 A 192.0.2.1"), "--serve-stale", "1h")
        self.ask("www.example.com")
        self.upstream.close()
        response = self.ask("new.example.com")
        self.assertEqual(2, response.rcode())
        # The answer above lived one second; whichever clock tick it is, an address is answered.
        self.assertEqual(["192.0.2.1"], self.values(self.ask("www.example.com")))

    def test_local_names_never_wait_for_a_dead_upstream(self):
        self.start(lambda query, tcp: None)
        registry = Registry(self.server)
        self.addCleanup(registry.close)
        registry.instance(registry.service(registry.namespace("sd.local"), "web", {"A": 60}), "i-1", ipv4="10.0.0.1")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(self.server.dns)
            for number in range(2000):
                udp.send(dns.message.make_query(f"n{number}.example.com", "A").to_wire())
            self.assertEqual(["10.0.0.1"], self.values(self.ask("web.sd.local")))


class Choosing(ForwardingTest):
    def test_the_next_upstream_is_asked_when_one_is_not_there(self):
        dead = Upstream(lambda query, tcp: None, number=2)
        dead.close()
        self.start(lambda query, tcp: answer_of(query, "www.example.com. 300 A 192.0.2.1"), "--forward", dead.text)
        self.assertEqual(["192.0.2.1"], self.values(self.ask("www.example.com")))

    def test_servfail_goes_on_and_nxdomain_does_not(self):
        second = Upstream(lambda query, tcp: answer_of(query, "www.example.com. 300 A 192.0.2.2"), number=2)
        self.addCleanup(second.close)
        self.start(lambda query, tcp: answer_of(query, rcode=dns.rcode.SERVFAIL), "--forward", second.text)
        self.assertEqual(["192.0.2.2"], self.values(self.ask("www.example.com")))

    def test_a_zone_of_its_own_wins_over_a_namespace_of_the_same_name(self):
        corp = Upstream(lambda query, tcp: answer_of(query, f"{query.question[0].name} 300 A 192.0.2.9"), number=2)
        self.addCleanup(corp.close)
        self.start(lambda query, tcp: answer_of(query, f"{query.question[0].name} 300 A 192.0.2.1"), "--forward-zone", f"corp.example={corp.text}")
        registry = Registry(self.server)
        self.addCleanup(registry.close)
        registry.instance(registry.service(registry.namespace("corp.example"), "web", {"A": 60}), "i-1", ipv4="10.0.0.1")
        registry.instance(registry.service(registry.namespace("sd.corp.example"), "web", {"A": 60}), "i-1", ipv4="10.0.0.2")
        self.assertEqual(["192.0.2.9"], self.values(self.ask("web.corp.example")))
        self.assertEqual(["10.0.0.2"], self.values(self.ask("web.sd.corp.example")), "a deeper namespace is ours")
        self.assertEqual(["192.0.2.1"], self.values(self.ask("www.example.com")))

    def test_an_upstream_that_is_this_server_is_refused(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((own_address(), 0))
            address = f"{own_address()}:{probe.getsockname()[1]}"
        server = self.new_server("--store", "memory", "--dns-listen", address, "--forward", address)
        with self.assertRaises(NotReady) as failed:
            server.start()
        self.assertEqual(2, failed.exception.code)
        self.assertIn("is this server itself", failed.exception.stderr)


class Isolated(ServerTestCase):
    def test_nxdomain_for_all_that_is_not_ours(self):
        """musl and c-ares take REFUSED of a name of the search list for a failure, and stop there."""
        server = self.start_server("--store", "memory", "--forward", "nxdomain")
        query = dns.message.make_query("web.sd.local.svc.cluster.local", "A")
        response = dns.query.udp(query, server.dns[0], TIMEOUT_SECONDS, server.dns[1])
        self.assertEqual(3, response.rcode())
        self.assertEqual((".", 15), (str(response.authority[0].name), response.authority[0].ttl))
        self.assertTrue(response.flags & dns.flags.RA)


if __name__ == "__main__":
    main()
