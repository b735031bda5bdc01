#include "server/http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <system_error>

#include "absl/strings/str_cat.h"
#include "registry/base/status_macros.h"

namespace cloudmap::http {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

// Asio has no text for OpenSSL's system errors, such as a file that is not there.
std::string Reason(const error_code& error) {
  const auto code = static_cast<unsigned int>(error.value());
  return ERR_SYSTEM_ERROR(code) ? std::generic_category().message(ERR_GET_REASON(code))
                                : error.message();
}

absl::Status FileError(const char* option, const std::string& file, const error_code& error) {
  return absl::InvalidArgumentError(absl::StrCat(option, " ", file, ": ", Reason(error)));
}

}  // namespace

absl::StatusOr<std::shared_ptr<ssl::context>> LoadTls(const TlsFiles& files) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  error_code error;
  if (SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION) != 1) {
    return absl::InternalError("OpenSSL refuses TLS 1.2 as the lowest version");
  }
  context->use_certificate_chain_file(files.cert, error);
  if (error) {
    return FileError("--tls-cert", files.cert, error);
  }
  context->use_private_key_file(files.key, ssl::context::pem, error);
  if (error) {
    return FileError("--tls-key", files.key, error);
  }
  if (files.client_ca.empty()) {
    return context;
  }
  context->load_verify_file(files.client_ca, error);
  if (error) {
    return FileError("--tls-client-ca", files.client_ca, error);
  }
  // Resumed sessions need it once client certificates are asked for.
  static constexpr unsigned char kSessionContext[] = "cloudmapd";
  if (SSL_CTX_set_session_id_context(context->native_handle(), kSessionContext,
                                     sizeof(kSessionContext) - 1) != 1) {
    return absl::InternalError("OpenSSL refuses a session context");
  }
  context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, error);
  if (error) {
    return FileError("--tls-client-ca", files.client_ca, error);
  }
  return context;
}

}  // namespace cloudmap::http
