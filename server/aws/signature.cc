#include "server/aws/signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "registry/base/check.h"

namespace cloudmap::aws {
namespace {

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

absl::string_view Text(const SigningKey& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

std::string HexSha256(absl::string_view text) {
  SigningKey digest;
  SHA256(Bytes(text), text.size(), digest.data());
  return absl::BytesToHexString(Text(digest));
}

SigningKey HmacSha256(absl::string_view key, absl::string_view text) {
  SigningKey digest;
  unsigned int size = 0;
  CLOUDMAP_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(text),
                      text.size(), digest.data(), &size) != nullptr,
                 "OpenSSL has HMAC-SHA256");
  return digest;
}

// All but the unreserved characters of RFC 3986 s2.3 become %XX.
std::string UriEncode(absl::string_view text, absl::string_view kept = "") {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("-._~", c) ||
        absl::StrContains(kept, c)) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append({'%', kHex[byte >> 4], kHex[byte & 0xf]});
    }
  }
  return out;
}

std::string UriDecode(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() &&
        absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 1])) &&
        absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 2]))) {
      out.append(absl::HexStringToBytes(text.substr(i + 1, 2)));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string CanonicalQuery(absl::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const absl::string_view parameter : absl::StrSplit(query, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(parameter, absl::MaxSplits('=', 1));
    parameters.emplace_back(UriEncode(UriDecode(parts.first)), UriEncode(UriDecode(parts.second)));
  }
  std::sort(parameters.begin(), parameters.end());
  return absl::StrJoin(parameters, "&", absl::PairFormatter("="));
}

// The values of one header: outer blanks go, runs of them become one, several are joined.
std::string CanonicalValue(const http::Request& request, absl::string_view name) {
  std::string out;
  bool first = true;
  for (const auto& [key, value] : request.headers) {
    if (!absl::EqualsIgnoreCase(key, name)) {
      continue;
    }
    std::string text(value);
    absl::RemoveExtraAsciiWhitespace(&text);
    absl::StrAppend(&out, first ? "" : ",", text);
    first = false;
  }
  return out;
}

std::string Credential(const Scope& scope) {
  return absl::StrJoin({scope.date, scope.region, scope.service, absl::string_view(kTerminator)},
                       "/");
}

}  // namespace

std::string CanonicalRequest(const http::Request& request,
                             const std::vector<absl::string_view>& signed_headers) {
  std::string out = absl::StrCat(request.method, "\n", UriEncode(request.path, "/"), "\n",
                                 CanonicalQuery(request.query), "\n");
  for (const absl::string_view name : signed_headers) {
    absl::StrAppend(&out, name, ":", CanonicalValue(request, name), "\n");
  }
  absl::StrAppend(&out, "\n", absl::StrJoin(signed_headers, ";"), "\n", HexSha256(request.body));
  return out;
}

std::string StringToSign(absl::string_view timestamp, const Scope& scope,
                         absl::string_view canonical_request) {
  return absl::StrJoin(
      {absl::string_view(kAlgorithm), timestamp, absl::string_view(Credential(scope)),
       absl::string_view(HexSha256(canonical_request))},
      "\n");
}

SigningKey DeriveSigningKey(absl::string_view secret, const Scope& scope) {
  SigningKey key = HmacSha256(absl::StrCat("AWS4", secret), scope.date);
  key = HmacSha256(Text(key), scope.region);
  key = HmacSha256(Text(key), scope.service);
  return HmacSha256(Text(key), kTerminator);
}

std::string Sign(const SigningKey& key, absl::string_view string_to_sign) {
  return absl::BytesToHexString(Text(HmacSha256(Text(key), string_to_sign)));
}

}  // namespace cloudmap::aws
