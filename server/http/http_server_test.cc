#include "server/http/http_server.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/http/testing/server_fixture.h"

namespace cloudmap::http {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(HttpServerTest, SaysWhenItHasHandedOutTheRequestsThatCameTogether) {
  std::atomic<int> calls = 0;
  options_.after_requests = [this, &calls] {
    ++calls;
    const absl::MutexLock lock(&mutex_);
    for (Respond& respond : held_) {
      respond({.headers = {}, .body = "released"});
    }
    held_.clear();
  };
  Start();
  RawClient a(address_);
  RawClient b(address_);
  a.Send(Get("/held"));
  b.Send(Get("/held"));
  EXPECT_EQ(a.Read().body, "released");
  EXPECT_EQ(b.Read().body, "released");
  EXPECT_GE(calls, 1);
  EXPECT_LE(calls, 2);
}

TEST_F(HttpServerTest, HandsTheRequestToTheHandlerOfItsPath) {
  Start();
  RawClient client(address_);
  client.Send(absl::StrCat("GET /echo?a=b&c HTTP/1.1\r\n", kHost, "X-Sent:  some value \r\n\r\n"));
  const RawClient::Answer answer = client.Read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "/echo");
  EXPECT_EQ(answer.Header("X-Query"), "a=b&c");
  EXPECT_EQ(answer.Header("X-Seen"), "some value");
  EXPECT_THAT(answer.Header("X-Remote"), StartsWith("127.0.0.1:"));
  EXPECT_THAT(answer.Header("Date"), HasSubstr(" GMT"));
}

TEST_F(HttpServerTest, KeepsTheConnectionForTheNextRequest) {
  Start();
  RawClient client(address_);
  for (int i = 0; i < 100; ++i) {
    const std::string body = absl::StrCat("body ", i);
    client.Send(Post("/echo", body));
    EXPECT_EQ(client.Read().body, body);
  }
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  Start();
  RawClient client(address_);
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    requests += i % 3 == 0 ? Get("/echo") : Post("/echo", absl::StrCat(i));
  }
  client.Send(requests);
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(client.Read().body, i % 3 == 0 ? "/echo" : absl::StrCat(i));
  }
}

TEST_F(HttpServerTest, APipelinedRequestWaitsForTheAnswerBeforeIt) {
  Start();
  RawClient client(address_);
  client.Send(absl::StrCat(Get("/held"), Get("/echo")));
  AwaitHeld(1);
  TakeHeld()({.headers = {}, .body = "first"});
  EXPECT_EQ(client.Read().body, "first");
  EXPECT_EQ(client.Read().body, "/echo");
}

TEST_F(HttpServerTest, ReadsRequestsThatComeByteByByte) {
  Start();
  RawClient client(address_);
  for (const char c : absl::StrCat(Post("/echo", "abc"), Get("/echo"))) {
    client.Send(absl::string_view(&c, 1));
  }
  EXPECT_EQ(client.Read().body, "abc");
  EXPECT_EQ(client.Read().body, "/echo");
}

TEST_F(HttpServerTest, SkipsEmptyLinesBeforeARequest) {
  Start();
  RawClient client(address_);
  client.Send(absl::StrCat("\r\n", Post("/echo", "a"), "\r\n\r\n", Post("/echo", "b")));
  EXPECT_EQ(client.Read().body, "a");
  EXPECT_EQ(client.Read().body, "b");
}

TEST_F(HttpServerTest, ReadsChunkedBodiesWithExtensionsAndTrailers) {
  Start();
  RawClient client(address_);
  client.Send(absl::StrCat("POST /echo HTTP/1.1\r\n", kHost, "Transfer-Encoding: chunked\r\n\r\n",
                           "4;name=value\r\nWiki\r\n5\r\npedia\r\n0\r\nX-Trailer: t\r\n\r\n",
                           Get("/echo")));
  EXPECT_EQ(client.Read().body, "Wikipedia");
  EXPECT_EQ(client.Read().body, "/echo");
}

TEST_F(HttpServerTest, Says100ContinueToWhoWaitsForIt) {
  Start();
  RawClient client(address_);
  client.Send(absl::StrCat("POST /echo HTTP/1.1\r\n", kHost,
                           "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(client.Read().status, 100);
  client.Send("abc");
  const RawClient::Answer answer = client.Read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "abc");
}

TEST_F(HttpServerTest, SaysNo100ContinueOnceTheBodyIsHere) {
  Start();
  EXPECT_EQ(Ask(absl::StrCat("POST /echo HTTP/1.1\r\n", kHost,
                             "Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc"))
                .status,
            200);
}

// Two readings of where a body ends are how requests are smuggled past a proxy (RFC 9112 s11.2).
TEST_F(HttpServerTest, UnknownPathsAre404AndUnknownMethods405) {
  Start();
  RawClient client(address_);
  client.Send(Get("/nothing"));
  EXPECT_EQ(client.Read().status, 404);
  for (const char* method : {"DELETE", "OPTIONS", "BREW", "get"}) {
    client.Send(absl::StrCat(method, " /echo HTTP/1.1\r\n", kHost, "\r\n"));
    const RawClient::Answer answer = client.Read();
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.Header("Allow"), "POST, GET, HEAD") << method;
  }
  client.Send(Get("/echo"));
  EXPECT_EQ(client.Read().status, 200) << "the connection goes on";
}

// RFC 9112 s3.2.2: clients that think us a proxy send the whole URI.
TEST_F(HttpServerTest, TakesTargetsInAbsoluteForm) {
  Start();
  RawClient client(address_);
  client.Send(absl::StrCat("GET http://data-127.0.0.1:8055/echo HTTP/1.1\r\n", kHost, "\r\n"));
  EXPECT_EQ(client.Read().body, "/echo");
}

