#include "server/aws/sigv4.h"

#include <string>

#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "registry/base/testing/fake_clock.h"
#include "registry/errors.h"

namespace cloudmap::aws {
namespace {

using ::testing::HasSubstr;

const absl::Time kSignedAt =
    absl::FromCivil(absl::CivilSecond(2015, 8, 30, 12, 36, 0), absl::UTCTimeZone());

// What botocore 1.43 sends for ListNamespaces with MaxResults 1 at kSignedAt.
struct Sent {
  std::string authorization =
      "AWS4-HMAC-SHA256 "
      "Credential=AKIDEXAMPLE/20150830/eu-central-1/servicediscovery/aws4_request, "
      "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
      "Signature=c6c38a850ec67c9ae8587151d9ae8254c3d065723720589100b4cff133047ba8";
  std::string host = "127.0.0.1:8055";
  std::string timestamp = "20150830T123600Z";
  std::string target = "Route53AutoNaming_v20170314.ListNamespaces";
  std::string token;
  std::string query;
  std::string body = R"({"MaxResults": 1})";

  http::Request Request() const {
    http::Request request{.method = "POST",
                          .path = "/",
                          .query = query,
                          .headers = {{"Host", host},
                                      {"Accept-Encoding", "identity"},
                                      {"X-Amz-Target", target},
                                      {"Content-Type", "application/x-amz-json-1.1"}},
                          .body = body,
                          .remote = ""};
    if (!authorization.empty()) {
      request.headers.emplace_back("Authorization", authorization);
    }
    if (!timestamp.empty()) {
      request.headers.emplace_back("X-Amz-Date", timestamp);
    }
    if (!token.empty()) {
      request.headers.emplace_back("X-Amz-Security-Token", token);
    }
    return request;
  }

