// DNS server cookies that any server with the same secret accepts (RFC 7873, RFC 9018).
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "registry/base/siphash.h"

namespace cloudmap::dns {

inline constexpr size_t kClientCookieSize = 8;
inline constexpr size_t kServerCookieSize = 16;
inline constexpr size_t kCookieSize = kClientCookieSize + kServerCookieSize;

// The current secret and the one before it, which is still accepted during a rollover.
struct CookieSecrets {
  SipKey current;
  SipKey previous;
};

enum class CookieState : uint8_t {
  kNone,   // only a client cookie, or a server cookie that is not ours or too old
  kFresh,  // ours; sent back as it is
  kRenew,  // ours, but over half an hour old or of the previous secret
};

// `cookie` is client and server part, 8 to 40 bytes; `client_ip` 4 or 16 bytes; `now` in seconds
// since 1970, which may wrap (RFC 1982).
CookieState CheckCookie(const CookieSecrets& secrets, std::span<const uint8_t> cookie,
                        std::span<const uint8_t> client_ip, uint32_t now);

// The 24 bytes to answer with. REQUIRES: `client_cookie` has 8 bytes.
std::array<uint8_t, kCookieSize> MakeCookie(const SipKey& secret,
                                            std::span<const uint8_t> client_cookie,
                                            std::span<const uint8_t> client_ip, uint32_t now);

}  // namespace cloudmap::dns
