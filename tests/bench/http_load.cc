#include <deque>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/beast/core.hpp"
#include "boost/beast/http.hpp"
#include "tests/bench/load.h"

namespace cloudmap {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using Error = boost::system::error_code;

// As long as what an SDK sends; a server without credentials reads past it.
constexpr char kAuthorization[] =
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/servicediscovery/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
    "Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

// A keep-alive connection with one request on the way, opened again when the server closes it.
class Connection {
 public:
  Connection(asio::io_context& io, const tcp::endpoint& peer, Load& load,
             const std::string& operation)
      : stream_(io), peer_(peer), load_(load) {
    request_.method(beast::http::verb::post);
    request_.target("/");
    request_.set("Host", absl::StrCat(peer.address().to_string(), ":", peer.port()));
    request_.set("Content-Type", "application/x-amz-json-1.1");
    request_.set("X-Amz-Target", absl::StrCat("Route53AutoNaming_v20170314.", operation));
    request_.set("X-Amz-Date", "20260101T000000Z");
    request_.set("Authorization", kAuthorization);
  }

  void Open() {
    stream_.async_connect(peer_, [this](Error error) {
      if (error) {
        Fail();
        return;
      }
      stream_.socket().set_option(tcp::no_delay(true));
      Write();
    });
  }

 private:
  void Write() {
    request_.body() = load_.Next();
    request_.prepare_payload();
    beast::http::async_write(stream_, request_,
                             [this](Error error, size_t) { error ? Fail() : Read(); });
  }

  void Read() {
    response_ = {};
    beast::http::async_read(stream_, buffer_, response_, [this](Error error, size_t) {
      if (error) {
        Fail();
        return;
      }
      load_.Count(response_.result() == beast::http::status::ok);
      if (load_.stopped()) {
        stream_.close();
      } else if (response_.keep_alive()) {
        Write();
      } else {
        Reopen();
      }
    });
  }

  void Fail() {
    load_.Count(false);
    if (!load_.stopped()) {
      Reopen();
    }
  }

  void Reopen() {
    stream_.close();
    buffer_.clear();
    Open();
  }

  beast::tcp_stream stream_;
  const tcp::endpoint peer_;
  Load& load_;
  beast::flat_buffer buffer_;
  beast::http::request<beast::http::string_body> request_;
  beast::http::response<beast::http::string_body> response_;
};

}  // namespace

Tally RunHttpLoad(const std::string& address, const std::string& operation,
                  std::vector<std::string> requests, int in_flight, absl::Duration duration) {
  Load load(std::move(requests));
  const size_t colon = address.rfind(':');
  const tcp::endpoint peer(asio::ip::make_address(address.substr(0, colon)),
                           static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  asio::io_context io(1);
  std::deque<Connection> connections;
  for (int i = 0; i < in_flight; ++i) {
    connections.emplace_back(io, peer, load, operation).Open();
  }
  std::thread thread([&io] { io.run(); });
  const Tally tally = load.Measure(duration);
  thread.join();
  return tally;
}

}  // namespace cloudmap