  void Edit(absl::string_view from, absl::string_view to) {
    const std::string edited = absl::StrReplaceAll(authorization, {{from, to}});
    ASSERT_NE(edited, authorization);
    authorization = edited;
  }
};

absl::Status Verify(const Sent& sent, absl::Time now = kSignedAt) {
  const FakeClock clock(now);
  const SigV4Verifier verifier(
      {{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}, {"OTHER", "other"}},
      "eu-central-1", "servicediscovery", clock);
  return verifier.Verify(sent.Request());
}

void ExpectError(const absl::Status& status, absl::string_view type, const std::string& message) {
  ASSERT_FALSE(status.ok());
  const v1::ErrorDetail detail = DetailOf(status);
  EXPECT_EQ(detail.type(), type);
  EXPECT_THAT(detail.message(), HasSubstr(message));
}

TEST(SigV4, AcceptsWhatBotocoreSigns) { EXPECT_TRUE(Verify(Sent()).ok()) << Verify(Sent()); }

TEST(SigV4, AcceptsASessionTokenAndADataHost) {
  Sent sent;
  sent.host = "data-cloudmap.internal:8055";
  sent.target = "Route53AutoNaming_v20170314.DiscoverInstances";
  sent.body = R"({"NamespaceName": "a", "ServiceName": "b"})";
  sent.token =
      "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSP"
      "fIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGd";
  sent.authorization =
      "AWS4-HMAC-SHA256 "
      "Credential=AKIDEXAMPLE/20150830/eu-central-1/servicediscovery/aws4_request, "
      "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, "
      "Signature=043d81a7d73806fa1304cba91cb046b86891808b1c96e9bef069a9092d613af5";
  EXPECT_TRUE(Verify(sent).ok()) << Verify(sent);
  sent.host = "cloudmap.internal:8055";
  ExpectError(Verify(sent), "InvalidSignatureException", "does not match");
}

TEST(SigV4, AcceptsAQuery) {
  Sent sent;
  sent.query = "b=2&a=%20x&a=1&empty&u=%E2%82%AC";
  sent.target = "Route53AutoNaming_v20170314.ListServices";
  sent.body = "{}";
  sent.Edit("c6c38a850ec67c9ae8587151d9ae8254c3d065723720589100b4cff133047ba8",
            "3fa38fd9e53cf9adcba3fa43b34b27fdf9079717253a8311c4af2013462784de");
  EXPECT_TRUE(Verify(sent).ok()) << Verify(sent);
}

TEST(SigV4, AnyChangedPartBreaksTheSignature) {
  const auto mismatch = [](const Sent& sent) {
    ExpectError(Verify(sent), "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided.");
  };
  Sent sent;
  sent.body = R"({"MaxResults": 2})";
  mismatch(sent);
  sent = Sent();
  sent.target = "Route53AutoNaming_v20170314.DeleteNamespace";
  mismatch(sent);
  sent = Sent();
  sent.host = "127.0.0.1:8056";
  mismatch(sent);
  sent = Sent();
  sent.query = "a=b";
  mismatch(sent);
  sent = Sent();
  sent.timestamp = "20150830T123601Z";
  mismatch(sent);
  sent = Sent();
  sent.Edit("AKIDEXAMPLE", "OTHER");
  mismatch(sent);
  sent = Sent();
  sent.Edit("Signature=c6", "Signature=c7");
  mismatch(sent);
  sent = Sent();
  sent.Edit("Signature=c6", "Signature=");
  mismatch(sent);
  sent = Sent();
  sent.Edit(";x-amz-target", "");
  mismatch(sent);
  sent = Sent();
  sent.Edit(";x-amz-target", ";x-amz-target;x-not-there");
  mismatch(sent);
}

TEST(SigV4, ARequestWithoutASignatureLacksItsToken) {
  Sent sent;
  sent.authorization = "";
  ExpectError(Verify(sent), "MissingAuthenticationTokenException", "Missing Authentication Token");
}

TEST(SigV4, MissingPartsAreNamed) {
  Sent sent;
  sent.authorization = "AWS4-HMAC-SHA256 Credential=,Other=1";
  sent.timestamp = "";
  ExpectError(
      Verify(sent), "IncompleteSignatureException",
      "Authorization header requires 'Credential' parameter. "
      "Authorization header requires 'Signature' parameter. "
      "Authorization header requires 'SignedHeaders' parameter. "
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  sent = Sent();
  sent.Edit(" SignedHeaders=content-type;host;x-amz-date;x-amz-target,", "");
  ExpectError(Verify(sent), "IncompleteSignatureException", "requires 'SignedHeaders' parameter");
}

TEST(SigV4, MalformedPartsAreNamed) {
  const auto incomplete = [](const std::string& authorization, const std::string& message) {
    Sent sent;
    sent.authorization = authorization;
    ExpectError(Verify(sent), "IncompleteSignatureException", message);
  };
  incomplete("Basic dXNlcjpwYXNz", "Unsupported AWS 'algorithm': 'Basic'");
  incomplete("AWS4-HMAC-SHA1 Credential=x", "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'");
  incomplete("\xff\xfe", "Unsupported AWS 'algorithm': '\\xff\\xfe'");
  incomplete("AWS4-HMAC-SHA256 Credential=x,,", "'' not a valid key=value pair");
  incomplete("AWS4-HMAC-SHA256 nonsense", "'nonsense' not a valid key=value pair");
  incomplete("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE, SignedHeaders=host, Signature=0",
             "Credential must have exactly 5 slash-delimited elements");
  Sent sent;
  sent.timestamp = "2015-08-30T12:36:00Z";
  ExpectError(Verify(sent), "IncompleteSignatureException",
              "Date must be in ISO-8601 'basic format'. Got '2015-08-30T12:36:00Z'.");
}

TEST(SigV4, AnUnknownKeyIsAnUnrecognizedClient) {
  Sent sent;
  sent.Edit("AKIDEXAMPLE", "AKIDSTRANGER");
  ExpectError(Verify(sent), "UnrecognizedClientException",
              "The security token included in the request is invalid.");
}

TEST(SigV4, TheScopeIsThisRegionAndService) {
  Sent sent;
  sent.Edit("eu-central-1", "us-east-1");
  ExpectError(Verify(sent), "InvalidSignatureException",
              "Credential should be scoped to a valid region, not 'us-east-1'.");
  sent = Sent();
  sent.Edit("eu-central-1", "\xff");
  ExpectError(Verify(sent), "InvalidSignatureException", "not '\\xff'");
  sent = Sent();
  sent.Edit("servicediscovery", "route53");
  ExpectError(Verify(sent), "InvalidSignatureException",
              "Credential should be scoped to correct service: 'servicediscovery'");
  sent = Sent();
  sent.Edit("aws4_request", "aws5_request");
  ExpectError(Verify(sent), "InvalidSignatureException",
              "Credential should be scoped with a valid terminator: 'aws4_request'");
  sent = Sent();
  sent.Edit("/20150830/", "/20150831/");
  ExpectError(Verify(sent), "InvalidSignatureException",
              "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
              "HTTP: '20150831' != '20150830', from '20150830T123600Z'.");
}

TEST(SigV4, TheHostMustBeSigned) {
  Sent sent;
  sent.Edit("content-type;host;", "content-type;");
  ExpectError(Verify(sent), "InvalidSignatureException", "'Host' must be a 'SignedHeader'");
}

TEST(SigV4, ToleratesFifteenMinutesOfSkewEitherWay) {
  EXPECT_TRUE(Verify(Sent(), kSignedAt + absl::Minutes(15)).ok());
  EXPECT_TRUE(Verify(Sent(), kSignedAt - absl::Minutes(15)).ok());
  ExpectError(Verify(Sent(), kSignedAt + absl::Minutes(15) + absl::Seconds(1)),
              "InvalidSignatureException",
              "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z "
              "(20150830T125101Z - 15 min.)");
  ExpectError(Verify(Sent(), kSignedAt - absl::Minutes(15) - absl::Seconds(1)),
              "InvalidSignatureException",
              "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z "
              "(20150830T122059Z + 15 min.)");
}

TEST(SigV4, AKeyDerivedOnceServesTheWholeDayAndNoOther) {
  const FakeClock clock(kSignedAt);
  const SigV4Verifier verifier({{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}},
                               "eu-central-1", "servicediscovery", clock);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(verifier.Verify(Sent().Request()).ok());
    Sent other_day;
    other_day.Edit("/20150830/", "/20150829/");
    other_day.timestamp = "20150829T123600Z";
    EXPECT_FALSE(verifier.Verify(other_day.Request()).ok());
  }
}

}  // namespace
}  // namespace cloudmap::aws
