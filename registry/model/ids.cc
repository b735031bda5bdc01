#include "registry/model/ids.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "registry/base/random.h"
#include "registry/base/siphash.h"

namespace cloudmap::registry {
namespace {

// Characters of an operation id before its dash.
constexpr size_t kOperationHashChars = 32;

// Bits of an operation id's hash that hold its time in milliseconds, enough until the year 2109.
// The other 22 tell the operations of one millisecond apart.
constexpr int kTimeBits = 42;

// `chars` characters of base32 that depend on `text` alone.
std::string HashBase32(absl::string_view text, size_t chars) {
  std::array<uint64_t, 3> words;
  for (uint64_t i = 0; i < words.size(); ++i) {
    words[i] = SipHash24({0x6964656e74696679, i}, text.data(), text.size());
  }
  std::array<uint8_t, sizeof(words)> bytes;
  std::memcpy(bytes.data(), words.data(), sizeof(words));
  return Base32(bytes, static_cast<int>(chars));
}

std::string Arn(const RegistryOptions& options, absl::string_view kind, absl::string_view id) {
  const absl::string_view partition = absl::StartsWith(options.region, "cn-")       ? "aws-cn"
                                      : absl::StartsWith(options.region, "us-gov-") ? "aws-us-gov"
                                                                                    : "aws";
  return absl::StrCat("arn:", partition, ":servicediscovery:", options.region, ":",
                      options.account_id, ":", kind, "/", id);
}

}  // namespace

std::string NamespaceId(const uint64_t (&entropy)[2]) {
  std::array<uint8_t, sizeof(entropy)> bytes;
  std::memcpy(bytes.data(), entropy, sizeof(entropy));
  return absl::StrCat("ns-", Base32(bytes, 16));
}

std::string ServiceId(const RegistryOptions& options, absl::string_view namespace_id,
                      absl::string_view name_key) {
  return absl::StrCat("srv-", HashBase32(absl::StrCat(options.account_id, "/", options.region, "/",
                                                      namespace_id, "/", name_key),
                                         16));
}

std::string HostedZoneId(absl::string_view namespace_id) {
  return absl::StrCat("Z",
                      absl::AsciiStrToUpper(HashBase32(absl::StrCat("zone/", namespace_id), 20)));
}

std::string HttpNameSuffix(absl::string_view namespace_id) {
  return HashBase32(absl::StrCat("http/", namespace_id), 16);
}

std::string OperationId(absl::string_view target, int64_t now_ms) {
  return absl::StrCat(HashBase32(target, kOperationHashChars), "-",
                      Base36(static_cast<uint64_t>(now_ms)));
}

uint64_t OperationIdHash::operator()(absl::string_view operation_id) const {
  uint64_t ms = 0;
  for (const char c : operation_id.substr(std::min(operation_id.size(), kOperationHashChars + 1))) {
    ms = ms * 36 + static_cast<uint64_t>(
                       absl::ascii_isdigit(static_cast<unsigned char>(c)) ? c - '0' : c - 'a' + 10);
  }
  return ms << (64 - kTimeBits) | StableHash()(operation_id) >> kTimeBits;
}

int64_t OperationIdHash::TimeOf(uint64_t hash) {
  return static_cast<int64_t>(hash >> (64 - kTimeBits));
}

std::string NamespaceArn(const RegistryOptions& options, absl::string_view namespace_id) {
  return Arn(options, "namespace", namespace_id);
}

std::string ServiceArn(const RegistryOptions& options, absl::string_view service_id) {
  return Arn(options, "service", service_id);
}

absl::string_view ResolveId(const RegistryOptions& options, absl::string_view kind,
                            absl::string_view id_or_arn) {
  if (!absl::StartsWith(id_or_arn, "arn:")) {
    return id_or_arn;
  }
  const std::string ours = Arn(options, kind, "");
  return absl::StartsWith(id_or_arn, ours) ? id_or_arn.substr(ours.size()) : absl::string_view();
}

}  // namespace cloudmap::registry
