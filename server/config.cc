#include "server/config.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "registry/base/nearest_name.h"
#include "registry/base/status_macros.h"
#include "server/dns/message/name.h"
#include "server/net/address.h"
#include "server/version.h"

namespace cloudmap {
namespace {

// What CLI11 parses into before it is checked.
struct Raw {
  std::string emulate = "practical";
  std::string custom_health_delay;
  std::string operation_delay = "0s";
  std::string quotas;
  std::string discover_default = "healthy";
  std::string forward_single_labels = "off";
  std::string cache_size = "32MiB";
  std::string serve_stale = "24h";
};

std::string CheckDuration(const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) || duration < absl::ZeroDuration() ||
      duration == absl::InfiniteDuration()) {
    return absl::StrCat("'", text, "' is not a duration such as 200ms, 30s or 5m");
  }
  return "";
}

std::string CheckAddress(const std::string& text) {
  const absl::StatusOr<SocketAddress> address = SocketAddress::Parse(text);
  return address.ok() ? "" : std::string(address.status().message());
}

std::string CheckPeer(const std::string& text) {
  const absl::StatusOr<SocketAddress> peer = SocketAddress::Parse(text, kDnsPort);
  return peer.ok() ? "" : std::string(peer.status().message());
}

std::string CheckPrefix(const std::string& text) {
  const absl::StatusOr<IpPrefix> prefix = IpPrefix::Parse(text);
  return prefix.ok() ? "" : std::string(prefix.status().message());
}

std::string CheckForward(const std::string& text) {
  return text == "system" || text == "none" || text == "nxdomain" ? "" : CheckPeer(text);
}

std::string CheckForwardZone(const std::string& text) {
  const size_t equals = text.find('=');
  const std::string zone = text.substr(0, equals);
  if (equals == std::string::npos || !dns::WireName(zone).has_value()) {
    return absl::StrCat("'", text,
                        "' is not a zone, '=' and addresses such as corp.example=10.0.0.2");
  }
  for (const absl::string_view address : absl::StrSplit(text.substr(equals + 1), ',')) {
    const std::string problem = CheckPeer(std::string(address));
    if (!problem.empty()) {
      return problem;
    }
  }
  return "";
}

// "32MiB", "500KiB", "1GiB" or a plain number of bytes; nothing for anything else.
std::optional<uint64_t> ParseBytes(absl::string_view text) {
  uint64_t factor = 1;
  for (const auto& [suffix, size] : {std::pair("KiB", uint64_t{1} << 10),
                                     {"MiB", uint64_t{1} << 20},
                                     {"GiB", uint64_t{1} << 30}}) {
    if (absl::ConsumeSuffix(&text, suffix)) {
      factor = size;
      break;
    }
  }
  uint64_t number = 0;
  constexpr uint64_t kMax = uint64_t{1} << 40;
  if (text.empty() || !absl::ascii_isdigit(static_cast<unsigned char>(text[0])) ||
      !absl::SimpleAtoi(text, &number) || number > kMax / factor) {
    return std::nullopt;
  }
  return number * factor;
}

std::string CheckBytes(const std::string& text) {
  constexpr uint64_t kLeast = 64 << 10;
  const std::optional<uint64_t> bytes = ParseBytes(text);
  if (!bytes.has_value()) {
    return absl::StrCat("'", text, "' is not a size such as 32MiB, at most 1024GiB");
  }
  return *bytes == 0 || *bytes >= kLeast ? ""
                                         : absl::StrCat(text, " is too small; 64KiB or more, or 0");
}

// It must fit into one character string of a TXT record and leave room in a 512-byte answer.
std::string CheckNsid(const std::string& text) {
  constexpr size_t kNsidBytesMax = 128;
  return text.size() <= kNsidBytesMax
             ? ""
             : absl::StrCat("the name has ", text.size(), " bytes; at most ", kNsidBytesMax);
}

