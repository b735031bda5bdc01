// A listening TCP socket.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/net/unique_fd.h"

namespace cloudmap {

// Listens on `address`, "ip:port"; port 0 picks a free one. It does not block, and connections that
// it accepts send at once (TCP_NODELAY). The error names the option: InvalidArgument for an address
// that is malformed, Unavailable for one that cannot be had. `[::]` takes IPv4 as well, `0.0.0.0`
// IPv4 alone.
absl::StatusOr<UniqueFd> ListenTcp(absl::string_view option, absl::string_view address);

}  // namespace cloudmap
