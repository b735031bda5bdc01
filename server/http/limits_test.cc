// What the server refuses, cuts off and survives.
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/http/testing/server_fixture.h"

namespace cloudmap::http {
namespace {

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
