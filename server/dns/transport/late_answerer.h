// LateAnswerer: makes the responses of clients whose question had to be resolved elsewhere first,
// on the resolver's thread.
//
//   LateAnswerer answerer(zones, cache, options, seed);
//   resolver request { QuestionOf(reply.outside), std::make_unique<...Waiter>(answerer, ...) }
//
// A waiter keeps the client's packet and answers it anew once the resolver has something: names may
// have become ours meanwhile, and a chain may lead on to other names.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "registry/base/published.h"
#include "server/dns/answer/respond.h"
#include "server/dns/resolver/resolver.h"
#include "server/dns/zones/zone_table.h"

namespace cloudmap::dns {

class LateAnswerer;

// Where names that are not ours are resolved.
struct Forwarding {
  const Published<CacheTable>& cache;
  Resolver* resolver = nullptr;  // nullptr where no name is forwarded
  LateAnswerer* answerer = nullptr;
};

UpstreamQuestion QuestionOf(const OutsideQuestion& outside);

// For who cannot wait, because too many do: whatever is not known is a failure.
inline LateAnswer NoMoreQuestions() {
  LateAnswer late;
  late.last = true;
  return late;
}

// Belongs to the resolver's thread, but for its construction and counters().
class LateAnswerer {
 public:
  // All must outlive it.
  LateAnswerer(const Published<ZoneTable>& zones, const Published<CacheTable>& cache,
               const RespondOptions& options, uint64_t seed)
      : zones_(zones), cache_(cache), options_(options), worker_(seed) {}

  // The response to a packet, in a buffer that holds until the next call; empty for none.
  // Reply::kForward when it needs another question, which is then in `reply`.
  std::span<const uint8_t> Answer(std::span<const uint8_t> packet, const Client& client,
                                  const LateAnswer& late, Reply& reply);
  // The question of the last Answer() that said kForward.
  const OutsideQuestion& outside() const { return worker_.outside; }

  const Counters& counters() const { return worker_.counters; }

 private:
  Published<ZoneTable>::Reader zones_;
  Published<CacheTable>::Reader cache_;
  const RespondOptions& options_;
  Worker worker_;
  std::vector<uint8_t> buffer_ = std::vector<uint8_t>(kMaxMessageSize);
};

// A client's question that waits for the resolver. What a transport adds is how to deliver.
class WaitingQuestion : public LookupWaiter {
 public:
  WaitingQuestion(LateAnswerer& answerer, std::span<const uint8_t> packet, Transport transport,
                  const SocketAddress& client)
      : answerer_(answerer),
        packet_(packet.begin(), packet.end()),
        transport_(transport),
        client_(client) {}

  bool OnResult(const LookupResult& result, UpstreamQuestion& next) final;

  std::span<const uint8_t> packet() const { return packet_; }
  Client AskedBy() const;
  // From any thread; must not block.
  virtual void Deliver(std::span<const uint8_t> response) = 0;

 protected:
  const SocketAddress& client() const { return client_; }

 private:
  // Questions asked for one client's question: CNAMEs lead from one server's names to another's.
  static constexpr int kQuestionsMax = 8;

  LateAnswerer& answerer_;
  const std::vector<uint8_t> packet_;
  const Transport transport_;
  const SocketAddress client_;
  LateAnswer late_;
  int asked_ = 1;
};

}  // namespace cloudmap::dns
