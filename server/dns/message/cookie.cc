#include "server/dns/message/cookie.h"

#include <algorithm>

#include "server/dns/message/wire.h"

namespace cloudmap::dns {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kTimeOffset = kClientCookieSize + 4;
constexpr size_t kHashOffset = kClientCookieSize + 8;
// RFC 9018 s4.3.
constexpr int32_t kMaxAgeSeconds = 3600;
constexpr int32_t kMaxFutureSeconds = 300;
constexpr int32_t kRenewSeconds = 1800;

// Writes the hash behind the first 16 bytes of `cookie`.
void Sign(const SipKey& secret, std::span<const uint8_t> client_ip, uint8_t* cookie) {
  std::array<uint8_t, kHashOffset + 16> input{};
  std::copy_n(cookie, kHashOffset, input.begin());
  std::copy(client_ip.begin(), client_ip.end(), input.begin() + kHashOffset);
  const uint64_t hash = SipHash24(secret, input.data(), kHashOffset + client_ip.size());
  // RFC 9018 takes SipHash's eight bytes as the algorithm emits them, little-endian.
  std::memcpy(cookie + kHashOffset, &hash, sizeof(hash));
}

bool SignedWith(const SipKey& secret, std::span<const uint8_t> client_ip,
                std::span<const uint8_t> cookie) {
  std::array<uint8_t, kCookieSize> expected{};
  std::copy_n(cookie.begin(), kHashOffset, expected.begin());
  Sign(secret, client_ip, expected.data());
  // Without an early exit, so that time tells nothing of the hash.
  unsigned difference = 0;
  for (size_t i = kHashOffset; i < kCookieSize; ++i) {
    difference |= static_cast<unsigned>(expected[i] ^ cookie[i]);
  }
  return difference == 0;
}

}  // namespace

CookieState CheckCookie(const CookieSecrets& secrets, std::span<const uint8_t> cookie,
                        std::span<const uint8_t> client_ip, uint32_t now) {
  if (cookie.size() != kCookieSize || cookie[kClientCookieSize] != kVersion) {
    return CookieState::kNone;
  }
  const auto age = static_cast<int32_t>(now - Load32(cookie.data() + kTimeOffset));
  if (age > kMaxAgeSeconds || age < -kMaxFutureSeconds) {
    return CookieState::kNone;
  }
  if (SignedWith(secrets.current, client_ip, cookie)) {
    return age > kRenewSeconds ? CookieState::kRenew : CookieState::kFresh;
  }
  return SignedWith(secrets.previous, client_ip, cookie) ? CookieState::kRenew : CookieState::kNone;
}

std::array<uint8_t, kCookieSize> MakeCookie(const SipKey& secret,
                                            std::span<const uint8_t> client_cookie,
                                            std::span<const uint8_t> client_ip, uint32_t now) {
  std::array<uint8_t, kCookieSize> cookie{};
  std::copy_n(client_cookie.begin(), kClientCookieSize, cookie.begin());
  cookie[kClientCookieSize] = kVersion;
  Store32(cookie.data() + kTimeOffset, now);
  Sign(secret, client_ip, cookie.data());
  return cookie;
}

}  // namespace cloudmap::dns
