#include "server/dns/message/cookie.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "server/dns/message/wire.h"
#include "server/net/address.h"

namespace cloudmap::dns {
namespace {

std::vector<uint8_t> Hex(const std::string& hex) {
  const std::string bytes = absl::HexStringToBytes(hex);
  return {bytes.begin(), bytes.end()};
}

std::vector<uint8_t> Ip(const std::string& text) {
  const std::string bytes = ParseIp(text);
  return {bytes.begin(), bytes.end()};
}

// A secret is written as the 16 bytes of SipHash's key.
SipKey Secret(const std::string& hex) {
  const auto bytes = Hex(hex);
  SipKey key;
  std::memcpy(&key.k0, bytes.data(), 8);
  std::memcpy(&key.k1, bytes.data() + 8, 8);
  return key;
}

const SipKey kSecret = Secret("e5e973e5a6b2a43f48e7dc849e37bfcf");
const SipKey kOther = Secret("445536bcd2513298075a5d379663c962");

TEST(Cookie, Rfc9018AppendixA1LearnsANewServerCookie) {
  const auto cookie =
      MakeCookie(kSecret, Hex("2464c4abcf10c957"), Ip("198.51.100.100"), 1559731985);
  EXPECT_EQ(std::vector<uint8_t>(cookie.begin(), cookie.end()),
            Hex("2464c4abcf10c957010000005cf79f111f8130c3eee29480"));
}

TEST(Cookie, Rfc9018AppendixA2RenewsAServerCookieOfTheSameClient) {
  const auto cookie = Hex("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
  const CookieSecrets secrets{kSecret, kOther};
  const auto ip = Ip("198.51.100.100");
  EXPECT_EQ(CheckCookie(secrets, cookie, ip, 1559731985), CookieState::kFresh);
  EXPECT_EQ(CheckCookie(secrets, cookie, ip, 1559734385), CookieState::kRenew);
  const auto renewed = MakeCookie(kSecret, {cookie.data(), 8}, ip, 1559734385);
  EXPECT_EQ(std::vector<uint8_t>(renewed.begin(), renewed.end()),
            Hex("2464c4abcf10c957010000005cf7a871d4a564a1442aca77"));
}

TEST(Cookie, Rfc9018AppendixA4OfIpv6AndTheSecretBeforeARollover) {
  const auto ip = Ip("2001:db8:220:1:59de:d0f4:8769:82b8");
  const SipKey old_secret = Secret("dd3bdf9344b678b185a6f5cb60fca715");
  const auto cookie = Hex("22681ab97d52c298010000005cf7c57926556bd0934c72f8");
  EXPECT_EQ(CheckCookie({kOther, old_secret}, cookie, ip, 1559741961), CookieState::kRenew);
  const auto renewed = MakeCookie(kOther, {cookie.data(), 8}, ip, 1559741961);
  EXPECT_EQ(std::vector<uint8_t>(renewed.begin(), renewed.end()),
            Hex("22681ab97d52c298010000005cf7c609a6bb79d16625507a"));
}

TEST(Cookie, Rfc9018LivesAnHourAndRenewsAfterHalfOfIt) {
  const CookieSecrets secrets{kSecret, kOther};
  const auto ip = Ip("192.0.2.1");
  // Times on both sides of a wrap of the 32-bit clock (RFC 1982).
  for (const uint32_t made : {1000000U, 0xffffff00U, 0x7fffff00U}) {
    const auto cookie = MakeCookie(kSecret, Hex("0102030405060708"), ip, made);
    EXPECT_EQ(CheckCookie(secrets, cookie, ip, made), CookieState::kFresh);
    EXPECT_EQ(CheckCookie(secrets, cookie, ip, made + 1800), CookieState::kFresh);
    EXPECT_EQ(CheckCookie(secrets, cookie, ip, made + 1801), CookieState::kRenew);
    EXPECT_EQ(CheckCookie(secrets, cookie, ip, made + 3600), CookieState::kRenew);
    EXPECT_EQ(CheckCookie(secrets, cookie, ip, made + 3601), CookieState::kNone);
    EXPECT_EQ(CheckCookie(secrets, cookie, ip, made - 300), CookieState::kFresh);
    EXPECT_EQ(CheckCookie(secrets, cookie, ip, made - 301), CookieState::kNone);
  }
}

TEST(Cookie, OfAnotherClientOrTamperedIsNone) {
  const CookieSecrets secrets{kSecret, kOther};
  const auto ip = Ip("192.0.2.1");
  const auto cookie = MakeCookie(kSecret, Hex("0102030405060708"), ip, 5000);
  EXPECT_EQ(CheckCookie(secrets, cookie, Ip("192.0.2.2"), 5000), CookieState::kNone);
  for (size_t i = 0; i < cookie.size(); ++i) {
    auto tampered = cookie;
    tampered[i] ^= 1;
    // The reserved bytes are part of the hash, as is everything else.
    EXPECT_EQ(CheckCookie(secrets, tampered, ip, 5000), CookieState::kNone) << i;
  }
  EXPECT_EQ(CheckCookie(secrets, {cookie.data(), 8}, ip, 5000), CookieState::kNone);
  EXPECT_EQ(CheckCookie(secrets, {cookie.data(), 23}, ip, 5000), CookieState::kNone);
}

}  // namespace
}  // namespace cloudmap::dns
