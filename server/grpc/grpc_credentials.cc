#include "server/grpc/grpc_credentials.h"

#include <string>

#include "absl/synchronization/mutex.h"
#include "grpc/grpc.h"
#include "grpc/grpc_security.h"

namespace cloudmap::api {
namespace {

// gRPC's own provider that watches files would be a second mechanism, with a rhythm of its own and
// deaf to SIGHUP. Its credentials in C ask for the certificates at each handshake; that is all this
// class brings into C++.
class CurrentCertificates final : public grpc::ServerCredentials {
 public:
  explicit CurrentCertificates(const TlsCertificates& tls) : tls_(tls) {
    const grpc_ssl_client_certificate_request_type asks =
        tls.Current()->client_ca.empty()
            ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
            : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
    credentials_ = grpc_ssl_server_credentials_create_with_options(
        grpc_ssl_server_credentials_create_options_using_config_fetcher(asks, Fetch, this));
  }
  ~CurrentCertificates() override { grpc_server_credentials_release(credentials_); }
  CurrentCertificates(const CurrentCertificates&) = delete;
  CurrentCertificates& operator=(const CurrentCertificates&) = delete;

  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  // Called at the start and for each handshake, by any of gRPC's threads.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<CurrentCertificates*>(self)->FetchIfRenewed(config);
  }

  grpc_ssl_certificate_config_reload_status FetchIfRenewed(
      grpc_ssl_server_certificate_config** config) {
    std::shared_ptr<const TlsIdentity> current = tls_.Current();
    const absl::MutexLock lock(&mutex_);
    if (current == fetched_) {
      return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    }
    fetched_ = std::move(current);
    const grpc_ssl_pem_key_cert_pair pair{fetched_->key.c_str(), fetched_->cert.c_str()};
    // gRPC insists on authorities also where no client is asked for a certificate of theirs.
    const std::string& authorities =
        fetched_->client_ca.empty() ? fetched_->cert : fetched_->client_ca;
    *config = grpc_ssl_server_certificate_config_create(authorities.c_str(), &pair, 1);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const TlsCertificates& tls_;
  grpc_server_credentials* credentials_;  // counted by gRPC
  absl::Mutex mutex_;
  std::shared_ptr<const TlsIdentity> fetched_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> GrpcCredentials(const TlsCertificates* tls) {
  if (tls == nullptr) {
    return grpc::InsecureServerCredentials();
  }
  return std::make_shared<CurrentCertificates>(*tls);
}

}  // namespace cloudmap::api
