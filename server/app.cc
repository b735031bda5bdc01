#include "server/app.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "registry/base/status_macros.h"
#include "registry/store/open_store.h"
#include "server/dns/transport/served_addresses.h"
#include "server/version.h"
#include "spdlog/spdlog.h"

namespace cloudmap {
namespace {

registry::RegistryOptions RegistryOptionsOf(const Config& config) {
  registry::RegistryOptions options;
  options.region = config.region;
  options.account_id = config.account_id;
  options.operation_delay = config.operation_delay;
  options.custom_health_delay = config.custom_health_delay;
  options.aws_quotas = config.aws_quotas;
  if (config.soa_ttl_seconds.has_value()) {
    options.soa_ttls = {*config.soa_ttl_seconds, *config.soa_ttl_seconds};
  }
  options.discover_all = config.discover_all;
  for (const std::string& instance : config.ec2_instances) {
    const size_t equals = instance.find('=');  // checked by ParseConfig
    options.ec2_addresses[instance.substr(0, equals)] = instance.substr(equals + 1);
  }
  options.aws_health_check_rules = config.emulate_aws;
  options.aws_update_rules = config.emulate_aws;
  return options;
}

std::vector<IpPrefix> PrefixesOf(const std::vector<std::string>& texts) {
  std::vector<IpPrefix> prefixes;
  for (const std::string& text : texts) {
    prefixes.push_back(*IpPrefix::Parse(text));  // checked by ParseConfig
  }
  return prefixes;
}

std::vector<SocketAddress> UpstreamsOf(absl::string_view list) {
  std::vector<SocketAddress> upstreams;
  for (const absl::string_view text : absl::StrSplit(list, ',')) {
    upstreams.push_back(*SocketAddress::Parse(text, kDnsPort));  // checked by ParseConfig
  }
  return upstreams;
}

void SetForwarding(const Config& config, dns::DnsServerOptions& options) {
  dns::RespondOptions& respond = options.respond;
  respond.allow_recursion = PrefixSet(PrefixesOf(config.allow_recursion));
  respond.forward_single_labels = config.forward_single_labels;
  options.resolver.cache_bytes = config.cache_bytes;
  options.resolver.limits.serve_stale_seconds =
      static_cast<uint32_t>(absl::ToInt64Seconds(config.serve_stale));
  const std::string& first = config.forward.front();
  if (first == "nxdomain") {
    respond.outside = dns::OutsideNames::kDeny;
  } else if (first != "none") {
    respond.outside = dns::OutsideNames::kForward;
    if (first == "system") {
      options.resolver.resolv_conf = "/etc/resolv.conf";
    } else {
      for (const std::string& upstream : config.forward) {
        options.resolver.upstreams.push_back(*SocketAddress::Parse(upstream, kDnsPort));
      }
    }
  }
  for (const std::string& text : config.forward_zones) {
    const size_t equals = text.find('=');
    const std::string zone = text.substr(0, equals);
    options.resolver.zones.push_back({zone, UpstreamsOf(text.substr(equals + 1))});
    respond.forward_zones.push_back(*dns::WireName(absl::AsciiStrToLower(zone)));
  }
  if (respond.outside == dns::OutsideNames::kRefuse && !respond.forward_zones.empty()) {
    respond.outside = dns::OutsideNames::kZones;
  }
}

dns::DnsServerOptions DnsOptionsOf(const Config& config, const TlsCertificates* tls) {
  dns::DnsServerOptions options;
  options.listen = config.dns_listen;
  options.workers = config.dns_workers;
  options.respond.nsid = config.nsid;
  options.respond.allow_transfer = PrefixesOf(config.allow_transfer);
  options.rate_limit.responses_per_second = static_cast<uint32_t>(config.rrl_rate);
  options.rate_limit.slip = static_cast<uint32_t>(config.rrl_slip);
  for (IpPrefix& prefix : PrefixesOf(config.rrl_exempt)) {
    options.rate_limit.exempt.push_back(std::move(prefix));
  }
  SetForwarding(config, options);
  options.dot_listen = config.dot_listen;
  options.tls = tls;
  return options;
}

// The names that SDKs reach this server under: each endpoint name and its "data-" sibling, with the
// addresses that the AWS JSON endpoint listens on.
std::vector<dns::StaticName> EndpointNames(const Config& config) {
  const std::vector<std::string> addresses = dns::ServedAddresses(config.http_listen);
  std::vector<dns::StaticName> names;
  for (const std::string& name : config.endpoint_names) {
    names.push_back({name, addresses});
    names.push_back({absl::StrCat("data-", name), addresses});
  }
  return names;
}

dns::PublisherOptions PublisherOptionsOf(const Config& config,
                                         const registry::RegistryOptions& registry) {
  dns::PublisherOptions options;
  options.static_names = EndpointNames(config);
  options.name_server_addresses = dns::ServedAddresses(config.dns_listen);
  options.soa_ttls = registry.soa_ttls;
  // Resolvers that follow an NS record to the endpoint's name must find DNS there.
  const auto serves_dns = [&options](const std::string& address) {
    return std::find(options.name_server_addresses.begin(), options.name_server_addresses.end(),
                     address) != options.name_server_addresses.end();
  };
  for (const std::string& name : config.endpoint_names) {
    const auto& addresses = options.static_names.front().addresses;  // the same for all
    if (!addresses.empty() && std::all_of(addresses.begin(), addresses.end(), serves_dns)) {
      options.name_servers.push_back({name, addresses});
    }
  }
  return options;
}

http::ServerOptions HttpOptionsOf(const Config& config, const TlsCertificates* tls) {
  http::ServerOptions options;
  options.listen = config.http_listen;
  options.tls = tls;
  return options;
}

http::Response TextResponse(int status, std::string text) {
  http::Response response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

// A string for one address, which is the rule, a list for more.
nlohmann::ordered_json OneOrAll(const std::vector<std::string>& addresses) {
  if (addresses.size() == 1) {
    return addresses.front();
  }
  return addresses;
}

api::GrpcOptions GrpcOptionsOf(const Config& config, const TlsCertificates* tls) {
  api::GrpcOptions options;
  options.listen = config.grpc_listen;
  options.tls = tls;
  return options;
}

}  // namespace

App::App(Config config) : config_(std::move(config)) {}

App::~App() { Stop(); }

absl::Status App::Start() {
  if (!config_.tls_cert.empty()) {
    ASSIGN_OR_RETURN(
        tls_, TlsCertificates::Load({config_.tls_cert, config_.tls_key, config_.tls_client_ca}));
  }
  RETURN_IF_ERROR(timers_.Start());
  RETURN_IF_ERROR(StartRegistry());
  RETURN_IF_ERROR(MakeApi());
  RETURN_IF_ERROR(StartDns());
  http::ServerOptions http_options = HttpOptionsOf(config_, tls_.get());
  http_options.after_requests = [this] { operations_->Flush(); };
  http_ = std::make_unique<http::HttpServer>(std::move(http_options), MakeRouter());
  RETURN_IF_ERROR(http_->Start());
  grpc_ = std::make_unique<api::GrpcServer>(GrpcOptionsOf(config_, tls_.get()), *operations_);
  RETURN_IF_ERROR(grpc_->Start());
  ready_ = true;
  return absl::OkStatus();
}

absl::Status App::StartRegistry() {
  ASSIGN_OR_RETURN(std::unique_ptr<registry::Store> store,
                   registry::OpenStore(config_.store, config_.data_dir));
  registry::RegistryOptions options = RegistryOptionsOf(config_);
  publisher_ = std::make_unique<dns::ZonePublisher>(SipKey{random_.Next(), random_.Next()},
                                                    PublisherOptionsOf(config_, options));
  registry_ =
      std::make_unique<registry::Registry>(std::move(options), std::move(store), timers_, random_);
  registry_->AddListener(publisher_.get());
  return registry_->Start();
}

absl::Status App::MakeApi() {
  if (config_.emulate_aws) {
    throttle_ = std::make_unique<api::Throttle>(api::Rates(), clock_);
  }
  operations_ = std::make_unique<api::Operations>(*registry_, throttle_.get());
  if (!config_.credentials.empty()) {
    ASSIGN_OR_RETURN(aws::Credentials credentials, aws::LoadCredentials(config_.credentials));
    verifier_ = std::make_unique<aws::SigV4Verifier>(std::move(credentials), config_.region,
                                                     "servicediscovery", clock_);
  }
  const auto call = [this](const auto& method, auto request, auto found, auto done) {
    operations_->Call(method, std::move(request), std::move(found), std::move(done));
  };
  aws_endpoint_ =
      std::make_unique<aws::AwsEndpoint>(aws::AwsEndpoint::Options{call, random_, verifier_.get()});
  return absl::OkStatus();
}

absl::Status App::StartDns() {
  dns_ = std::make_unique<dns::DnsServer>(DnsOptionsOf(config_, tls_.get()), publisher_->zones(),
                                          random_);
  RETURN_IF_ERROR(dns_->Start());
  if (config_.notify.empty()) {
    return absl::OkStatus();
  }
  std::vector<SocketAddress> peers;
  for (const std::string& peer : config_.notify) {
    peers.push_back(*SocketAddress::Parse(peer, kDnsPort));  // checked by ParseConfig
  }
  std::vector<SocketAddress> sources;
  for (const std::string& address : dns_->BoundAddresses()) {
    sources.push_back(*SocketAddress::Parse(address));
  }
  notifier_ = std::make_unique<dns::Notifier>(std::move(peers), std::move(sources),
                                              publisher_->zones(), random_.Next());
  return notifier_->Start();
}

http::Router App::MakeRouter() {
  http::Router router;
  router.Add("POST", "/", [this](const http::Request& request, http::Respond respond) {
    aws_endpoint_->Handle(request, std::move(respond));
  });
  router.Add("GET", "/healthz", [](const http::Request&, http::Respond respond) {
    respond(TextResponse(200, "ok\n"));
  });
  router.Add("GET", "/readyz", [this](const http::Request&, http::Respond respond) {
    if (!ready_) {
      return respond(TextResponse(503, "not ready\n"));
    }
    const absl::Status writes = registry_->CheckWrites();
    respond(writes.ok()
                ? TextResponse(200, "ready\n")
                : TextResponse(503, absl::StrCat("changes cannot be stored: ", writes.message(),
                                                 "; reads and DNS go on\n")));
  });
  return router;
}

std::string App::ReadyLine() const {
  nlohmann::ordered_json line;
  line["event"] = "ready";
  line["version"] = kVersion;
  line["pid"] = getpid();
  line["dns"] = dns_->BoundAddresses();
  if (!config_.dot_listen.empty()) {
    line["dot"] = dns_->BoundTlsAddresses();
  }
  line["grpc"] = OneOrAll(grpc_->bound_addresses());
  line["http"] = OneOrAll(http_->bound_addresses());
  return line.dump();
}

void App::Reload() {
  if (tls_ == nullptr) {
    return;
  }
  const absl::Status reloaded = tls_->Reload();
  if (reloaded.ok()) {
    spdlog::info("certificates were read again");
  } else {
    spdlog::error("{}; the certificates in use stay", std::string(reloaded.message()));
  }
}

void App::Stop() {
  ready_ = false;
  if (grpc_ != nullptr) {
    grpc_->Stop();
  }
  if (http_ != nullptr) {
    http_->Stop();
  }
  if (notifier_ != nullptr) {
    notifier_->Stop();
  }
  if (dns_ != nullptr) {
    dns_->Stop();
  }
  if (registry_ != nullptr) {
    registry_->Stop();
  }
  timers_.Stop();
}

}  // namespace cloudmap
