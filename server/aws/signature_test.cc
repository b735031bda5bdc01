#include "server/aws/signature.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace cloudmap::aws {
namespace {

// The key, scope and time of AWS's published test suite for Signature Version 4.
constexpr char kSecret[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr char kTimestamp[] = "20150830T123600Z";
constexpr Scope kScope{"20150830", "us-east-1", "service"};

std::string Signed(const http::Request& request,
                   const std::vector<absl::string_view>& signed_headers) {
  return Sign(DeriveSigningKey(kSecret, kScope),
              StringToSign(kTimestamp, kScope, CanonicalRequest(request, signed_headers)));
}

http::Request Bare(absl::string_view method) {
  return {.method = method,
          .path = "/",
          .query = "",
          .headers = {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", kTimestamp}},
          .body = "",
          .remote = ""};
}

TEST(Signature, OfTheSuitesGetVanilla) {
  EXPECT_EQ(CanonicalRequest(Bare("GET"), {"host", "x-amz-date"}),
            "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\n"
            "host;x-amz-date\n"
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Signed(Bare("GET"), {"host", "x-amz-date"}),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST(Signature, OfTheSuitesPostVanilla) {
  EXPECT_EQ(Signed(Bare("POST"), {"host", "x-amz-date"}),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

TEST(Signature, OfTheSuitesGetVanillaQueryOrderKeyCase) {
  http::Request request = Bare("GET");
  request.query = "Param2=value2&Param1=value1";
  EXPECT_EQ(Signed(request, {"host", "x-amz-date"}),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

TEST(Signature, OfTheSuitesPostFormUrlencoded) {
  http::Request request = Bare("POST");
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  request.body = "Param1=value1";
  EXPECT_EQ(Signed(request, {"content-type", "host", "x-amz-date"}),
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

TEST(Signature, OfTheSuitesGetHeaderKeyDuplicate) {
  http::Request request = Bare("GET");
  for (const char* value : {"value2", "value2", "value1"}) {
    request.headers.emplace_back("My-Header1", value);
  }
  EXPECT_EQ(Signed(request, {"host", "my-header1", "x-amz-date"}),
            "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
}

TEST(Signature, OfTheSuitesGetHeaderValueTrim) {
  http::Request request = Bare("GET");
  request.headers.emplace_back("My-Header1", " value1");
  request.headers.emplace_back("My-Header2", " \"a   b   c\"");
  EXPECT_EQ(Signed(request, {"host", "my-header1", "my-header2", "x-amz-date"}),
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
}

TEST(Signature, OfTheSuitesPostStsHeaderBefore) {
  http::Request request = Bare("POST");
  request.headers.emplace_back(
      "X-Amz-Security-Token",
      "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSP"
      "fIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT"
      "7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlz"
      "m8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==");
  EXPECT_EQ(Signed(request, {"host", "x-amz-date", "x-amz-security-token"}),
            "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
}

// The suite's get-vanilla-query-unreserved and get-utf8, whose canonical requests it publishes.
TEST(CanonicalRequest, EncodesAllButUnreservedCharacters) {
  http::Request request = Bare("GET");
  request.path = "/\xe1\x88\xb4 a%20b";
  request.query =
      "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~09AZaz&b=%2f+%zz&b";
  EXPECT_EQ(CanonicalRequest(request, {"host"}),
            "GET\n/%E1%88%B4%20a%2520b\n"
            "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~09AZaz&"
            "b=&b=%2F%2B%25zz\n"
            "host:example.amazonaws.com\n\nhost\n"
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace cloudmap::aws
