// For tests: the response of another name server, made of a few lines.
//
//   AnswerBuilder builder(*WireName("www.example.com"), type::kA);
//   builder.Answer("www.example.com", type::kA, 300, "\1\2\3\4");
//   std::vector<uint8_t> message = builder.Finish();
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "server/dns/message/name.h"
#include "server/dns/message/wire.h"
#include "server/dns/resolver/upstream_message.h"

namespace cloudmap::dns {

inline UpstreamQuestion QuestionFor(const std::string& text, uint16_t qtype) {
  UpstreamQuestion question;
  question.name = question.spelled = *WireName(text);
  question.type = qtype;
  return question;
}

// The RDATA of an SOA record with this MINIMUM.
inline std::string SoaOf(uint32_t minimum) {
  std::string rdata = *WireName("ns.example") + *WireName("hostmaster.example");
  rdata.append(16, '\0');
  std::array<uint8_t, 4> bytes{};
  Store32(bytes.data(), minimum);
  rdata.append(bytes.begin(), bytes.end());
  return rdata;
}

class AnswerBuilder {
 public:
  // `question` in wire form, as it is spelled.
  AnswerBuilder(const std::string& question, uint16_t qtype) : question_(question), qtype_(qtype) {}

  AnswerBuilder& Flags(uint16_t flags) {
    flags_ = flags;
    return *this;
  }
  AnswerBuilder& Rcode(dns::Rcode rcode) {
    flags_ = static_cast<uint16_t>(kFlagQr | static_cast<uint16_t>(rcode));
    return *this;
  }
  AnswerBuilder& Id(uint16_t id) {
    id_ = id;
    return *this;
  }
  AnswerBuilder& Answer(const std::string& owner, uint16_t type, uint32_t ttl,
                        const std::string& rdata) {
    return Add(0, owner, type, ttl, rdata);
  }
  AnswerBuilder& Authority(const std::string& owner, uint16_t type, uint32_t ttl,
                           const std::string& rdata) {
    return Add(1, owner, type, ttl, rdata);
  }
  AnswerBuilder& Additional(const std::string& owner, uint16_t type, uint32_t ttl,
                            const std::string& rdata) {
    return Add(2, owner, type, ttl, rdata);
  }

  std::vector<uint8_t> Finish() const {
    std::vector<uint8_t> message(kHeaderSize);
    Store16(message.data(), id_);
    Store16(message.data() + 2, flags_);
    Store16(message.data() + 4, 1);
    for (size_t i = 0; i < counts_.size(); ++i) {
      Store16(message.data() + 6 + 2 * i, counts_[i]);
    }
    message.insert(message.end(), question_.begin(), question_.end());
    message.insert(message.end(),
                   {static_cast<uint8_t>(qtype_ >> 8), static_cast<uint8_t>(qtype_), 0, kClassIn});
    for (const std::string& section : sections_) {
      message.insert(message.end(), section.begin(), section.end());
    }
    return message;
  }

 private:
  AnswerBuilder& Add(size_t section, const std::string& owner, uint16_t type, uint32_t ttl,
                     const std::string& rdata) {
    std::array<uint8_t, 10> fixed{};
    Store16(fixed.data(), type);
    Store16(fixed.data() + 2, kClassIn);
    Store32(fixed.data() + 4, ttl);
    Store16(fixed.data() + 8, static_cast<uint16_t>(rdata.size()));
    std::string& out = sections_[section];
    out += *WireName(owner);
    out.append(fixed.begin(), fixed.end());
    out += rdata;
    ++counts_[section];
    return *this;
  }

  const std::string question_;
  const uint16_t qtype_;
  uint16_t id_ = 0;
  uint16_t flags_ = kFlagQr;
  std::array<std::string, 3> sections_;
  std::array<uint16_t, 3> counts_{};
};

}  // namespace cloudmap::dns