TEST_F(HttpServerTest, HeadIsGetWithoutTheBody) {
  Start();
  RawClient client(address_);
  client.Send(absl::StrCat("HEAD /echo HTTP/1.1\r\n", kHost, "\r\n", Get("/echo")));
  const RawClient::Answer answer = client.Read(/*to_head=*/true);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("Content-Length"), "5");
  EXPECT_EQ(client.Read().body, "/echo");
}

TEST_F(HttpServerTest, ClosesWhenTheClientAsks) {
  Start();
  ExpectRefused(absl::StrCat("GET /echo HTTP/1.1\r\n", kHost, "Connection: close\r\n\r\n"), 200);
}

TEST_F(HttpServerTest, Http10ClosesUnlessAskedToKeepAlive) {
  Start();
  RawClient once(address_);
  once.Send("GET /echo HTTP/1.0\r\n\r\n");
  const RawClient::Answer answer = once.Read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.header, StartsWith("HTTP/1.0 "));
  EXPECT_TRUE(once.AtEnd());

  RawClient kept(address_);
  kept.Send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(kept.Read().Header("Connection"), "keep-alive");
  kept.Send("GET /echo HTTP/1.0\r\n\r\n");
  EXPECT_EQ(kept.Read().status, 200);
}

TEST_F(HttpServerTest, AHalfClosedClientGetsItsAnswer) {
  Start();
  RawClient client(address_);
  client.Send(Post("/echo", "last"));
  client.CloseWriting();
  EXPECT_EQ(client.Read().body, "last");
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(HttpServerTest, ARequestCutShortIsDropped) {
  Start();
  RawClient client(address_);
  client.Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  client.CloseWriting();
  EXPECT_TRUE(client.AtEnd());
}

// Bytes that keep trickling in do not buy more time.
TEST_F(HttpServerTest, ARequestThatTheHandlerLosesIs500) {
  Start();
  RawClient client(address_);
  client.Send(absl::StrCat(Get("/lost"), Get("/echo")));
  EXPECT_EQ(client.Read().status, 500);
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(HttpServerTest, AnswersFromOtherThreadsReachTheirClients) {
  options_.threads = 2;
  Start();
  constexpr size_t kClients = 20;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (size_t i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<RawClient>(address_));
    clients.back()->Send(Get("/held"));
  }
  AwaitHeld(kClients);
  std::thread answering([this] {
    for (size_t i = 0; i < kClients; ++i) {
      TakeHeld()({.headers = {}, .body = "late"});
    }
  });
  answering.join();
  for (const std::unique_ptr<RawClient>& client : clients) {
    EXPECT_EQ(client->Read().body, "late");
  }
}

TEST_F(HttpServerTest, StopAnswersWhatIsInFlightAndClosesTheRest) {
  options_.limits.linger_timeout = absl::Milliseconds(20);
  Start();
  RawClient idle(address_);
  idle.Send(Get("/echo"));
  EXPECT_EQ(idle.Read().status, 200);
  RawClient busy(address_);
  busy.Send(Get("/held"));
  AwaitHeld(1);
  std::thread stopping([this] { Stop(); });
  EXPECT_TRUE(idle.AtEnd());
  TakeHeld()({.headers = {}, .body = "in flight"});
  const RawClient::Answer answer = busy.Read();
  EXPECT_EQ(answer.body, "in flight");
  EXPECT_EQ(answer.Header("Connection"), "close");
  EXPECT_TRUE(busy.AtEnd());
  stopping.join();
  EXPECT_FALSE(RawClient(address_).connected());
}

TEST_F(HttpServerTest, StopEndsEvenIfAHandlerNeverAnswers) {
  options_.limits.drain_timeout = absl::Milliseconds(40);
  Start();
  RawClient client(address_);
  client.Send(Get("/held"));
  AwaitHeld(1);
  Stop();
  EXPECT_TRUE(client.AtEnd());
  server_.reset();
  TakeHeld()({.headers = {}, .body = "nobody is left to read this"});
}

TEST_F(HttpServerTest, TheServerMayStopFromWithinAnotherThreadsAnswers) {
  options_.limits.linger_timeout = absl::Milliseconds(20);
  Start();
  RawClient client(address_);
  client.Send(Get("/held"));
  AwaitHeld(1);
  Respond respond = TakeHeld();
  std::thread answering([&respond] { respond({.headers = {}, .body = "now"}); });
  Stop();
  answering.join();
  EXPECT_EQ(client.Read().body, "now");
}

TEST_F(HttpServerTest, AnAddressInUseIsNamed) {
  Start();
  HttpServer second({.listen = {address_}, .tls = {}, .limits = {}}, Router());
  const absl::Status status = second.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), absl::StrCat("--http-listen ", address_, ": address already in use"));
}

TEST_F(HttpServerTest, AMalformedAddressIsInvalid) {
  for (const char* listen : {"", "8055", "localhost:8055", "127.0.0.1:99999", "127.0.0.1"}) {
    HttpServer server({.listen = {listen}, .tls = {}, .limits = {}}, Router());
    const absl::Status status = server.Start();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << listen << status;
    EXPECT_THAT(std::string(status.message()), StartsWith(absl::StrCat("--http-listen ", listen)));
  }
}

TEST_F(HttpServerTest, ServesIpv6) {
  options_.listen = {"[::1]:0"};
  Start();
  EXPECT_THAT(address_, StartsWith("[::1]:"));
  EXPECT_THAT(Ask(Get("/echo")).Header("X-Remote"), StartsWith("[::1]:"));
}

}  // namespace
}  // namespace cloudmap::http
