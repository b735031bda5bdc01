#include "server/dns/transport/dns_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "registry/base/status_macros.h"
#include "registry/base/thread.h"
#include "server/net/udp_socket.h"

namespace cloudmap::dns {
namespace {

// A port that UDP picked may be taken for TCP.
constexpr int kPortAttempts = 64;

absl::Status Named(const std::string& option, const std::string& listen,
                   const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(option, " ", listen, ": ", status.message()));
}

}  // namespace

DnsServer::DnsServer(DnsServerOptions options, const Published<ZoneTable>& zones, Random& random)
    : options_(std::move(options)),
      zones_(zones),
      random_(random),
      no_cache_(std::make_shared<const CacheTable>(zones.Get()->hash_key())),
      forwarding_(MakeForwarding()),
      tcp_(options_.respond, options_.tcp, zones, forwarding_, options_.workers, random.Next()) {
  CookieSecrets& cookies = options_.respond.cookies;
  for (SipKey* secret : {&cookies.current, &cookies.previous}) {
    if (secret->k0 == 0 && secret->k1 == 0) {
      *secret = {random.Next(), random.Next()};
    }
  }
  options_.respond.tcp_idle_timeout =
      static_cast<uint16_t>(options_.tcp.idle_timeout / absl::Milliseconds(100));
}

DnsServer::~DnsServer() { Stop(); }

Forwarding DnsServer::MakeForwarding() {
  if (options_.respond.outside != OutsideNames::kForward && options_.resolver.zones.empty()) {
    return {no_cache_, nullptr, nullptr};
  }
  resolver_ = std::make_unique<Resolver>(options_.resolver, zones_.Get()->hash_key(), random_);
  answerer_ =
      std::make_unique<LateAnswerer>(zones_, resolver_->cache(), options_.respond, random_.Next());
  return {resolver_->cache(), resolver_.get(), answerer_.get()};
}

absl::Status DnsServer::Start() {
  if (options_.respond.nsid.size() > RespondOptions::kNsidMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("--nsid: longer than ", RespondOptions::kNsidMax, " bytes"));
  }
  for (const std::string& listen : options_.listen) {
    RETURN_IF_ERROR(Bind(listen));
  }
  for (const std::string& listen : options_.dot_listen) {
    RETURN_IF_ERROR(BindTls(listen));
  }
  if (resolver_ != nullptr) {
    std::vector<SocketAddress> own;
    for (const std::string& address : bound_) {
      own.push_back(*SocketAddress::Parse(address));
    }
    RETURN_IF_ERROR(resolver_->Start(own));
  }
  for (size_t i = 0; i < udp_.size(); ++i) {
    UdpWorker& worker = *udp_[i];
    ASSIGN_OR_RETURN(std::thread thread,
                     StartThread(absl::StrCat("dns-udp-", i), [&worker] { worker.Run(); }));
    threads_.push_back(std::move(thread));
  }
  return tcp_.Start();
}

absl::Status DnsServer::Bind(const std::string& listen) {
  const auto parsed = SocketAddress::Parse(listen);
  if (!parsed.ok()) {
    return Named(options_.listen_option, listen, parsed.status());
  }
  absl::Status status;
  for (int attempt = 0; attempt < kPortAttempts; ++attempt) {
    SocketAddress address = *parsed;
    auto sockets = BindUdp(address, options_.workers);
    if (!sockets.ok()) {
      return Named(options_.listen_option, listen, sockets.status());
    }
    status = tcp_.Listen(address, nullptr);
    if (status.ok()) {
      for (UniqueFd& socket : *sockets) {
        AddUdpWorker(std::move(socket), address);
      }
      bound_.push_back(address.ToString());
      return absl::OkStatus();
    }
    if (parsed->port() != 0) {
      break;
    }
  }
  return Named(options_.listen_option, listen, status);
}

void DnsServer::AddUdpWorker(UniqueFd socket, const SocketAddress& address) {
  std::unique_ptr<RateLimiter> limiter;
  if (options_.rate_limit.responses_per_second != 0 && !address.is_loopback()) {
    limiter =
        std::make_unique<RateLimiter>(options_.rate_limit, SipKey{random_.Next(), random_.Next()});
  }
  udp_.push_back(std::make_unique<UdpWorker>(std::move(socket), zones_, forwarding_,
                                             options_.respond, std::move(limiter), random_.Next()));
}

absl::Status DnsServer::BindTls(const std::string& listen) {
  auto address = SocketAddress::Parse(listen);
  const absl::Status status = address.ok() ? tcp_.Listen(*address, options_.tls) : address.status();
  if (!status.ok()) {
    return Named(options_.dot_listen_option, listen, status);
  }
  bound_tls_.push_back(address->ToString());
  return absl::OkStatus();
}

void DnsServer::Stop() {
  for (const auto& worker : udp_) {
    worker->Stop();
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
  // Before the sockets that its answers go out by, and the sessions they belong to.
  if (resolver_ != nullptr) {
    resolver_->Stop();
  }
  tcp_.Stop();
}

std::vector<const Counters*> DnsServer::counters() const {
  std::vector<const Counters*> all;
  for (const auto& worker : udp_) {
    all.push_back(&worker->counters());
  }
  if (answerer_ != nullptr) {
    all.push_back(&answerer_->counters());
  }
  for (const Counters* counters : tcp_.counters()) {
    all.push_back(counters);
  }
  return all;
}

}  // namespace cloudmap::dns
