// For tests: a TCP client that sends what it is told, byte for byte, and reads answers. Every wait
// ends after ten seconds with what there is, so that a test fails instead of hanging.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/net/unique_fd.h"

namespace cloudmap::http {

class RawClient {
 public:
  // "ip:port". connected() is false when nobody listens there.
  explicit RawClient(const std::string& address, int receive_buffer_bytes = 0);

  bool connected() const { return fd_.get() >= 0; }
  void Send(absl::string_view bytes);
  // Sends no more (the read side stays open).
  void CloseWriting();
  // Closes with a reset.
  void Abort();

  // Whether the server has sent something, or closed, within this time.
  bool Readable(absl::Duration within);

  struct Answer {
    int status = 0;      // 0: the connection ended before an answer was complete.
    std::string header;  // With the status line.
    std::string body;

    // The value of a header, "" when it is not there.
    std::string Header(absl::string_view name) const;
  };
  // The next answer, an interim one (100) included. `to_head`: it has no body.
  Answer Read(bool to_head = false);
  // Everything until the server closes.
  std::string ReadToEnd();
  // Nothing but the end of the connection follows.
  bool AtEnd();

 private:
  // False at the end of the connection.
  bool ReadMore();

  UniqueFd fd_;
  std::string buffer_;
};

}  // namespace cloudmap::http
