// LateAnswer: what a name server elsewhere said of the question that a client waits for. It stands
// beside the cache, because not all of it may be kept.
#pragma once

#include <vector>

#include "server/dns/cache/cached_answer.h"

namespace cloudmap::dns {

struct LateAnswer {
  // CNAMEs and what stands at the end of their chain, each once.
  std::vector<CachedAnswerPtr> parts;
  // The parts have expired and stand in for what could not be had (RFC 8767 s4).
  bool stale = false;
  // There is more than could be had: the client is told so (TC).
  bool truncated = false;
  // No further question is asked: what is missing now is a failure.
  bool last = false;

  const CachedAnswer* Find(const AnswerKey& key) const {
    for (const CachedAnswerPtr& part : parts) {
      if (part->key() == key) {
        return part.get();
      }
    }
    return nullptr;
  }
};

}  // namespace cloudmap::dns
