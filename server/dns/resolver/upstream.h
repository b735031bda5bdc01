// Upstream: what is known of one upstream resolver: how fast it is, whether it is up, and what it
// cannot do. Pure bookkeeping, without sockets and threads.
//
//   Upstream upstream(address);
//   upstream.Answered(now_ms, rtt_ms);      // or TimedOut(now_ms)
//   if (upstream.IsUp(now_ms)) ...
//
// Times are milliseconds of the monotonic clock. Not thread-safe: it belongs to the resolver's
// thread.
#pragma once

#include <cstdint>

#include "server/net/address.h"

namespace cloudmap::dns {

class Upstream {
 public:
  explicit Upstream(const SocketAddress& address) : address_(address) {}

  const SocketAddress& address() const { return address_; }

  // False while it is left alone after failures in a row, unless all others are down as well. One
  // lost packet does not take it down, and it comes back at its first answer.
  bool IsUp(int64_t now_ms) const { return now_ms >= down_until_ms_; }
  // True once it has been down for long enough that a single question is worth a try.
  bool IsDueForProbe(int64_t now_ms) const { return !IsUp(now_ms) && now_ms >= probe_at_ms_; }
  void ProbeSent(int64_t now_ms) { probe_at_ms_ = now_ms + kProbeIntervalMs; }

  // It has answered, whatever it said. `rtt_ms` below zero: not measured (a retransmission).
  void Answered(int64_t rtt_ms);
  // It gave no answer in time, or cannot be reached at all.
  void Failed(int64_t now_ms);

  // How long an answer is waited for: four times the usual, at least 200 ms, so that a healthy
  // upstream with a slow moment is not given up, and at most what leaves room for a second one.
  int64_t TimeoutMs() const;
  // When another upstream is asked as well: later than nearly all answers come.
  int64_t HedgeMs() const;

  // What it was found not to know; asked again after a while, since servers are replaced.
  bool KnowsEdns(int64_t now_ms) const { return now_ms >= no_edns_until_ms_; }
  bool KeepsCase(int64_t now_ms) const { return now_ms >= no_case_until_ms_; }
  void LacksEdns(int64_t now_ms) { no_edns_until_ms_ = now_ms + kForgetMs; }
  void LosesCase(int64_t now_ms) { no_case_until_ms_ = now_ms + kForgetMs; }

 private:
  static constexpr int64_t kProbeIntervalMs = 500;
  static constexpr int64_t kForgetMs = 10 * 60 * 1000;

  SocketAddress address_;
  // Smoothed round-trip time and its deviation (RFC 6298 s2); below zero before the first answer.
  double srtt_ms_ = -1;
  double rttvar_ms_ = 0;
  int failures_ = 0;
  int64_t down_until_ms_ = 0;
  int64_t probe_at_ms_ = 0;
  int64_t no_edns_until_ms_ = 0;
  int64_t no_case_until_ms_ = 0;
};

}  // namespace cloudmap::dns