std::string CheckAccount(const std::string& text) {
  const bool digits = text.size() == 12 && std::all_of(text.begin(), text.end(), [](char c) {
                        return absl::ascii_isdigit(static_cast<unsigned char>(c));
                      });
  return digits ? "" : absl::StrCat("'", text, "' is not an AWS account id of 12 digits");
}

std::string CheckEc2Instance(const std::string& text) {
  const size_t equals = text.find('=');
  const bool valid = equals != std::string::npos && equals > 0 &&
                     ParseIp(absl::string_view(text).substr(equals + 1)).size() == 4;
  return valid ? "" : absl::StrCat("'", text, "' is not an instance id, '=' and an IPv4 address");
}

std::string EnvironmentName(absl::string_view flag) {
  return absl::StrCat("CLOUDMAPD_", absl::AsciiStrToUpper(absl::StrReplaceAll(flag, {{"-", "_"}})));
}

// Declares options whose environment variable follows from the flag.
class Declare {
 public:
  explicit Declare(CLI::App& app) : app_(app) {}

  template <typename T>
  CLI::Option* operator()(const char* flag, T& target, const std::string& meaning) {
    CLI::Option* option = app_.add_option(absl::StrCat("--", flag), target, meaning);
    return option->envname(EnvironmentName(flag));
  }
  // Repeatable, or several with commas between them.
  CLI::Option* operator()(const char* flag, std::vector<std::string>& target,
                          const std::string& meaning) {
    return operator()<std::vector<std::string>>(flag, target, meaning)
        ->delimiter(',')
        ->allow_extra_args(false);
  }
  // Repeatable; commas are part of each value.
  CLI::Option* Whole(const char* flag, std::vector<std::string>& target,
                     const std::string& meaning) {
    return operator()<std::vector<std::string>>(flag, target, meaning)->allow_extra_args(false);
  }
  CLI::Option* Flag(const char* flag, bool& target, const std::string& meaning) {
    return app_.add_flag(absl::StrCat("--", flag), target, meaning)->envname(EnvironmentName(flag));
  }

 private:
  CLI::App& app_;
};

// The arguments, and behind them what the environment says of options that are not among them:
// CLI11 by itself would let the --config file win over the environment. In the order that CLI11
// takes, last first.
std::vector<std::string> Arguments(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const size_t given = arguments.size();
  for (const CLI::Option* option : app.get_options()) {
    const std::string& name = option->get_envname();
    const char* value = name.empty() ? nullptr : std::getenv(name.c_str());
    const std::string flag = option->get_name();
    const auto is_flag = [&flag](const std::string& argument) {
      return argument == flag || absl::StartsWith(argument, flag + "=");
    };
    if (value != nullptr && *value != '\0' &&
        std::none_of(arguments.begin(), arguments.begin() + static_cast<ptrdiff_t>(given),
                     is_flag)) {
      arguments.push_back(absl::StrCat(flag, "=", value));
    }
  }
  std::reverse(arguments.begin(), arguments.end());
  return arguments;
}

// All options as they are written on the command line.
std::vector<std::string> Flags(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    flags.push_back(option->get_name());
  }
  return flags;
}

// One sentence for each variable of the environment that looks like an option and is none: a
// misspelt setting would otherwise be missed in silence.
std::vector<std::string> UnknownVariables(const CLI::App& app) {
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    known.push_back(option->get_envname());
  }
  std::vector<std::string> sentences;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const absl::string_view text(*entry);
    const std::string name(text.substr(0, text.find('=')));
    if (!absl::StartsWith(name, "CLOUDMAPD_") ||
        std::find(known.begin(), known.end(), name) != known.end()) {
      continue;
    }
    const std::string nearest = NearestName(name, known);
    sentences.push_back(absl::StrCat("environment variable ", name, " is not an option",
                                     nearest.empty() ? "" : "; did you mean ", nearest,
                                     nearest.empty() ? "" : "?"));
  }
  return sentences;
}

