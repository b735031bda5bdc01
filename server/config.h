// The server's configuration: flags, environment (CLOUDMAPD_*) and --config file, from one
// declaration (config.cc), so every option is documented once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace cloudmap {

// Of peers that are given without a port.
inline constexpr uint16_t kDnsPort = 53;

struct Config {
  std::vector<std::string> dns_listen = {"127.0.0.1:8053"};
  std::vector<std::string> dot_listen;
  std::vector<std::string> grpc_listen = {"127.0.0.1:8054"};
  std::vector<std::string> http_listen = {"127.0.0.1:8055"};
  bool insecure_listen = false;

  std::string store = "sqlite";
  std::string data_dir = "./cloudmap-data";

  std::string region = "us-east-1";
  std::string account_id = "000000000000";
  bool emulate_aws = false;
  absl::Duration custom_health_delay = absl::ZeroDuration();
  absl::Duration operation_delay = absl::ZeroDuration();
  bool aws_quotas = false;
  std::optional<int64_t> soa_ttl_seconds;  // not given: AWS's
  bool discover_all = false;
  std::vector<std::string> ec2_instances;  // ID=IPV4

  std::string credentials;
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;

  int dns_workers = 0;  // 0: one per CPU
  std::string nsid;
  std::vector<std::string> endpoint_names;
  std::vector<std::string> allow_transfer;
  // ADDR[:PORT] each, or one of "system", "none" and "nxdomain".
  std::vector<std::string> forward = {"system"};
  std::vector<std::string> forward_zones;  // ZONE=ADDR[:PORT][,...]
  std::vector<std::string> allow_recursion = {"127.0.0.0/8",    "10.0.0.0/8",     "172.16.0.0/12",
                                              "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
                                              "::1/128",        "fc00::/7",       "fe80::/10"};
  bool forward_single_labels = false;
  uint64_t cache_bytes = uint64_t{32} << 20;
  absl::Duration serve_stale = absl::Hours(24);
  std::vector<std::string> notify;
  int rrl_rate = 1000;
  int rrl_slip = 2;
  std::vector<std::string> rrl_exempt;

  std::string ready_file;
  std::string log_level = "info";
  std::string log_format = "text";
};

struct ConfigOrText {
  Config config;
  // Set by --help and --version: what to print before exiting with 0.
  std::string text;
  // To be logged once logging is set up: what was given and has no effect.
  std::vector<std::string> warnings;
};

// InvalidArgument, in one line that names the option and the remedy, for what cannot be used.
absl::StatusOr<ConfigOrText> ParseConfig(int argc, const char* const* argv);

}  // namespace cloudmap
