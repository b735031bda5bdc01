// Numbers of the DNS wire format and access to its big-endian fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace cloudmap::dns {

inline constexpr size_t kHeaderSize = 12;
inline constexpr size_t kMaxNameSize = 255;  // RFC 1035 s2.3.4
inline constexpr size_t kMaxLabelSize = 63;
inline constexpr size_t kMinUdpPayload = 512;  // RFC 1035 s4.2.1
inline constexpr size_t kMaxMessageSize = 65535;

namespace type {  // IANA "Resource Record (RR) TYPEs"
inline constexpr uint16_t kA = 1;
inline constexpr uint16_t kNs = 2;
inline constexpr uint16_t kCname = 5;
inline constexpr uint16_t kSoa = 6;
inline constexpr uint16_t kTxt = 16;
inline constexpr uint16_t kAaaa = 28;
inline constexpr uint16_t kSrv = 33;
inline constexpr uint16_t kOpt = 41;
inline constexpr uint16_t kDs = 43;
inline constexpr uint16_t kSvcb = 64;
inline constexpr uint16_t kHttps = 65;
inline constexpr uint16_t kTkey = 249;
inline constexpr uint16_t kTsig = 250;
inline constexpr uint16_t kIxfr = 251;
inline constexpr uint16_t kAxfr = 252;
inline constexpr uint16_t kMailb = 253;
inline constexpr uint16_t kMaila = 254;
inline constexpr uint16_t kAny = 255;
}  // namespace type

inline constexpr uint16_t kClassIn = 1;
inline constexpr uint16_t kClassCh = 3;
inline constexpr uint16_t kClassAny = 255;

enum class Opcode : uint8_t { kQuery = 0, kNotify = 4, kUpdate = 5 };

enum class Rcode : uint16_t {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5,
  kNotAuth = 9,
  kBadVers = 16,
};

// Header flags, as the second 16-bit word of a message.
inline constexpr uint16_t kFlagQr = 0x8000;
inline constexpr uint16_t kFlagAa = 0x0400;
inline constexpr uint16_t kFlagTc = 0x0200;
inline constexpr uint16_t kFlagRd = 0x0100;
inline constexpr uint16_t kFlagRa = 0x0080;
inline constexpr uint16_t kFlagCd = 0x0010;
inline constexpr int kOpcodeShift = 11;

namespace option {                              // EDNS options
inline constexpr uint16_t kNsid = 3;            // RFC 5001
inline constexpr uint16_t kClientSubnet = 8;    // RFC 7871
inline constexpr uint16_t kCookie = 10;         // RFC 7873
inline constexpr uint16_t kTcpKeepalive = 11;   // RFC 7828
inline constexpr uint16_t kPadding = 12;        // RFC 7830
inline constexpr uint16_t kExtendedError = 15;  // RFC 8914
}  // namespace option

// RFC 8914 s4.
enum class ExtendedError : uint16_t {
  kOther = 0,
  kStaleAnswer = 3,
  kNotReady = 14,
  kProhibited = 18,
  kNotAuthoritative = 20,
  kNotSupported = 21,
  kNoReachableAuthority = 22,
  kNetworkError = 23,
};

// A compression pointer to the question's name, which always starts right after the header.
inline constexpr uint16_t kPointerBits = 0xc000;
inline constexpr uint16_t kMaxPointer = 0x3fff;

inline uint16_t Load16(const uint8_t* p) {
  uint16_t value = 0;
  std::memcpy(&value, p, sizeof(value));
  return __builtin_bswap16(value);
}
inline uint32_t Load32(const uint8_t* p) {
  uint32_t value = 0;
  std::memcpy(&value, p, sizeof(value));
  return __builtin_bswap32(value);
}
inline void Store16(uint8_t* p, uint16_t value) {
  value = __builtin_bswap16(value);
  std::memcpy(p, &value, sizeof(value));
}
inline void Store32(uint8_t* p, uint32_t value) {
  value = __builtin_bswap32(value);
  std::memcpy(p, &value, sizeof(value));
}

// Whether serial `a` comes after `b`, around the wrap of 32 bits (RFC 1982).
inline bool SerialIsNewer(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b) > 0; }

}  // namespace cloudmap::dns