void DeclareListeners(Declare& declare, Config& config) {
  const CLI::Validator address(CheckAddress, "ADDR:PORT", "address");
  declare("dns-listen", config.dns_listen,
          "Where DNS is served over UDP and TCP; repeatable; port 0 picks a free one")
      ->check(address)
      ->capture_default_str();
  declare("dot-listen", config.dot_listen,
          "Where DNS over TLS is served; repeatable; needs --tls-cert")
      ->check(address);
  declare("grpc-listen", config.grpc_listen, "Where gRPC is served; repeatable")
      ->check(address)
      ->capture_default_str();
  declare("http-listen", config.http_listen,
          "Where the AWS JSON API, /healthz and /readyz are served; repeatable")
      ->check(address)
      ->capture_default_str();
  declare.Flag("insecure-listen", config.insecure_listen,
               "Allow gRPC or HTTP on a non-loopback address without credentials or TLS");
  declare("credentials", config.credentials,
          "File of lines 'ACCESS_KEY_ID SECRET'; given, AWS signatures (SigV4) are verified")
      ->type_name("FILE");
  declare("tls-cert", config.tls_cert, "Certificate chain (PEM) for gRPC, HTTP and DNS over TLS")
      ->type_name("FILE");
  declare("tls-key", config.tls_key, "Its private key (PEM)")->type_name("FILE");
  declare("tls-client-ca", config.tls_client_ca,
          "Clients must show a certificate of this authority (PEM)")
      ->type_name("FILE");
}

void DeclareRegistry(Declare& declare, Config& config, Raw& raw) {
  const CLI::Validator duration(CheckDuration, "DURATION", "duration");
  declare("store", config.store, "Where the registry is kept")
      ->check(CLI::IsMember({"sqlite", "memory"}))
      ->capture_default_str();
  declare("data-dir", config.data_dir, "Directory of the sqlite store; made if missing")
      ->type_name("DIR")
      ->capture_default_str();
  declare("region", config.region, "Region in ARNs")->capture_default_str();
  declare("account-id", config.account_id, "Account in ARNs")
      ->check(CLI::Validator(CheckAccount, "DIGITS", "account"))
      ->capture_default_str();
  declare("emulate", raw.emulate, "'aws' turns on every AWS restriction at once")
      ->check(CLI::IsMember({"practical", "aws"}))
      ->capture_default_str();
  declare("custom-health-delay", raw.custom_health_delay,
          "Delay before UpdateInstanceCustomHealthStatus takes effect [0s, 30s under aws]")
      ->check(duration);
  declare("operation-delay", raw.operation_delay, "How long asynchronous operations stay PENDING")
      ->check(duration)
      ->capture_default_str();
  declare("quotas", raw.quotas, "Enforce AWS's default quotas [none, aws under --emulate aws]")
      ->check(CLI::IsMember({"none", "aws"}));
}

void DeclareChoices(Declare& declare, Config& config, Raw& raw) {
  constexpr int64_t kTtlMax = 0x7fffffff;  // RFC 2181 s8
  declare(
      "soa-ttl", config.soa_ttl_seconds,
      "SOA TTL in seconds, and so that of negative answers, of namespaces that set none [15 for "
      "private, 60 for public ones]")
      ->check(CLI::Range(int64_t{0}, kTtlMax))
      ->type_name("SECONDS");
  declare("discover-default", raw.discover_default,
          "What DiscoverInstances gives when HealthStatus is left out")
      ->check(CLI::IsMember({"healthy", "all"}))
      ->capture_default_str();
  declare("ec2-instance", config.ec2_instances,
          "AWS_INSTANCE_IPV4 of instances registered with AWS_EC2_INSTANCE_ID=ID; repeatable")
      ->check(CLI::Validator(CheckEc2Instance, "ID=IPV4", "ec2-instance"));
}

