#include "server/dns/transport/late_answerer.h"

#include "server/dns/transport/clocks.h"

namespace cloudmap::dns {

UpstreamQuestion QuestionOf(const OutsideQuestion& outside) {
  UpstreamQuestion question;
  question.name.assign(reinterpret_cast<const char*>(outside.name.data()), outside.name_size);
  question.type = outside.type;
  question.dnssec_ok = outside.dnssec_ok;
  question.checking_disabled = outside.checking_disabled;
  return question;
}

std::span<const uint8_t> LateAnswerer::Answer(std::span<const uint8_t> packet, const Client& client,
                                              const LateAnswer& late, Reply& reply) {
  const Tables tables{zones_.Current(), cache_.Current(), &late};
  reply = Respond(packet, tables, options_, client, worker_, buffer_);
  zones_.Release();
  cache_.Release();
  return std::span<const uint8_t>(buffer_).first(reply.size);
}

Client WaitingQuestion::AskedBy() const {
  return {transport_, client_, WallClockSeconds(), MonotonicSeconds()};
}

bool WaitingQuestion::OnResult(const LookupResult& result, UpstreamQuestion& next) {
  late_.parts.insert(late_.parts.end(), result.parts.begin(), result.parts.end());
  late_.stale = result.stale;
  late_.truncated = result.truncated;
  late_.last = asked_ == kQuestionsMax;
  Reply reply;
  const auto response = answerer_.Answer(packet_, AskedBy(), late_, reply);
  if (reply.kind == Reply::Kind::kForward) {
    ++asked_;
    next = QuestionOf(answerer_.outside());
    return true;
  }
  if (!response.empty()) {
    Deliver(response);
  }
  return false;
}

}  // namespace cloudmap::dns
