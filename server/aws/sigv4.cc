#include "server/aws/sigv4.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "registry/base/status_macros.h"
#include "registry/errors.h"
#include "server/aws/aws_errors.h"

namespace cloudmap::aws {
namespace {

constexpr absl::Duration kSkewMax = absl::Minutes(15);
constexpr char kTimestampFormat[] = "%E4Y%m%dT%H%M%SZ";
constexpr size_t kDateChars = 8;

absl::Status Incomplete(absl::string_view text) {
  return MakeError(v1::ERROR_CODE_INCOMPLETE_SIGNATURE, text);
}

absl::Status Invalid(absl::string_view text) {
  return MakeError(v1::ERROR_CODE_INVALID_SIGNATURE, text);
}

// The Authorization header's parts: views into the request.
struct Authorization {
  absl::string_view access_key;
  absl::string_view date;
  absl::string_view region;
  absl::string_view service;
  absl::string_view terminator;
  std::vector<absl::string_view> signed_headers;
  absl::string_view signature;
  absl::string_view timestamp;  // From X-Amz-Date or Date.
};

// The header after the algorithm: Credential=..., SignedHeaders=..., Signature=...
absl::StatusOr<absl::flat_hash_map<absl::string_view, absl::string_view>> ParseParameters(
    absl::string_view text) {
  absl::flat_hash_map<absl::string_view, absl::string_view> parameters;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    part = absl::StripAsciiWhitespace(part);
    const size_t equals = part.find('=');
    if (equals == absl::string_view::npos) {
      return Incomplete(absl::StrCat(
          Quoted(part),
          " not a valid key=value pair (missing equal-sign) in Authorization header."));
    }
    parameters[part.substr(0, equals)] = part.substr(equals + 1);
  }
  return parameters;
}

absl::StatusOr<Authorization> ParseAuthorization(const http::Request& request) {
  const absl::string_view header = request.Header("Authorization");
  if (header.empty()) {
    return MakeError(v1::ERROR_CODE_MISSING_AUTHENTICATION_TOKEN, "Missing Authentication Token");
  }
  const std::pair<absl::string_view, absl::string_view> words =
      absl::StrSplit(header, absl::MaxSplits(' ', 1));
  if (words.first != kAlgorithm) {
    return Incomplete(absl::StrCat("Unsupported AWS 'algorithm': ", Quoted(words.first),
                                   ", expected ", kAlgorithm, "."));
  }
  ASSIGN_OR_RETURN(auto parameters, ParseParameters(words.second));
  Authorization out;
  out.timestamp = request.Header("X-Amz-Date");
  if (out.timestamp.empty()) {
    out.timestamp = request.Header("Date");
  }
  std::string missing;
  for (const char* name : {"Credential", "Signature", "SignedHeaders"}) {
    if (parameters[name].empty()) {
      absl::StrAppend(&missing, "Authorization header requires '", name, "' parameter. ");
    }
  }
  if (out.timestamp.empty()) {
    absl::StrAppend(&missing,
                    "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' "
                    "header. ");
  }
  if (!missing.empty()) {
    return Incomplete(absl::StrCat(missing, "Authorization=", kAlgorithm));
  }
  const std::vector<absl::string_view> scope = absl::StrSplit(parameters["Credential"], '/');
  if (scope.size() != 5) {
    return Incomplete(
        absl::StrCat("Credential must have exactly 5 slash-delimited elements, e.g. "
                     "keyid/date/region/service/term, got ",
                     Quoted(parameters["Credential"])));
  }
  out.access_key = scope[0];
  out.date = scope[1];
  out.region = scope[2];
  out.service = scope[3];
  out.terminator = scope[4];
  out.signed_headers = absl::StrSplit(parameters["SignedHeaders"], ';');
  out.signature = parameters["Signature"];
  return out;
}

absl::Status CheckScope(const Authorization& authorization, absl::string_view region,
                        absl::string_view service) {
  if (authorization.region != region) {
    return Invalid(absl::StrCat("Credential should be scoped to a valid region, not ",
                                Quoted(authorization.region), ". This server's is '", region,
                                "'."));
  }
  if (authorization.service != service) {
    return Invalid(absl::StrCat("Credential should be scoped to correct service: '", service,
                                "', not ", Quoted(authorization.service), "."));
  }
  if (authorization.terminator != kTerminator) {
    return Invalid(absl::StrCat("Credential should be scoped with a valid terminator: '",
                                kTerminator, "', not ", Quoted(authorization.terminator), "."));
  }
  if (authorization.date != authorization.timestamp.substr(0, kDateChars)) {
    return Invalid(absl::StrCat(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
        "HTTP: ",
        Quoted(authorization.date), " != ", Quoted(authorization.timestamp.substr(0, kDateChars)),
        ", from ", Quoted(authorization.timestamp), "."));
  }
  return absl::OkStatus();
}

std::string Basic(absl::Time time) {
  return absl::FormatTime(kTimestampFormat, time, absl::UTCTimeZone());
}

absl::Status CheckTime(absl::string_view timestamp, absl::Time now) {
  absl::Time signed_at;
  std::string reason;
  if (!absl::ParseTime(kTimestampFormat, timestamp, &signed_at, &reason)) {
    return Incomplete(absl::StrCat("Date must be in ISO-8601 'basic format'. Got ",
                                   Quoted(timestamp),
                                   ". See http://en.wikipedia.org/wiki/ISO_8601"));
  }
  if (signed_at < now - kSkewMax) {
    return Invalid(absl::StrCat("Signature expired: ", timestamp, " is now earlier than ",
                                Basic(now - kSkewMax), " (", Basic(now), " - 15 min.)"));
  }
  if (signed_at > now + kSkewMax) {
    return Invalid(absl::StrCat("Signature not yet current: ", timestamp, " is still later than ",
                                Basic(now + kSkewMax), " (", Basic(now), " + 15 min.)"));
  }
  return absl::OkStatus();
}

bool EqualInConstantTime(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

SigV4Verifier::SigV4Verifier(Credentials credentials, std::string region, std::string service,
                             const Clock& clock)
    : credentials_(std::move(credentials)),
      region_(std::move(region)),
      service_(std::move(service)),
      clock_(clock) {}

absl::Status SigV4Verifier::Verify(const http::Request& request) const {
  ASSIGN_OR_RETURN(const Authorization authorization, ParseAuthorization(request));
  const auto known = credentials_.find(authorization.access_key);
  if (known == credentials_.end()) {
    return MakeError(v1::ERROR_CODE_UNRECOGNIZED_CLIENT,
                     "The security token included in the request is invalid.");
  }
  RETURN_IF_ERROR(CheckTime(authorization.timestamp, clock_.Now()));
  RETURN_IF_ERROR(CheckScope(authorization, region_, service_));
  const std::vector<absl::string_view>& headers = authorization.signed_headers;
  if (std::find(headers.begin(), headers.end(), "host") == headers.end()) {
    return Invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.");
  }
  const Scope scope{authorization.date, authorization.region, authorization.service};
  const std::string expected =
      Sign(KeyOf(known->first, known->second, scope),
           StringToSign(authorization.timestamp, scope, CanonicalRequest(request, headers)));
  if (!EqualInConstantTime(expected, authorization.signature)) {
    return Invalid(
        "The request signature we calculated does not match the signature you provided. Check "
        "your AWS Secret Access Key and signing method. Consult the service documentation for "
        "details.");
  }
  return absl::OkStatus();
}

SigningKey SigV4Verifier::KeyOf(const std::string& access_key, const std::string& secret,
                                const Scope& scope) const {
  const absl::MutexLock lock(&mutex_);
  DayKey& day = day_keys_[access_key];
  if (day.date != scope.date) {
    day = {std::string(scope.date), DeriveSigningKey(secret, scope)};
  }
  return day.key;
}

}  // namespace cloudmap::aws
