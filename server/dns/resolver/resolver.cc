#include "server/dns/resolver/resolver.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "registry/base/check.h"
#include "registry/base/status_macros.h"
#include "registry/base/thread.h"
#include "server/dns/message/message_reader.h"
#include "server/net/interfaces.h"
#include "spdlog/spdlog.h"

namespace cloudmap::dns {
namespace {

// Questions that wait for the thread to take them: a hundred milliseconds' worth of its work.
constexpr size_t kQueueMax = 16384;
// How long the thread sleeps at most when it has nothing to do.
constexpr int64_t kLongestWaitMs = 1000;

// True when a packet to `upstream` would come to one of our own listeners.
bool IsOwn(const SocketAddress& upstream, const std::vector<SocketAddress>& own) {
  return std::any_of(own.begin(), own.end(), [&upstream](const SocketAddress& listener) {
    if (listener.port() != upstream.port()) {
      return false;
    }
    if (!listener.is_wildcard()) {
      return listener.ToString() == upstream.ToString();
    }
    if (listener.is_v4() != upstream.is_v4()) {
      return false;  // a wildcard is of one family
    }
    const std::vector<std::string> interfaces =
        InterfaceAddresses(upstream.is_v4() ? IpFamily::kV4 : IpFamily::kV6);
    return upstream.is_loopback() ||
           std::find(interfaces.begin(), interfaces.end(), upstream.IpString()) != interfaces.end();
  });
}

absl::Status OwnUpstream(const char* option, const SocketAddress& upstream) {
  return absl::InvalidArgumentError(
      absl::StrCat(option, " ", upstream.ToString(),
                   ": is this server itself, which would ask itself without end; name another"));
}

}  // namespace

int64_t MonotonicMs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

Resolver::Resolver(const ResolverOptions& options, const SipKey& key, Random& random)
    : options_(options),
      file_(options.resolv_conf),
      cache_(options.cache_bytes, key),
      transport_(*this, random),
      lookups_(rules_, cache_, transport_, random, options.limits, counters_) {
  rules_.SetDefault(options.upstreams);
  for (const ForwardZone& zone : options.zones) {
    const auto wire = WireName(zone.zone);
    CLOUDMAP_CHECK(wire.has_value(), "checked with the options");
    rules_.Add(LowerName(*wire), zone.zone, zone.upstreams);
  }
}

Resolver::~Resolver() { Stop(); }

absl::Status Resolver::Start(const std::vector<SocketAddress>& own) {
  own_ = own;
  for (const SocketAddress& upstream : options_.upstreams) {
    if (IsOwn(upstream, own_)) {
      return OwnUpstream("--forward", upstream);
    }
  }
  for (const ForwardZone& zone : options_.zones) {
    for (const SocketAddress& upstream : zone.upstreams) {
      if (IsOwn(upstream, own_)) {
        return OwnUpstream("--forward-zone", upstream);
      }
    }
  }
  RETURN_IF_ERROR(transport_.Start());
  FollowFile();
  wake_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (wake_.get() < 0) {
    return absl::UnavailableError(absl::StrCat("eventfd: ", strerror(errno)));
  }
  {
    const absl::MutexLock lock(&mutex_);
    closed_ = false;
  }
  ASSIGN_OR_RETURN(thread_, StartThread("dns-resolver", [this] { Run(); }));
  return absl::OkStatus();
}

void Resolver::Stop() {
  if (!thread_.joinable()) {
    return;
  }
  stopping_ = true;
  Wake();
  thread_.join();
}

void Resolver::Wake() { eventfd_write(wake_.get(), 1); }

void Resolver::Ask(std::vector<ResolverRequest>& requests) {
  bool was_empty = false;
  {
    const absl::MutexLock lock(&mutex_);
    if (closed_ || requests.empty()) {
      return;
    }
    was_empty = requests_.empty();
    const size_t room = kQueueMax - std::min(kQueueMax, requests_.size());
    const auto end =
        requests.begin() + static_cast<std::ptrdiff_t>(std::min(room, requests.size()));
    std::move(requests.begin(), end, std::back_inserter(requests_));
    requests.erase(requests.begin(), end);
  }
  if (was_empty) {
    Wake();
  }
}

void Resolver::FollowFile() {
  constexpr int64_t kEveryMs = 1000;
  const int64_t now_ms = MonotonicMs();
  if (options_.resolv_conf.empty() || now_ms < look_at_file_ms_) {
    return;
  }
  look_at_file_ms_ = now_ms + kEveryMs;
  const std::optional<std::vector<SocketAddress>> servers = file_.Changed();
  if (!servers.has_value()) {
    return;
  }
  std::vector<SocketAddress> upstreams;
  std::vector<std::string> names;
  for (const SocketAddress& server : *servers) {
    if (IsOwn(server, own_)) {
      spdlog::warn("{}: {} is this server itself and is left out", options_.resolv_conf,
                   server.ToString());
      continue;
    }
    upstreams.push_back(server);
    names.push_back(server.ToString());
  }
  // At the start it is what everybody expects; later it is news.
  spdlog::log(file_was_read_ ? spdlog::level::info : spdlog::level::debug,
              "names that are not ours are asked of {} ({})",
              names.empty() ? "nobody" : absl::StrJoin(names, ", "), options_.resolv_conf);
  file_was_read_ = true;
  rules_.SetDefault(upstreams);
}

void Resolver::TakeRequests() {
  std::vector<ResolverRequest> requests;
  {
    const absl::MutexLock lock(&mutex_);
    requests.swap(requests_);
  }
  const int64_t now_ms = MonotonicMs();
  for (ResolverRequest& request : requests) {
    lookups_.Ask(request.question, std::move(request.waiter), now_ms);
  }
}

void Resolver::OnDelivery(uint64_t attempt, Delivery delivery, std::span<const uint8_t> reply) {
  lookups_.OnDelivery(attempt, delivery, reply, MonotonicMs());
}

void Resolver::Run() {
  while (!stopping_.load(std::memory_order_acquire)) {
    const int64_t now_ms = MonotonicMs();
    const int64_t wait_ms = lookups_.next_event_ms() >= now_ms + kLongestWaitMs
                                ? kLongestWaitMs
                                : std::max<int64_t>(lookups_.next_event_ms() - now_ms, 0);
    if (transport_.Wait(static_cast<int>(wait_ms), wake_.get())) {
      eventfd_t ignored = 0;
      eventfd_read(wake_.get(), &ignored);
      TakeRequests();
    }
    lookups_.OnTime(MonotonicMs());
    FollowFile();
  }
  {
    const absl::MutexLock lock(&mutex_);
    closed_ = true;
  }
  TakeRequests();
  lookups_.Stop(MonotonicMs());
}

}  // namespace cloudmap::dns
