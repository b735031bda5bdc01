// What the tests of the HTTP server share: one with an echo, and requests to it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"
#include "server/http/http_server.h"
#include "server/http/testing/raw_client.h"

namespace cloudmap::http {

inline constexpr char kHost[] = "Host: h\r\n";

inline std::string Get(absl::string_view path) {
  return absl::StrCat("GET ", path, " HTTP/1.1\r\n", kHost, "\r\n");
}

inline std::string Post(absl::string_view path, absl::string_view body) {
  return absl::StrCat("POST ", path, " HTTP/1.1\r\n", kHost, "Content-Length: ", body.size(),
                      "\r\n\r\n", body);
}

// A server with an echo of the request, and a path whose answers the test gives itself.
class HttpServerTest : public ::testing::Test {
 protected:
  static constexpr size_t kBodyMax = 4096;

  HttpServerTest() {
    options_.listen = {"127.0.0.1:0"};
    options_.limits.body_bytes_max = kBodyMax;
  }

  ~HttpServerTest() override { Stop(); }

  void Start() {
    Router router;
    router.Add("POST", "/echo", [](const Request& request, Respond respond) {
      respond({.headers = {}, .body = std::string(request.body)});
    });
    router.Add("GET", "/echo", [](const Request& request, Respond respond) {
      respond({.headers = {{"X-Query", std::string(request.query)},
                           {"X-Seen", std::string(request.Header("x-sent"))},
                           {"X-Remote", std::string(request.remote)}},
               .body = std::string(request.path)});
    });
    router.Add("GET", "/held", [this](const Request&, Respond respond) {
      const absl::MutexLock lock(&mutex_);
      held_.push_back(std::move(respond));
    });
    router.Add("GET", "/lost", [](const Request&, Respond) {});
    router.Add("GET", "/large", [](const Request&, Respond respond) {
      respond({.headers = {}, .body = std::string(64 << 20, 'x')});
    });
    server_ = std::make_unique<HttpServer>(options_, std::move(router));
    const absl::Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started;
    address_ = server_->bound_addresses().front();
  }

  void Stop() {
    if (server_ != nullptr) {
      server_->Stop();
    }
  }

  // Waits until `count` requests to /held are in the handler's hands.
  void AwaitHeld(size_t count) {
    const absl::MutexLock lock(&mutex_);
    const auto enough = [this, count]()
                            ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return held_.size() >= count; };
    ASSERT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(10)));
  }

  Respond TakeHeld() {
    const absl::MutexLock lock(&mutex_);
    Respond respond = std::move(held_.front());
    held_.erase(held_.begin());
    return respond;
  }

  // What a fresh connection gets for these bytes.
  RawClient::Answer Ask(absl::string_view bytes) {
    RawClient client(address_);
    client.Send(bytes);
    return client.Read();
  }

  // The bytes are refused with this status, and the connection is closed.
  void ExpectRefused(absl::string_view bytes, int status) {
    RawClient client(address_);
    client.Send(bytes);
    const RawClient::Answer answer = client.Read();
    EXPECT_EQ(answer.status, status) << bytes.substr(0, 100);
    EXPECT_EQ(answer.Header("Connection"), "close") << bytes.substr(0, 100);
    EXPECT_TRUE(client.AtEnd()) << bytes.substr(0, 100);
  }

  ServerOptions options_;
  std::string address_;
  absl::Mutex mutex_;
  std::vector<Respond> held_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<HttpServer> server_;
};

}  // namespace cloudmap::http
