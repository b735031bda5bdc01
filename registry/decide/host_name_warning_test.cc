#include "registry/decide/host_name_warning.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "registry/testing/instance_fixture.h"
#include "registry/testing/service_fixture.h"

namespace cloudmap::registry {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// AWS takes every id of letters, digits and _/:.@-, and so do we; some resolvers do not.
class HostNameWarningTest : public InstanceTest {
 protected:
  // The warning of a registration, which must be accepted and is applied.
  std::string WarningOf(const std::string& service, const std::string& id) {
    const auto request = FromText<v1::RegisterInstanceRequest>(absl::StrCat(
        Registration(service, id, {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "80"}}),
        " creator_request_id: '", id, "'"));
    auto decision = RegisterInstance(state, NextContext(), request);
    if (!decision.ok()) {
      ADD_FAILURE() << id << ": " << decision.status();
      return "";
    }
    std::string warning = decision->warning;
    EXPECT_TRUE(ApplyDecision(std::move(decision)).ok());
    return warning;
  }
};

TEST_F(HostNameWarningTest, NamesServiceInstanceAndWhoRefusesIt) {
  const std::string srv = ServiceWith(kSrv);
  for (const char* id : {"a:b", "a@b", "a.b:80"}) {
    EXPECT_THAT(WarningOf(srv, id),
                AllOf(HasSubstr(id), HasSubstr("service web"), HasSubstr(srv),
                      HasSubstr("example.com"), HasSubstr("c-ares"), HasSubstr("Go ")));
  }
}

TEST_F(HostNameWarningTest, GoAloneRefusesSlashesAndLabelsThatBeginOrEndWithAHyphen) {
  const std::string srv = ServiceWith(kSrv);
  for (const char* id : {"a/b", "-a", "a-", "a.-b", "a-.b"}) {
    EXPECT_THAT(WarningOf(srv, id), AllOf(HasSubstr("Go "), Not(HasSubstr("c-ares")))) << id;
  }
}

TEST_F(HostNameWarningTest, LettersDigitsUnderscoresAndInnerHyphensAndDotsAreReadByAll) {
  const std::string srv = ServiceWith(kSrv);
  for (const char* id : {"i-0123456789abcdef0", "a.b", "_a_", "1", "tcp-10_10_28_116-80"}) {
    EXPECT_EQ(WarningOf(srv, id), "") << id;
  }
}

TEST_F(HostNameWarningTest, IsForServicesWhoseInstancesHaveHostNames) {
  EXPECT_EQ(WarningOf(ServiceWith(kA, "a"), "a:b"), "");
  EXPECT_EQ(WarningOf(HttpService(), "a:b"), "");
  EXPECT_NE(WarningOf(ServiceWith(Records({"A", "SRV"}), "both"), "a:b"), "");
}

TEST_F(HostNameWarningTest, ComesOnceForAnInstanceThatIsRegisteredAgain) {
  const std::string srv = ServiceWith(kSrv);
  EXPECT_NE(WarningOf(srv, "a:b"), "");
  EXPECT_EQ(WarningOf(srv, "a:b"), "") << "a retry";
  Register(srv, "c:d", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "80"}});
  EXPECT_EQ(WarningOf(srv, "c:d"), "") << "an update";
}

}  // namespace
}  // namespace cloudmap::registry
