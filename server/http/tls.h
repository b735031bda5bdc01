// The server's side of TLS: certificate chain, key, and the authorities of client certificates.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "boost/asio/ssl/context.hpp"

namespace cloudmap::http {

// PEM files, named as on the command line.
struct TlsFiles {
  std::string cert;
  std::string key;
  // Not empty: clients must show a certificate of one of these authorities.
  std::string client_ca;
};

// TLS 1.2 and 1.3. The error names the option, the file and what is wrong with it.
absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> LoadTls(const TlsFiles& files);

}  // namespace cloudmap::http
