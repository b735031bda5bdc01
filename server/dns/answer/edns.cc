#include "server/dns/answer/edns.h"

#include <algorithm>

namespace cloudmap::dns {
namespace {

void WriteOptionHeader(MessageWriter& writer, uint16_t code, size_t size) {
  Store16(writer.at(), code);
  Store16(writer.at() + 2, static_cast<uint16_t>(size));
  writer.Advance(kOptionHeaderSize);
}

void WriteOption(MessageWriter& writer, uint16_t code, std::span<const uint8_t> value) {
  WriteOptionHeader(writer, code, value.size());
  std::copy(value.begin(), value.end(), writer.at());
  writer.Advance(value.size());
}

void WriteCookie(const EdnsQuery& edns, const RespondOptions& options, const Client& client,
                 MessageWriter& writer) {
  const auto ip = client.address.ip();
  if (CheckCookie(options.cookies, edns.cookie, ip, client.now) == CookieState::kFresh) {
    WriteOption(writer, option::kCookie, edns.cookie);
    return;
  }
  WriteOption(
      writer, option::kCookie,
      MakeCookie(options.cookies.current, edns.cookie.first(kClientCookieSize), ip, client.now));
}

// Zeros up to the next multiple of the block, or as many as a message may have.
void WritePadding(MessageWriter& writer) {
  const size_t unpadded = writer.size() + kOptionHeaderSize;
  const size_t padded =
      std::min((unpadded + kPaddingBlock - 1) / kPaddingBlock * kPaddingBlock, kMaxMessageSize);
  WriteOptionHeader(writer, option::kPadding, padded - unpadded);
  std::fill_n(writer.at(), padded - unpadded, uint8_t{0});
  writer.Advance(padded - unpadded);
}

}  // namespace

size_t OptSize(const EdnsQuery& edns, const RespondOptions& options, Transport transport) {
  size_t size = kOptSize;
  size += edns.cookie.empty() ? 0 : kOptionHeaderSize + kCookieSize;
  size += edns.nsid ? kOptionHeaderSize + options.nsid.size() : 0;
  size += edns.client_subnet.empty() ? 0 : kOptionHeaderSize + edns.client_subnet.size();
  size += edns.keepalive && transport != Transport::kUdp ? kOptionHeaderSize + 2 : 0;
  size += edns.padding && transport == Transport::kTls ? kOptionHeaderSize : 0;
  return size;
}

void WriteOpt(const EdnsQuery& edns, const RespondOptions& options, const Client& client,
              Rcode rcode, std::optional<ExtendedError> error, MessageWriter& writer) {
  uint8_t* const opt = writer.at();
  opt[0] = 0;  // owner: the root
  Store16(opt + 1, type::kOpt);
  Store16(opt + 3, options.udp_payload);
  opt[5] = static_cast<uint8_t>(static_cast<uint16_t>(rcode) >> 4);
  opt[6] = 0;  // version
  opt[7] = edns.dnssec_ok ? 0x80 : 0;
  opt[8] = 0;
  writer.Advance(kOptSize);
  if (!edns.cookie.empty()) {
    WriteCookie(edns, options, client, writer);
  }
  if (edns.nsid && !options.nsid.empty()) {
    WriteOption(writer, option::kNsid,
                {reinterpret_cast<const uint8_t*>(options.nsid.data()), options.nsid.size()});
  }
  if (!edns.client_subnet.empty()) {
    // RFC 7871 s7.2.1: no answer depends on the subnet, so the scope is 0, as it came.
    WriteOption(writer, option::kClientSubnet, edns.client_subnet);
  }
  if (edns.keepalive && client.transport != Transport::kUdp) {
    WriteOptionHeader(writer, option::kTcpKeepalive, 2);
    Store16(writer.at(), options.tcp_idle_timeout);
    writer.Advance(2);
  }
  if (error.has_value()) {
    WriteOptionHeader(writer, option::kExtendedError, 2);
    Store16(writer.at(), static_cast<uint16_t>(*error));
    writer.Advance(2);
  }
  if (edns.padding && client.transport == Transport::kTls) {
    WritePadding(writer);
  }
  Store16(opt + 9, static_cast<uint16_t>(static_cast<size_t>(writer.at() - opt) - kOptSize));
  writer.CountAdditional();
}

}  // namespace cloudmap::dns
