// The arithmetic of AWS Signature Version 4:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/http/message.h"

namespace cloudmap::aws {

inline constexpr char kAlgorithm[] = "AWS4-HMAC-SHA256";
inline constexpr char kTerminator[] = "aws4_request";

using SigningKey = std::array<uint8_t, 32>;

// For what and until when a key is good.
struct Scope {
  absl::string_view date;  // yyyymmdd
  absl::string_view region;
  absl::string_view service;
};

// `signed_headers` in lower case, in the order of the Authorization header. The path is not
// normalised: only "/" is served.
std::string CanonicalRequest(const http::Request& request,
                             const std::vector<absl::string_view>& signed_headers);

std::string StringToSign(absl::string_view timestamp, const Scope& scope,
                         absl::string_view canonical_request);

SigningKey DeriveSigningKey(absl::string_view secret, const Scope& scope);

// 64 hexadecimal digits.
std::string Sign(const SigningKey& key, absl::string_view string_to_sign);

}  // namespace cloudmap::aws
