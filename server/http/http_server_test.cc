#include "server/http/http_server.h"

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/http/raw_client.h"

namespace cloudmap::http {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kHost[] = "Host: h\r\n";

std::string Get(absl::string_view path) {
  return absl::StrCat("GET ", path, " HTTP/1.1\r\n", kHost, "\r\n");
}

std::string Post(absl::string_view path, absl::string_view body) {
  return absl::StrCat("POST ", path, " HTTP/1.1\r\n", kHost, "Content-Length: ", body.size(),
                      "\r\n\r\n", body);
}

// A server with an echo of the request, and a path whose answers the test gives itself.
class HttpServerTest : public ::testing::Test {
 protected:
  static constexpr size_t kBodyMax = 4096;

  HttpServerTest() {
    options_.listen = "127.0.0.1:0";
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
    address_ = server_->BoundAddress();
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

TEST_F(HttpServerTest, RefusesABodyThatIsTooLargeBeforeItIsSent) {
  Start();
  ExpectRefused(absl::StrCat("POST /echo HTTP/1.1\r\n", kHost, "Content-Length: ", kBodyMax + 1,
                             "\r\nExpect: 100-continue\r\n\r\n"),
                413);
}

TEST_F(HttpServerTest, RefusesABodyThatIsTooLargeWhileItIsSent) {
  Start();
  EXPECT_EQ(Ask(Post("/echo", std::string(kBodyMax, 'x'))).status, 200);
  ExpectRefused(Post("/echo", std::string(kBodyMax + 1, 'x')), 413);
  ExpectRefused(Post("/echo", std::string(8 << 20, 'x')), 413);
  std::string chunks;
  for (int i = 0; i < 5; ++i) {
    absl::StrAppend(&chunks, "400\r\n", std::string(0x400, 'x'), "\r\n");
  }
  ExpectRefused(
      absl::StrCat("POST /echo HTTP/1.1\r\n", kHost, "Transfer-Encoding: chunked\r\n\r\n", chunks),
      413);
}

TEST_F(HttpServerTest, RefusesAHeaderThatIsTooLarge) {
  Start();
  const std::string kib(1024, 'x');
  std::string fields;
  for (int i = 0; i < 15; ++i) {
    absl::StrAppend(&fields, "X-Field: ", kib, "\r\n");
  }
  EXPECT_EQ(Ask(absl::StrCat("GET /echo HTTP/1.1\r\n", kHost, fields, "\r\n")).status, 200);
  ExpectRefused(
      absl::StrCat("GET /echo HTTP/1.1\r\n", kHost, fields, "X-Last: ", kib, kib, "\r\n\r\n"), 431);
  ExpectRefused(absl::StrCat("GET /", std::string(20'000, 'x'), " HTTP/1.1\r\n\r\n"), 431);
  ExpectRefused(absl::StrCat("GET /echo HTTP/1.1\r\nX: ", std::string(20'000, 'x')), 431);
}

TEST_F(HttpServerTest, BoundsChunkExtensionsAndTrailers) {
  Start();
  const std::string head =
      absl::StrCat("POST /echo HTTP/1.1\r\n", kHost, "Transfer-Encoding: chunked\r\n\r\n");
  ExpectRefused(absl::StrCat(head, "1;", std::string(1 << 20, 'x')), 400);
  std::string trailers;
  for (int i = 0; i < 20'000; ++i) {
    absl::StrAppend(&trailers, "X-Trailer-", i, ": x\r\n");
  }
  ExpectRefused(absl::StrCat(head, "0\r\n", trailers), 400);
}

TEST_F(HttpServerTest, RefusesWhatIsNotHttp) {
  Start();
  const std::string nul("GET /echo HTTP/1.1\r\nHost: h\0h\r\n\r\n", 34);
  for (const std::string& bytes :
       {std::string("garbage\r\n\r\n"), std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
        std::string("GET\r\n\r\n"), std::string("GET /echo\r\n\r\n"),
        std::string("GET /echo HTTP/1.1\r\nno colon\r\n\r\n"),
        std::string("GET /echo HTTP/1.1\r\n: no name\r\n\r\n"),
        std::string("GET /echo HTTP/1.1\r\nHost : h\r\n\r\n"),
        std::string("GET /echo HTTP/1.1\nHost: h\n\n"), nul,
        std::string("GET /ec ho HTTP/1.1\r\nHost: h\r\n\r\n")}) {
    RawClient client(address_);
    client.Send(bytes);
    const RawClient::Answer answer = client.Read();
    EXPECT_TRUE(answer.status == 400 || answer.status == 505) << bytes << answer.status;
    EXPECT_TRUE(client.AtEnd()) << bytes;
  }
}

TEST_F(HttpServerTest, RefusesOtherVersions) {
  Start();
  ExpectRefused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
  ExpectRefused("GET / HTTP/0.9\r\n\r\n", 505);
}

TEST_F(HttpServerTest, ARequestHasOneHost) {
  Start();
  ExpectRefused("GET /echo HTTP/1.1\r\n\r\n", 400);
  ExpectRefused("GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400);
}

// Two readings of where a body ends are how requests are smuggled past a proxy (RFC 9112 s11.2).
TEST_F(HttpServerTest, RefusesBodiesOfDoubtfulLength) {
  Start();
  const std::string head = absl::StrCat("POST /echo HTTP/1.1\r\n", kHost);
  ExpectRefused(absl::StrCat(head, "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  ExpectRefused(absl::StrCat(head, "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"), 400);
  ExpectRefused(absl::StrCat(head, "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), 400);
  ExpectRefused(absl::StrCat(head, "Content-Length: -3\r\n\r\n"), 400);
  ExpectRefused(absl::StrCat(head, "Content-Length: 0x3\r\n\r\nabc"), 400);
  ExpectRefused(absl::StrCat(head, "Content-Length: 99999999999999999999\r\n\r\n"), 400);
  ExpectRefused(absl::StrCat(head, "Transfer-Encoding: gzip\r\n\r\n"), 501);
  ExpectRefused(absl::StrCat(head, "Transfer-Encoding: chunked, gzip\r\n\r\n"), 501);
  ExpectRefused(absl::StrCat(head, "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"), 400);
  ExpectRefused(absl::StrCat(head, "Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n"),
                400);
  EXPECT_EQ(Ask("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").status, 501);
}

TEST_F(HttpServerTest, RefusesUnknownExpectations) {
  Start();
  ExpectRefused(absl::StrCat("POST /echo HTTP/1.1\r\n", kHost,
                             "Content-Length: 1\r\nExpect: miracles\r\n\r\n"),
                417);
}

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

TEST_F(HttpServerTest, SaysSoWhenARequestTakesTooLong) {
  options_.limits.request_timeout = absl::Milliseconds(40);
  Start();
  ExpectRefused("GET /echo HT", 408);
  ExpectRefused(absl::StrCat("POST /echo HTTP/1.1\r\n", kHost, "Content-Length: 9\r\n\r\nabc"),
                408);
  ExpectRefused(
      absl::StrCat("POST /echo HTTP/1.1\r\n", kHost, "Transfer-Encoding: chunked\r\n\r\n5\r\nab"),
      408);
}

// Bytes that keep trickling in do not buy more time.
TEST_F(HttpServerTest, ATricklingRequestTakesTooLongAsWell) {
  options_.limits.request_timeout = absl::Milliseconds(100);
  Start();
  RawClient client(address_);
  client.Send("GET /echo HTTP/1.1\r\n");
  for (int i = 0; i < 10'000 && !client.Readable(absl::Milliseconds(1)); ++i) {
    client.Send("a");
  }
  EXPECT_EQ(client.Read().status, 408);
}

TEST_F(HttpServerTest, AnIdleConnectionIsClosedWithoutAWord) {
  options_.limits.idle_timeout = absl::Milliseconds(40);
  Start();
  RawClient fresh(address_);
  EXPECT_TRUE(fresh.AtEnd());
  RawClient used(address_);
  used.Send(Get("/echo"));
  EXPECT_EQ(used.Read().status, 200);
  EXPECT_TRUE(used.AtEnd());
}

TEST_F(HttpServerTest, AClientThatDoesNotTakeItsAnswerIsCutOff) {
  options_.limits.write_timeout = absl::Milliseconds(50);
  options_.limits.drain_timeout = absl::Minutes(10);
  Start();
  RawClient client(address_, /*receive_buffer_bytes=*/4096);
  client.Send(Get("/large"));
  RawClient other(address_);
  other.Send(Get("/echo"));
  EXPECT_EQ(other.Read().status, 200) << "others are served meanwhile";
  Stop();  // Returns, because the connection ends by itself.
  EXPECT_LT(client.ReadToEnd().size(), 64U << 20);
}

TEST_F(HttpServerTest, TurnsConnectionsAwayWhenThereAreTooMany) {
  options_.limits.connections_max = 2;
  Start();
  RawClient first(address_);
  first.Send(Get("/echo"));
  EXPECT_EQ(first.Read().status, 200);
  {
    RawClient second(address_);
    second.Send(Get("/echo"));
    EXPECT_EQ(second.Read().status, 200);
    RawClient third(address_);
    EXPECT_EQ(third.Read().status, 503);
  }
  // The server learns of the second one's end in its own time.
  int status = 0;
  for (int attempt = 0; attempt < 10'000 && status != 200; ++attempt) {
    status = Ask(Get("/echo")).status;
  }
  EXPECT_EQ(status, 200);
}

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

TEST_F(HttpServerTest, SurvivesClientsThatVanish) {
  Start();
  for (int i = 0; i < 50; ++i) {
    RawClient client(address_);
    client.Send(i % 2 == 0 ? Get("/held") : Post("/echo", "x").substr(0, 30));
    if (i % 2 == 0) {
      AwaitHeld(1);
      client.Abort();
      TakeHeld()({.headers = {}, .body = "too late"});
    } else {
      client.Abort();
    }
  }
  EXPECT_EQ(Ask(Get("/echo")).status, 200);
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
  HttpServer second({.listen = address_, .tls = {}, .limits = {}}, Router());
  const absl::Status status = second.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), absl::StrCat("--http-listen ", address_, ": address already in use"));
}

TEST_F(HttpServerTest, AMalformedAddressIsInvalid) {
  for (const char* listen : {"", "8055", "localhost:8055", "127.0.0.1:99999", "127.0.0.1"}) {
    HttpServer server({.listen = listen, .tls = {}, .limits = {}}, Router());
    const absl::Status status = server.Start();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << listen << status;
    EXPECT_THAT(std::string(status.message()), StartsWith(absl::StrCat("--http-listen ", listen)));
  }
}

TEST_F(HttpServerTest, ServesIpv6) {
  options_.listen = "[::1]:0";
  Start();
  EXPECT_THAT(address_, StartsWith("[::1]:"));
  EXPECT_THAT(Ask(Get("/echo")).Header("X-Remote"), StartsWith("[::1]:"));
}

TEST_F(HttpServerTest, SurvivesRandomBytes) {
  options_.limits.linger_timeout = absl::Milliseconds(20);
  Start();
  constexpr uint32_t kSeed = 8055;
  std::mt19937 random(kSeed);
  const std::vector<std::string> seeds = {
      Get("/echo?x=y"), Post("/echo", "hello"),
      absl::StrCat("POST /echo HTTP/1.1\r\n", kHost,
                   "Transfer-Encoding: chunked\r\n\r\n5;e=\"q\"\r\nhello\r\n0\r\nT: t\r\n\r\n"),
      absl::StrCat("POST /echo HTTP/1.1\r\n", kHost,
                   "Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello")};
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = seeds[random() % seeds.size()];
    for (size_t edits = random() % 4; edits > 0; --edits) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    bytes.resize(random() % 4 == 0 ? random() % bytes.size() : bytes.size());
    RawClient client(address_);
    client.Send(bytes);
    client.CloseWriting();
    client.ReadToEnd();
  }
  EXPECT_EQ(Ask(Get("/echo")).status, 200);
}

}  // namespace
}  // namespace cloudmap::http
