#include "server/dns/resolver/upstream.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cloudmap::dns {
namespace {

constexpr int64_t kTimeoutMinMs = 200;
constexpr int64_t kTimeoutMaxMs = 1500;
constexpr int64_t kTimeoutUnknownMs = 800;
constexpr int64_t kHedgeMinMs = 20;
constexpr int64_t kHedgeMaxMs = 400;
constexpr int64_t kHedgeUnknownMs = 200;
// Failures in a row that take an upstream down.
constexpr int kFailuresMax = 3;

}  // namespace

void Upstream::Answered(int64_t rtt_ms) {
  failures_ = 0;
  down_until_ms_ = 0;
  if (rtt_ms < 0) {
    return;
  }
  const auto rtt = static_cast<double>(rtt_ms);
  if (srtt_ms_ < 0) {
    srtt_ms_ = rtt;
    rttvar_ms_ = rtt / 2;
    return;
  }
  rttvar_ms_ = 0.75 * rttvar_ms_ + 0.25 * std::abs(srtt_ms_ - rtt);
  srtt_ms_ = 0.875 * srtt_ms_ + 0.125 * rtt;
}

void Upstream::Failed(int64_t now_ms) {
  if (++failures_ < kFailuresMax || !IsUp(now_ms)) {
    return;
  }
  // Until an answer to a probe says otherwise.
  down_until_ms_ = std::numeric_limits<int64_t>::max();
  probe_at_ms_ = now_ms + kProbeIntervalMs;
}

int64_t Upstream::TimeoutMs() const {
  if (srtt_ms_ < 0) {
    return kTimeoutUnknownMs;
  }
  return std::clamp(static_cast<int64_t>(4 * srtt_ms_ + 4 * rttvar_ms_), kTimeoutMinMs,
                    kTimeoutMaxMs);
}

int64_t Upstream::HedgeMs() const {
  if (srtt_ms_ < 0) {
    return kHedgeUnknownMs;
  }
  return std::clamp(static_cast<int64_t>(2 * srtt_ms_ + 4 * rttvar_ms_), kHedgeMinMs, kHedgeMaxMs);
}

}  // namespace cloudmap::dns
