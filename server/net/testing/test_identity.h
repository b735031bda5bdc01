// For tests: a self-signed certificate and its key, made on the spot, as PEM files.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/net/tls.h"
#include "tests/support/temporary_directory.h"

namespace cloudmap {

// The common name in a certificate.
inline std::string CommonNameOf(const X509* certificate) {
  std::string name(64, '\0');
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                             name.data(), static_cast<int>(name.size()));
  return name.substr(0, static_cast<size_t>(std::max(size, 0)));
}

class TestIdentity {
 public:
  // `name` is the certificate's common name, and what the files are called.
  explicit TestIdentity(const std::string& name)
      : cert(absl::StrCat(directory_.path(), "/", name, ".crt")),
        key(absl::StrCat(directory_.path(), "/", name, ".key")) {
    Renew(name);
  }

  // Replaces both files.
  void Renew(const std::string& name) const {
    const Key pair(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    const Certificate x509(X509_new());
    X509_set_version(x509.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509.get()), 3600);
    X509_set_pubkey(x509.get(), pair.get());
    X509_NAME* subject = X509_get_subject_name(x509.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(x509.get(), subject);
    X509_sign(x509.get(), pair.get(), EVP_sha256());
    const std::unique_ptr<FILE, Closer> cert_file(fopen(cert.c_str(), "w"));
    PEM_write_X509(cert_file.get(), x509.get());
    const std::unique_ptr<FILE, Closer> key_file(fopen(key.c_str(), "w"));
    PEM_write_PrivateKey(key_file.get(), pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
  }

  // `client_ca` may be nullptr: clients are not asked for certificates.
  TlsFiles Files(const TestIdentity* client_ca = nullptr) const {
    return {cert, key, client_ca == nullptr ? "" : client_ca->cert};
  }

 private:
  template <typename T, void (*kFree)(T*)>
  struct Free {
    void operator()(T* object) const { kFree(object); }
  };
  using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY, EVP_PKEY_free>>;
  using Certificate = std::unique_ptr<X509, Free<X509, X509_free>>;
  struct Closer {
    void operator()(FILE* file) const { fclose(file); }
  };

  const TemporaryDirectory directory_;

 public:
  const std::string cert;
  const std::string key;
};

}  // namespace cloudmap
