#include "server/net/tls.h"

#include <openssl/ssl.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/net/testing/test_identity.h"

namespace cloudmap {
namespace {

using ::testing::StartsWith;

std::unique_ptr<TlsCertificates> Load(const TlsFiles& files) {
  absl::StatusOr<std::unique_ptr<TlsCertificates>> loaded = TlsCertificates::Load(files);
  EXPECT_TRUE(loaded.ok()) << loaded.status();
  return loaded.ok() ? *std::move(loaded) : nullptr;
}

std::string NameInUse(const TlsCertificates& tls) {
  return CommonNameOf(SSL_CTX_get0_certificate(tls.Current()->mutual->native_handle()));
}

TEST(TlsCertificates, OnlyMutualAsksForClientCertificates) {
  const TestIdentity server("server");
  const TestIdentity client("client");
  const auto asks = [](const TlsContext& context) {
    return (SSL_CTX_get_verify_mode(context->native_handle()) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) !=
           0;
  };
  const auto with = Load(server.Files(&client));
  EXPECT_TRUE(asks(with->Current()->mutual));
  EXPECT_FALSE(asks(with->Current()->server_only));
  const auto without = Load(server.Files());
  EXPECT_FALSE(asks(without->Current()->mutual));
}

TEST(TlsCertificates, ErrorsNameOptionAndFile) {
  const TestIdentity server("server");
  const TestIdentity other("other");
  const auto error = [](const TlsFiles& files) {
    const auto loaded = TlsCertificates::Load(files);
    EXPECT_TRUE(absl::IsInvalidArgument(loaded.status()));
    return std::string(loaded.status().message());
  };
  EXPECT_EQ(error({.cert = "/nonexistent", .key = server.key, .client_ca = ""}),
            "--tls-cert /nonexistent: No such file or directory");
  EXPECT_EQ(error({.cert = server.cert, .key = "/nonexistent", .client_ca = ""}),
            "--tls-key /nonexistent: No such file or directory");
  EXPECT_EQ(error({.cert = server.cert, .key = server.key, .client_ca = "/nonexistent"}),
            "--tls-client-ca /nonexistent: No such file or directory");
  EXPECT_EQ(error({.cert = server.cert, .key = other.key, .client_ca = ""}),
            absl::StrCat("--tls-key ", other.key, ": key values mismatch"));
  EXPECT_THAT(error({.cert = server.key, .key = server.key, .client_ca = ""}),
              StartsWith(absl::StrCat("--tls-cert ", server.key, ": ")));
  EXPECT_THAT(error({.cert = server.cert, .key = server.key, .client_ca = server.key}),
              StartsWith(absl::StrCat("--tls-client-ca ", server.key, ": ")));
}

TEST(TlsCertificates, ReloadTakesRenewedFilesAtOnce) {
  const TestIdentity server("old");
  const auto tls = Load(server.Files());
  const std::shared_ptr<const TlsIdentity> before = tls->Current();
  EXPECT_EQ(NameInUse(*tls), "old");
  server.Renew("renewed");
  ASSERT_TRUE(tls->Reload().ok());
  EXPECT_EQ(NameInUse(*tls), "renewed");
  EXPECT_EQ(CommonNameOf(SSL_CTX_get0_certificate(before->mutual->native_handle())), "old")
      << "connections keep what they began with";
}

TEST(TlsCertificates, RenewedFilesAreTakenWithoutBeingAskedTo) {
  const TestIdentity server("old");
  const auto tls = Load(server.Files());
  server.Renew("renewed");
  const absl::Time give_up = absl::Now() + absl::Minutes(1);
  while (NameInUse(*tls) == "old" && absl::Now() < give_up) {
    absl::SleepFor(absl::Milliseconds(10));
  }
  EXPECT_EQ(NameInUse(*tls), "renewed");
}

TEST(TlsCertificates, UnusableFilesLeaveWhatWasInUse) {
  const TestIdentity server("server");
  const auto tls = Load(server.Files());
  std::ofstream(server.cert) << "not a certificate\n";
  EXPECT_THAT(std::string(tls->Reload().message()),
              StartsWith(absl::StrCat("--tls-cert ", server.cert, ": ")));
  EXPECT_EQ(NameInUse(*tls), "server");
}

}  // namespace
}  // namespace cloudmap
