#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "registry/testing/rules_harness.h"

namespace cloudmap::registry {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class CustomHealth : public RulesTest {
 protected:
  CustomHealth() {
    in_ = HttpNamespace("apps");
    service_ = Service(in_, "web", "health_check_custom_config {}").id();
  }
  v1::HealthStatus Health(const std::string& id = "i-1") {
    return Read(GetInstancesHealthStatus, absl::StrCat("service_id: '", service_, "'"))
        .status()
        .at(id);
  }
  std::string Ask(const std::string& status, const std::string& id = "i-1") {
    return absl::StrCat(Instance(service_, id), " status: CUSTOM_HEALTH_STATUS_", status);
  }
  void Elapse(absl::Duration duration) {
    now += duration;
    EXPECT_TRUE(ApplyDecision(ApplyPendingHealth(state, NextContext(), service_, "i-1")).ok());
  }

  std::string in_;
  std::string service_;
};

TEST_F(CustomHealth, StartsHealthyUnlessToldOtherwise) {
  Register(service_, "i-1");
  Register(service_, "i-2", {{"AWS_INIT_HEALTH_STATUS", "UNHEALTHY"}});
  EXPECT_EQ(Health("i-1"), v1::HEALTH_STATUS_HEALTHY);
  EXPECT_EQ(Health("i-2"), v1::HEALTH_STATUS_UNHEALTHY);
}

TEST_F(CustomHealth, WithoutDelayTakesEffectAtOnce) {
  Register(service_, "i-1");
  SetHealth(service_, "i-1", "UNHEALTHY");
  EXPECT_EQ(Health(), v1::HEALTH_STATUS_UNHEALTHY);
  EXPECT_EQ(Discover("apps", "web", "health_status: HEALTH_STATUS_FILTER_ALL")
                .instances(0)
                .health_status(),
            v1::HEALTH_STATUS_UNHEALTHY);
  SetHealth(service_, "i-1", "HEALTHY");
  EXPECT_EQ(Health(), v1::HEALTH_STATUS_HEALTHY);
}

// moto sets it without a check, too.
TEST_F(CustomHealth, WithoutACustomCheckIsCustomHealthNotFound) {
  service_ = Service(in_, "plain").id();
  Register(service_, "i-1");
  EXPECT_EQ(TryType(UpdateInstanceCustomHealthStatus, Ask("UNHEALTHY")), "CustomHealthNotFound");
  service_ = Service(in_, "probed", "health_check_config { type: HEALTH_CHECK_TYPE_TCP }").id();
  Register(service_, "i-1", {{"AWS_INSTANCE_PORT", "80"}});
  EXPECT_EQ(TryType(UpdateInstanceCustomHealthStatus, Ask("UNHEALTHY")), "CustomHealthNotFound");
}

TEST_F(CustomHealth, UnknownInstanceOrServiceIsNotFound) {
  EXPECT_EQ(TryType(UpdateInstanceCustomHealthStatus, Ask("HEALTHY", "i-x")), "InstanceNotFound");
  service_ = Service(in_, "plain").id();
  EXPECT_EQ(TryType(UpdateInstanceCustomHealthStatus, Ask("HEALTHY", "i-x")), "InstanceNotFound")
      << "lookup before rules";
  service_ = "srv-x";
  EXPECT_EQ(TryType(UpdateInstanceCustomHealthStatus, Ask("HEALTHY")), "ServiceNotFound");
}

TEST_F(CustomHealth, ReRegistrationResetsIt) {
  Register(service_, "i-1");
  SetHealth(service_, "i-1", "UNHEALTHY");
  Register(service_, "i-1", {{"a", "b"}});
  EXPECT_EQ(Health(), v1::HEALTH_STATUS_HEALTHY);
}

TEST_F(CustomHealth, LeavesTheRevisionAlone) {
  Register(service_, "i-1");
  const int64_t revision = Revision("apps", "web");
  SetHealth(service_, "i-1", "UNHEALTHY");
  EXPECT_EQ(Revision("apps", "web"), revision);
}

class DelayedCustomHealth : public CustomHealth {
 protected:
  DelayedCustomHealth() {
    options.custom_health_delay = absl::Seconds(30);
    Register(service_, "i-1");
  }
};

TEST_F(DelayedCustomHealth, TakesEffectAfterTheDelay) {
  SetHealth(service_, "i-1", "UNHEALTHY");
  EXPECT_EQ(Health(), v1::HEALTH_STATUS_HEALTHY);
  Elapse(absl::Seconds(29));
  EXPECT_EQ(Health(), v1::HEALTH_STATUS_HEALTHY);
  Elapse(absl::Seconds(1));
  EXPECT_EQ(Health(), v1::HEALTH_STATUS_UNHEALTHY);
  SetHealth(service_, "i-1", "HEALTHY");
  Elapse(absl::Seconds(29));
  EXPECT_EQ(Health(), v1::HEALTH_STATUS_UNHEALTHY) << "in both directions";
  Elapse(absl::Seconds(1));
  EXPECT_EQ(Health(), v1::HEALTH_STATUS_HEALTHY);
}

TEST_F(DelayedCustomHealth, AnOppositeUpdateWithinTheDelayLeavesEverythingAsItWas) {
  SetHealth(service_, "i-1", "UNHEALTHY");
  now += absl::Seconds(20);
  SetHealth(service_, "i-1", "HEALTHY");
  Elapse(absl::Seconds(100));
  EXPECT_EQ(Health(), v1::HEALTH_STATUS_HEALTHY);
}

TEST_F(DelayedCustomHealth, RunsFromTheFirstRequestOfAValue) {
  SetHealth(service_, "i-1", "UNHEALTHY");
  now += absl::Seconds(20);
  SetHealth(service_, "i-1", "UNHEALTHY");
  Elapse(absl::Seconds(10));
  EXPECT_EQ(Health(), v1::HEALTH_STATUS_UNHEALTHY);
}

TEST_F(DelayedCustomHealth, AfterAFlipBackTheDelayStartsAnew) {
  SetHealth(service_, "i-1", "UNHEALTHY");
  now += absl::Seconds(20);
  SetHealth(service_, "i-1", "HEALTHY");
  SetHealth(service_, "i-1", "UNHEALTHY");
  Elapse(absl::Seconds(10));
  EXPECT_EQ(Health(), v1::HEALTH_STATUS_HEALTHY) << "the first request's time";
  Elapse(absl::Seconds(20));
  EXPECT_EQ(Health(), v1::HEALTH_STATUS_UNHEALTHY);
}

TEST_F(DelayedCustomHealth, TheStatusInForceChangesNothing) {
  const int64_t revision = state.revision();
  SetHealth(service_, "i-1", "HEALTHY");
  EXPECT_EQ(state.revision(), revision);
}

TEST_F(DelayedCustomHealth, ReRegistrationForgetsWhatWasPending) {
  SetHealth(service_, "i-1", "UNHEALTHY");
  Register(service_, "i-1", {{"a", "b"}});
  Elapse(absl::Seconds(100));
  EXPECT_EQ(Health(), v1::HEALTH_STATUS_HEALTHY);
}

TEST_F(DelayedCustomHealth, OfAnInstanceThatLeftIsForgotten) {
  SetHealth(service_, "i-1", "UNHEALTHY");
  Start(DeregisterInstance, Instance(service_, "i-1"));
  Elapse(absl::Seconds(100));
  EXPECT_EQ(state.FindInstance(service_, "i-1"), nullptr);
}

TEST_F(DelayedCustomHealth, LeavesTheRevisionAlone) {
  const int64_t revision = Revision("apps", "web");
  SetHealth(service_, "i-1", "UNHEALTHY");
  Elapse(absl::Seconds(30));
  EXPECT_EQ(Revision("apps", "web"), revision);
}

class HealthStatusQuery : public RulesTest {};

TEST_F(HealthStatusQuery, IsUnknownForEachWithoutACheckOrAVerdict) {
  const std::string in = HttpNamespace("apps");
  const std::string plain = Service(in, "plain").id();
  const std::string probed =
      Service(in, "probed", "health_check_config { type: HEALTH_CHECK_TYPE_TCP }").id();
  for (const std::string& service : {plain, probed}) {
    Register(service, "i-1", {{"AWS_INSTANCE_PORT", "80"}});
    Register(service, "i-2", {{"AWS_INSTANCE_PORT", "80"}});
    EXPECT_THAT(
        Read(GetInstancesHealthStatus, absl::StrCat("service_id: '", service, "'")).status(),
        UnorderedElementsAre(Pair("i-1", v1::HEALTH_STATUS_UNKNOWN),
                             Pair("i-2", v1::HEALTH_STATUS_UNKNOWN)));
  }
}

TEST_F(HealthStatusQuery, OfListedInstancesGivesThoseAndOneUnknownIdIsInstanceNotFound) {
  const std::string service =
      Service(HttpNamespace("apps"), "web", "health_check_custom_config {}").id();
  for (const char* id : {"i-1", "i-2", "i-3"}) {
    Register(service, id);
  }
  const std::string request = absl::StrCat("service_id: '", service, "' ");
  EXPECT_THAT(
      Read(GetInstancesHealthStatus, request + "instances: 'i-3' instances: 'i-1'").status(),
      UnorderedElementsAre(Pair("i-1", v1::HEALTH_STATUS_HEALTHY),
                           Pair("i-3", v1::HEALTH_STATUS_HEALTHY)));
  EXPECT_EQ(TypeOf(TryRead(GetInstancesHealthStatus, request + "instances: 'i-1' instances: 'i-x'")
                       .status()),
            "InstanceNotFound");
  EXPECT_EQ(TypeOf(TryRead(GetInstancesHealthStatus, "service_id: 'srv-x'").status()),
            "ServiceNotFound");
}

}  // namespace
}  // namespace cloudmap::registry
