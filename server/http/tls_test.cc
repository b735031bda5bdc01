// TLS end to end, with certificates made on the spot.
#include "server/http/tls.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/asio/connect.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/ssl/stream.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/http.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/http/http_server.h"
#include "server/http/testing/raw_client.h"
#include "server/net/address.h"
#include "tests/support/temporary_directory.h"

namespace cloudmap::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using ::testing::HasSubstr;
using ::testing::StartsWith;

template <typename T, void (*kFree)(T*)>
struct Free {
  void operator()(T* object) const { kFree(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509, X509_free>>;

struct Closer {
  void operator()(FILE* file) const { fclose(file); }
};

// A self-signed certificate and its key, as files.
struct Identity {
  TemporaryDirectory directory;
  std::string cert;
  std::string key;

  explicit Identity(const std::string& name)
      : cert(absl::StrCat(directory.path(), "/", name, ".crt")),
        key(absl::StrCat(directory.path(), "/", name, ".key")) {
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
};

// What a client saw of the server.
struct Visit {
  std::string peer;  // Of the server's certificate.
  std::string body;
  std::string error;
};

class TlsTest : public ::testing::Test {
 protected:
  ~TlsTest() override {
    if (server_ != nullptr) {
      server_->Stop();
    }
  }

  absl::Status Start(const TlsFiles& files) {
    Router router;
    router.Add("GET", "/", [](const Request&, Respond respond) {
      respond({.headers = {}, .body = "over TLS"});
    });
    server_ = std::make_unique<HttpServer>(
        ServerOptions{.listen = {"127.0.0.1:0"},
                      .tls = files,
                      .limits = {.request_timeout = absl::Milliseconds(200)}},
        std::move(router));
    return server_->Start();
  }

  Visit Get(const Identity* client = nullptr) {
    asio::io_context io;
    asio::ssl::context context(asio::ssl::context::tls_client);
    if (client != nullptr) {
      context.use_certificate_chain_file(client->cert);
      context.use_private_key_file(client->key, asio::ssl::context::pem);
    }
    asio::ssl::stream<asio::ip::tcp::socket> stream(io, context);
    const SocketAddress address = SocketAddress::Parse(server_->bound_addresses().front()).value();
    stream.next_layer().connect({asio::ip::make_address(address.IpString()), address.port()});
    Visit visit;
    error_code error;
    stream.handshake(asio::ssl::stream_base::client, error);
    if (error) {
      return {"", "", error.message()};
    }
    const Certificate peer(SSL_get1_peer_certificate(stream.native_handle()));
    std::string name(64, '\0');
    const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(peer.get()), NID_commonName,
                                               name.data(), static_cast<int>(name.size()));
    visit.peer = name.substr(0, static_cast<size_t>(size));
    namespace http = boost::beast::http;
    http::request<http::empty_body> request(http::verb::get, "/", 11);
    request.set(http::field::host, "h");
    http::write(stream, request, error);
    boost::beast::flat_buffer buffer;
    http::response<http::string_body> response;
    http::read(stream, buffer, response, error);
    visit.error = error ? error.message() : "";
    visit.body = response.body();
    return visit;
  }

  std::unique_ptr<HttpServer> server_;
};

TEST_F(TlsTest, ServesOverTls) {
  const Identity server("server");
  ASSERT_TRUE(Start({.cert = server.cert, .key = server.key, .client_ca = ""}).ok());
  const Visit visit = Get();
  EXPECT_EQ(visit.error, "");
  EXPECT_EQ(visit.peer, "server");
  EXPECT_EQ(visit.body, "over TLS");
}

TEST_F(TlsTest, AskedForClientCertificatesItServesOnlyThoseWhoHaveOne) {
  const Identity server("server");
  const Identity client("client");
  const Identity stranger("stranger");
  ASSERT_TRUE(Start({.cert = server.cert, .key = server.key, .client_ca = client.cert}).ok());
  EXPECT_EQ(Get(&client).body, "over TLS");
  // With TLS 1.3 the client learns of its refusal only when it reads.
  EXPECT_EQ(Get(&stranger).body, "");
  EXPECT_NE(Get(&stranger).error, "");
  EXPECT_EQ(Get().body, "");
  EXPECT_NE(Get().error, "");
}

TEST_F(TlsTest, NewConnectionsSeeReloadedFiles) {
  Identity old("old");
  ASSERT_TRUE(Start({.cert = old.cert, .key = old.key, .client_ca = ""}).ok());
  EXPECT_EQ(Get().peer, "old");
  const Identity renewed("renewed");
  std::rename(renewed.cert.c_str(), old.cert.c_str());
  std::rename(renewed.key.c_str(), old.key.c_str());
  EXPECT_EQ(Get().peer, "old");
  ASSERT_TRUE(server_->ReloadTls().ok());
  EXPECT_EQ(Get().peer, "renewed");
}

TEST_F(TlsTest, AFailedReloadKeepsTheOldFiles) {
  const Identity server("server");
  ASSERT_TRUE(Start({.cert = server.cert, .key = server.key, .client_ca = ""}).ok());
  WriteFile(server.cert, "not a certificate\n");
  EXPECT_THAT(std::string(server_->ReloadTls().message()),
              StartsWith(absl::StrCat("--tls-cert ", server.cert, ": ")));
  EXPECT_EQ(Get().body, "over TLS");
}

TEST_F(TlsTest, ErrorsNameOptionAndFile) {
  const Identity server("server");
  const Identity other("other");
  const auto error = [](const TlsFiles& files) {
    const auto loaded = LoadTls(files);
    return loaded.ok() ? "" : std::string(loaded.status().message());
  };
  EXPECT_EQ(error({.cert = server.cert, .key = server.key, .client_ca = ""}), "");
  EXPECT_EQ(error({.cert = "/nonexistent", .key = server.key, .client_ca = ""}),
            "--tls-cert /nonexistent: No such file or directory");
  EXPECT_EQ(error({.cert = server.cert, .key = "/nonexistent", .client_ca = ""}),
            "--tls-key /nonexistent: No such file or directory");
  EXPECT_EQ(error({.cert = server.cert, .key = server.key, .client_ca = "/nonexistent"}),
            "--tls-client-ca /nonexistent: No such file or directory");
  EXPECT_EQ(error({.cert = server.cert, .key = other.key, .client_ca = ""}),
            absl::StrCat("--tls-key ", other.key, ": key values mismatch"));
}

TEST_F(TlsTest, PlainHttpIsToldThatThePortSpeaksTls) {
  const Identity server("server");
  ASSERT_TRUE(Start({.cert = server.cert, .key = server.key, .client_ca = ""}).ok());
  RawClient client(server_->bound_addresses().front());
  client.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const RawClient::Answer answer = client.Read();
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("speaks TLS"));
  EXPECT_TRUE(client.AtEnd());
  EXPECT_EQ(Get().body, "over TLS");
}

TEST_F(TlsTest, AHandshakeThatDoesNotComeIsNotWaitedFor) {
  const Identity server("server");
  ASSERT_TRUE(Start({.cert = server.cert, .key = server.key, .client_ca = ""}).ok());
  RawClient client(server_->bound_addresses().front());
  EXPECT_TRUE(client.AtEnd());
}

}  // namespace
}  // namespace cloudmap::http
