#include "server/http/testing/raw_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/net/address.h"

namespace cloudmap::http {
namespace {
constexpr absl::Duration kWait = absl::Seconds(10);
constexpr absl::string_view kHeaderEnd = "\r\n\r\n";
}  // namespace

RawClient::RawClient(const std::string& address, int receive_buffer_bytes) {
  const SocketAddress server = SocketAddress::Parse(address).value();
  UniqueFd fd(socket(server.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer_bytes > 0) {
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
               sizeof(receive_buffer_bytes));
  }
  if (connect(fd.get(), server.get(), server.size()) == 0) {
    fd_ = std::move(fd);
  }
}

void RawClient::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return;  // The server has closed; what it said can still be read.
    }
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void RawClient::CloseWriting() { shutdown(fd_.get(), SHUT_WR); }

void RawClient::Abort() {
  const linger reset = {1, 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  fd_ = UniqueFd();
}

std::string RawClient::Answer::Header(absl::string_view name) const {
  for (const absl::string_view line : absl::StrSplit(header, "\r\n")) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (absl::EqualsIgnoreCase(field.first, name)) {
      return std::string(absl::StripAsciiWhitespace(field.second));
    }
  }
  return "";
}

bool RawClient::Readable(absl::Duration within) {
  pollfd readable = {fd_.get(), POLLIN, 0};
  return poll(&readable, 1, static_cast<int>(absl::ToInt64Milliseconds(within))) == 1;
}

RawClient::Answer RawClient::Read(bool to_head) {
  size_t end = 0;
  while ((end = buffer_.find(kHeaderEnd.data())) == std::string::npos) {
    if (!ReadMore()) {
      return {};
    }
  }
  end += kHeaderEnd.size();
  Answer answer;
  answer.header = buffer_.substr(0, end);
  size_t body_bytes = 0;
  if (!to_head && !absl::SimpleAtoi(answer.Header("Content-Length"), &body_bytes)) {
    body_bytes = 0;
  }
  while (buffer_.size() < end + body_bytes) {
    if (!ReadMore()) {
      return {};
    }
  }
  answer.body = buffer_.substr(end, body_bytes);
  buffer_.erase(0, end + body_bytes);
  if (!absl::SimpleAtoi(answer.header.substr(sizeof("HTTP/1.1"), 3), &answer.status)) {
    return {};
  }
  return answer;
}

std::string RawClient::ReadToEnd() {
  while (ReadMore()) {
  }
  return std::move(buffer_);
}

bool RawClient::AtEnd() { return buffer_.empty() && !ReadMore(); }

bool RawClient::ReadMore() {
  if (!Readable(kWait)) {
    return false;
  }
  std::array<char, 65536> bytes;
  const ssize_t count = recv(fd_.get(), bytes.data(), bytes.size(), 0);
  if (count <= 0) {
    return false;
  }
  buffer_.append(bytes.data(), static_cast<size_t>(count));
  return true;
}

}  // namespace cloudmap::http