void DeclareDns(Declare& declare, Config& config, Raw& raw) {
  const CLI::Validator prefix(CheckPrefix, "CIDR", "prefix");
  declare("dns-workers", config.dns_workers, "Threads that answer DNS over UDP [one per CPU]")
      ->check(CLI::Range(1, 256))
      ->type_name("N");
  declare(
      "forward", config.forward,
      "Upstream resolvers for names outside all namespaces; repeatable; 'system' takes those of "
      "/etc/resolv.conf, 'none' refuses such names, 'nxdomain' says that they do not exist")
      ->check(CLI::Validator(CheckForward, "ADDR[:PORT]|system|none|nxdomain", "forward"))
      ->capture_default_str();
  declare
      .Whole("forward-zone", config.forward_zones,
             "Other upstreams for one zone; the most specific wins, over a namespace of the same "
             "name too; repeatable")
      ->check(CLI::Validator(CheckForwardZone, "ZONE=ADDR[:PORT][,...]", "forward-zone"));
  declare("forward-single-labels", raw.forward_single_labels,
          "Forward address questions of names of one label")
      ->check(CLI::IsMember({"on", "off"}))
      ->capture_default_str();
  declare("allow-recursion", config.allow_recursion,
          "Who may have names forwarded; repeatable [loopback and private networks]")
      ->check(prefix);
  declare("cache-size", raw.cache_size, "Cache of forwarded answers; 0 turns it off")
      ->check(CLI::Validator(CheckBytes, "BYTES", "cache-size"))
      ->capture_default_str();
  declare("serve-stale", raw.serve_stale,
          "How long expired answers may stand in while upstreams fail; 0s turns it off")
      ->check(CLI::Validator(CheckDuration, "DURATION", "serve-stale"))
      ->capture_default_str();
  declare("endpoint-name", config.endpoint_names,
          "DNS name of this server, answered with its addresses, as is data-NAME; repeatable")
      ->type_name("NAME");
  declare("nsid", config.nsid, "Name given to clients that ask which server answered (RFC 5001)")
      ->check(CLI::Validator(CheckNsid, "", "nsid"))
      ->type_name("TEXT");
  declare("allow-transfer", config.allow_transfer,
          "Who may transfer zones (AXFR); repeatable [nobody]")
      ->check(prefix);
  declare("notify", config.notify, "Secondaries that are told of zone changes; repeatable")
      ->check(CLI::Validator(CheckPeer, "ADDR[:PORT]", "peer"));
  declare("rrl-rate", config.rrl_rate,
          "UDP responses of one kind a second to one network, beyond which they are limited; 0 "
          "turns it off; loopback and private networks never are limited")
      ->check(CLI::Range(0, 1'000'000'000))
      ->capture_default_str();
  declare("rrl-slip", config.rrl_slip,
          "Every so many of the excess responses are truncated, the others dropped; 0 drops all")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  declare("rrl-exempt", config.rrl_exempt, "Further networks that are not limited; repeatable")
      ->check(prefix);
}

void DeclareOperation(Declare& declare, Config& config) {
  declare("ready-file", config.ready_file,
          "Written once every listener is bound and the registry is loaded")
      ->type_name("FILE");
  declare("log-level", config.log_level, "Least severe messages to log on stderr")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  declare("log-format", config.log_format, "Form of the log")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

// Anyone who reaches an open API can change DNS; loopback keeps that to this host.
absl::Status CheckExposure(const char* option, const std::vector<std::string>& listen, bool guarded,
                           const char* guards) {
  for (const std::string& address : listen) {
    if (!guarded && !SocketAddress::Parse(address)->is_loopback()) {
      return absl::InvalidArgumentError(
          absl::StrCat(option, " ", address, ": would open the API to the network; give ", guards,
                       ", or --insecure-listen if the network is trusted"));
    }
  }
  return absl::OkStatus();
}

// `--forward` takes addresses or one word.
absl::Status CheckForwarding(const Config& config) {
  for (const std::string& forward : config.forward) {
    const bool word = forward == "system" || forward == "none" || forward == "nxdomain";
    if (word && config.forward.size() > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("--forward ", forward, " stands alone; give addresses, or this word only"));
    }
  }
  return absl::OkStatus();
}

absl::Status Check(const Config& config) {
  RETURN_IF_ERROR(CheckForwarding(config));
  if (config.tls_cert.empty() != config.tls_key.empty()) {
    return absl::InvalidArgumentError("--tls-cert and --tls-key go together; give both or neither");
  }
  if (config.tls_cert.empty() && !config.tls_client_ca.empty()) {
    return absl::InvalidArgumentError("--tls-client-ca needs --tls-cert and --tls-key");
  }
  if (config.tls_cert.empty() && !config.dot_listen.empty()) {
    return absl::InvalidArgumentError("--dot-listen needs --tls-cert and --tls-key");
  }
  const bool tls = !config.tls_cert.empty();
  RETURN_IF_ERROR(CheckExposure("--grpc-listen", config.grpc_listen, tls || config.insecure_listen,
                                "--tls-cert and --tls-key"));
  return CheckExposure("--http-listen", config.http_listen,
                       tls || !config.credentials.empty() || config.insecure_listen,
                       "--credentials, or --tls-cert and --tls-key");
}

void Resolve(const Raw& raw, Config& config) {
  config.emulate_aws = raw.emulate == "aws";
  config.aws_quotas = raw.quotas.empty() ? config.emulate_aws : raw.quotas == "aws";
  config.discover_all = raw.discover_default == "all";
  absl::ParseDuration(raw.operation_delay, &config.operation_delay);
  if (raw.custom_health_delay.empty()) {
    config.custom_health_delay = config.emulate_aws ? absl::Seconds(30) : absl::ZeroDuration();
  } else {
    absl::ParseDuration(raw.custom_health_delay, &config.custom_health_delay);
  }
  config.forward_single_labels = raw.forward_single_labels == "on";
  config.cache_bytes = ParseBytes(raw.cache_size).value_or(0);
  absl::ParseDuration(raw.serve_stale, &config.serve_stale);
  if (config.dns_workers == 0) {
    config.dns_workers = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  }
}

}  // namespace

absl::StatusOr<ConfigOrText> ParseConfig(int argc, const char* const* argv) {
  ConfigOrText result;
  Raw raw;
  CLI::App app(
      "cloudmapd: an AWS Cloud Map-compatible service registry that answers DNS.\n"
      "Every option is also an environment variable (--dns-listen is CLOUDMAPD_DNS_LISTEN) and a "
      "key of the --config file.",
      "cloudmapd");
  app.set_version_flag("--version", absl::StrCat("cloudmapd ", kVersion));
  app.set_config("--config", "", "TOML file with the options' names as keys")
      ->envname("CLOUDMAPD_CONFIG");
  app.allow_config_extras(CLI::config_extras_mode::error);
  Declare declare(app);
  DeclareListeners(declare, result.config);
  DeclareRegistry(declare, result.config, raw);
  DeclareChoices(declare, result.config, raw);
  DeclareDns(declare, result.config, raw);
  DeclareOperation(declare, result.config);
  try {
    app.parse(Arguments(app, argc, argv));
  } catch (const CLI::CallForHelp&) {
    result.text = app.help();
    return result;
  } catch (const CLI::CallForVersion&) {
    result.text = absl::StrCat("cloudmapd ", kVersion, "\n");
    return result;
  } catch (const CLI::ExtrasError&) {
    return absl::InvalidArgumentError(absl::StrCat(DescribeUnknown(app.remaining(), Flags(app)),
                                                   "; 'cloudmapd --help' lists the options"));
  } catch (const CLI::Error& error) {
    std::string text = error.what();
    text = text.substr(0, text.find('\n'));
    return absl::InvalidArgumentError(absl::StrCat(text, "; 'cloudmapd --help' lists the options"));
  }
  result.warnings = UnknownVariables(app);
  Resolve(raw, result.config);
  RETURN_IF_ERROR(Check(result.config));
  return result;
}

}  // namespace cloudmap
