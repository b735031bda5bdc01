// TLS end to end, with certificates made on the spot.
#include <memory>
#include <string>
#include <utility>

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
#include "server/net/testing/test_identity.h"
#include "server/net/tls.h"

namespace cloudmap::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using ::testing::HasSubstr;

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

  void Start(const TlsFiles& files) {
    auto tls = TlsCertificates::Load(files);
    ASSERT_TRUE(tls.ok()) << tls.status();
    tls_ = *std::move(tls);
    Router router;
    router.Add("GET", "/", [](const Request&, Respond respond) {
      respond({.headers = {}, .body = "over TLS"});
    });
    server_ = std::make_unique<HttpServer>(
        ServerOptions{.listen = {"127.0.0.1:0"},
                      .tls = tls_.get(),
                      .limits = {.request_timeout = absl::Milliseconds(200)}},
        std::move(router));
    ASSERT_TRUE(server_->Start().ok());
  }

  Visit Get(const TestIdentity* client = nullptr) {
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
    visit.peer = CommonNameOf(SSL_get0_peer_certificate(stream.native_handle()));
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

  std::unique_ptr<TlsCertificates> tls_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(TlsTest, ServesOverTls) {
  const TestIdentity server("server");
  Start(server.Files());
  const Visit visit = Get();
  EXPECT_EQ(visit.error, "");
  EXPECT_EQ(visit.peer, "server");
  EXPECT_EQ(visit.body, "over TLS");
}

TEST_F(TlsTest, AskedForClientCertificatesItServesOnlyThoseWhoHaveOne) {
  const TestIdentity server("server");
  const TestIdentity client("client");
  const TestIdentity stranger("stranger");
  Start(server.Files(&client));
  EXPECT_EQ(Get(&client).body, "over TLS");
  // With TLS 1.3 the client learns of its refusal only when it reads.
  EXPECT_EQ(Get(&stranger).body, "");
  EXPECT_NE(Get(&stranger).error, "");
  EXPECT_EQ(Get().body, "");
  EXPECT_NE(Get().error, "");
}

TEST_F(TlsTest, NewConnectionsSeeRenewedCertificates) {
  const TestIdentity server("old");
  Start(server.Files());
  EXPECT_EQ(Get().peer, "old");
  server.Renew("renewed");
  ASSERT_TRUE(tls_->Reload().ok());
  EXPECT_EQ(Get().peer, "renewed");
}

TEST_F(TlsTest, PlainHttpIsToldThatThePortSpeaksTls) {
  const TestIdentity server("server");
  Start(server.Files());
  RawClient client(server_->bound_addresses().front());
  client.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const RawClient::Answer answer = client.Read();
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("speaks TLS"));
  EXPECT_TRUE(client.AtEnd());
  EXPECT_EQ(Get().body, "over TLS");
}

TEST_F(TlsTest, AHandshakeThatDoesNotComeIsNotWaitedFor) {
  const TestIdentity server("server");
  Start(server.Files());
  RawClient client(server_->bound_addresses().front());
  EXPECT_TRUE(client.AtEnd());
}

}  // namespace
}  // namespace cloudmap::http
