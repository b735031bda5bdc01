// For tests: queries in and responses out of Respond(), read by ldns, a second opinion on every
// byte.
//
//   TestClient client(registry);
//   const Response response = client.Ask("web.sd.local", type::kA);
//   EXPECT_EQ(response.rcode(), LDNS_RCODE_NOERROR);
//   EXPECT_THAT(response.answer(), ElementsAre("web.sd.local. 60 IN A 192.0.2.1"));
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/dns/answer/respond.h"
#include "server/dns/testing/test_registry.h"

// Last, because it defines `true` and `false` as macros.
#include <ldns/ldns.h>
#undef true
#undef false

namespace cloudmap::dns {

using Bytes = std::vector<uint8_t>;

inline void Append16(Bytes& bytes, uint16_t value) {
  bytes.push_back(static_cast<uint8_t>(value >> 8));
  bytes.push_back(static_cast<uint8_t>(value));
}

// A packet under construction; also a malformed one.
struct TestQuery {
  std::string name;  // text; or `wire_name` as it is
  uint16_t qtype = type::kA;
  uint16_t qclass = kClassIn;
  uint16_t id = 0x1234;
  uint16_t flags = kFlagRd;
  bool edns = false;
  uint16_t udp_payload = 1232;
  uint8_t version = 0;
  bool dnssec_ok = false;
  Bytes options;

  TestQuery(const std::string& qname, uint16_t type) : name(qname), qtype(type) {}
  TestQuery& WithEdns(uint16_t payload = 1232) {
    edns = true;
    udp_payload = payload;
    return *this;
  }
  TestQuery& WithOption(uint16_t code, const Bytes& value) {
    edns = true;
    Append16(options, code);
    Append16(options, static_cast<uint16_t>(value.size()));
    options.insert(options.end(), value.begin(), value.end());
    return *this;
  }
  TestQuery& WithFlags(uint16_t value) {
    flags = value;
    return *this;
  }
  TestQuery& WithClass(uint16_t value) {
    qclass = value;
    return *this;
  }

  Bytes Header(uint16_t questions, uint16_t answers, uint16_t authorities,
               uint16_t additionals) const {
    Bytes packet;
    for (const uint16_t word : {id, flags, questions, answers, authorities, additionals}) {
      Append16(packet, word);
    }
    return packet;
  }
  Bytes Opt() const {
    Bytes opt = {0};
    Append16(opt, type::kOpt);
    Append16(opt, udp_payload);
    opt.insert(opt.end(), {0, version, static_cast<uint8_t>(dnssec_ok ? 0x80 : 0), 0});
    Append16(opt, static_cast<uint16_t>(options.size()));
    opt.insert(opt.end(), options.begin(), options.end());
    return opt;
  }
  Bytes Question() const {
    const std::string wire = *WireName(name);
    Bytes question(wire.begin(), wire.end());
    Append16(question, qtype);
    Append16(question, qclass);
    return question;
  }
  Bytes Packet() const {
    Bytes packet = Header(1, 0, 0, edns ? 1 : 0);
    const Bytes question = Question();
    packet.insert(packet.end(), question.begin(), question.end());
    if (edns) {
      const Bytes opt = Opt();
      packet.insert(packet.end(), opt.begin(), opt.end());
    }
    return packet;
  }
};

class Response {
 public:
  explicit Response(Bytes bytes) : bytes_(std::move(bytes)), packet_(nullptr, ldns_pkt_free) {
    if (bytes_.empty()) {
      return;
    }
    ldns_pkt* packet = nullptr;
    const ldns_status status = ldns_wire2pkt(&packet, bytes_.data(), bytes_.size());
    EXPECT_EQ(status, LDNS_STATUS_OK) << ldns_get_errorstr_by_id(status);
    packet_.reset(packet);
  }

  bool none() const { return bytes_.empty(); }
  const Bytes& bytes() const { return bytes_; }
  const ldns_pkt* packet() const { return packet_.get(); }
  ldns_pkt_rcode rcode() const { return ldns_pkt_get_rcode(packet_.get()); }
  bool aa() const { return ldns_pkt_aa(packet_.get()); }
  bool tc() const { return ldns_pkt_tc(packet_.get()); }
  bool has_opt() const { return ldns_pkt_edns(packet_.get()); }
  std::vector<std::string> answer() const { return Section(ldns_pkt_answer(packet_.get())); }
  std::vector<std::string> authority() const { return Section(ldns_pkt_authority(packet_.get())); }
  std::vector<std::string> additional() const {
    return Section(ldns_pkt_additional(packet_.get()));
  }
  // The value of an EDNS option, or "none".
  std::string Option(uint16_t code) const {
    const ldns_rdf* options = ldns_pkt_edns_data(packet_.get());
    if (options == nullptr) {
      return "none";
    }
    const uint8_t* at = ldns_rdf_data(options);
    const uint8_t* const end = at + ldns_rdf_size(options);
    for (; at < end; at += 4 + Load16(at + 2)) {
      if (Load16(at) == code) {
        return {at + 4, at + 4 + Load16(at + 2)};
      }
    }
    return "none";
  }

 private:
  // One line per record, single spaces.
  static std::vector<std::string> Section(const ldns_rr_list* list) {
    std::vector<std::string> lines;
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); ++i) {
      const std::unique_ptr<char, decltype(&free)> text(ldns_rr2str(ldns_rr_list_rr(list, i)),
                                                        free);
      std::string line = absl::StrReplaceAll(text.get(), {{"\t", " "}, {"\n", ""}});
      while (!line.empty() && line.back() == ' ') {
        line.pop_back();
      }
      lines.push_back(line);
    }
    return lines;
  }

  Bytes bytes_;
  std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)> packet_;
};

class TestClient {
 public:
  explicit TestClient(TestRegistry& registry) : registry_(registry) {
    options.cookies = {{1, 2}, {3, 4}};
  }

  Response Send(const Bytes& packet) {
    Bytes out(kMaxMessageSize);
    const Client client{transport, address, now, monotonic};
    out.resize(Respond(packet, {registry_.zones(), cache}, options, client, worker, out).size);
    return Response(std::move(out));
  }
  Response Ask(const TestQuery& query) { return Send(query.Packet()); }
  Response Ask(const std::string& name, uint16_t qtype) { return Ask(TestQuery(name, qtype)); }

  RespondOptions options;
  Transport transport = Transport::kUdp;
  SocketAddress address = *SocketAddress::Parse("192.0.2.99:5353");
  uint32_t now = 1700000000;
  uint32_t monotonic = 1000;
  Worker worker{42};
  // What was learnt elsewhere; nothing unless a test puts it there.
  CacheTable cache{{0x0123456789abcdef, 0xfedcba9876543210}};

 private:
  TestRegistry& registry_;
};

}  // namespace cloudmap::dns
