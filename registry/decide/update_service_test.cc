#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "registry/testing/service_fixture.h"

namespace cloudmap::registry {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class UpdateServiceTest : public ServiceTest {};

TEST_F(UpdateServiceTest, ChangesTtlsAndNamesItsTargets) {
  const std::string in = PrivateNamespace("corp");
  const std::string id = Service(in, "web", Records({"A", "AAAA"}, "WEIGHTED", 60)).id();
  const std::string operation =
      Start(UpdateService, Update(id, Records({"AAAA", "A"}, "", 5) + " description: 'd'"));
  EXPECT_EQ(GetOperation(operation).type(), v1::OPERATION_TYPE_UPDATE_SERVICE);
  EXPECT_THAT(GetOperation(operation).targets(),
              UnorderedElementsAre(Pair("SERVICE", id), Pair("NAMESPACE", in)));
  const v1::Service now_is = GetService(id);
  EXPECT_EQ(now_is.dns_config().dns_records(0).ttl(), 5);
  EXPECT_EQ(now_is.dns_config().routing_policy(), v1::ROUTING_POLICY_WEIGHTED);
  EXPECT_EQ(now_is.dns_config().namespace_id(), in);
  EXPECT_EQ(now_is.description(), "d");
}

TEST_F(UpdateServiceTest, OtherRecordTypesAreInvalidInput) {
  const std::string id = Service(PrivateNamespace("corp"), "web", Records({"A"})).id();
  EXPECT_EQ(Try(UpdateService, Update(id, Records({"AAAA"}))),
            "InvalidInput: The record types in the request must be the same as those present in "
            "the existing service. Records in the existing service are [A], but the records in the "
            "request are [AAAA]. The record types of a service cannot be changed.");
  EXPECT_EQ(TryType(UpdateService, Update(id, Records({"A", "AAAA"}))), "InvalidInput");
  EXPECT_EQ(GetService(id).dns_config().dns_records_size(), 1);
}

TEST_F(UpdateServiceTest, LeavingOutDnsConfigDeletesItAndOnlyTheSameTypesMayComeBack) {
  const std::string in = PrivateNamespace("corp");
  const std::string id = Service(in, "web", Records({"A"}, "WEIGHTED")).id();
  Start(UpdateService, Update(id, "description: 'd'"));
  EXPECT_EQ(GetService(id).dns_config().ByteSizeLong(), 0U);
  EXPECT_EQ(GetService(id).type(), v1::SERVICE_TYPE_HTTP);
  EXPECT_EQ(TryType(UpdateService, Update(id, Records({"AAAA"}))), "InvalidInput");
  Start(UpdateService, Update(id, Records({"A"}, "", 7)));
  EXPECT_EQ(GetService(id).dns_config().dns_records(0).ttl(), 7);
  EXPECT_EQ(GetService(id).dns_config().routing_policy(), v1::ROUTING_POLICY_WEIGHTED);
  EXPECT_EQ(GetService(id).type(), v1::SERVICE_TYPE_DNS_HTTP);
}

TEST_F(UpdateServiceTest, RecordsCannotBeAddedToAServiceMadeWithoutThem) {
  const std::string id = Service(PrivateNamespace("corp"), "web").id();
  EXPECT_EQ(TryType(UpdateService, Update(id, Records({"A"}))), "InvalidInput");
}

// moto keeps an omitted HealthCheckConfig.
TEST_F(UpdateServiceTest, LeavingOutHealthCheckConfigDeletesIt) {
  const std::string id =
      Service(PublicNamespace("a.com"), "web", Records({"A"}) + HealthCheck("HTTP")).id();
  Start(UpdateService, Update(id, Records({"A"})));
  EXPECT_FALSE(GetService(id).has_health_check_config());
  Start(UpdateService, Update(id, Records({"A"}) + HealthCheck("TCP")));
  EXPECT_EQ(GetService(id).health_check_config().type(), v1::HEALTH_CHECK_TYPE_TCP)
      << "may be added again";
}

TEST_F(UpdateServiceTest, HealthCheckTypeCannotChangeButPathAndThresholdCan) {
  const std::string id =
      Service(PublicNamespace("a.com"), "web", Records({"A"}) + HealthCheck("HTTP")).id();
  EXPECT_EQ(Try(UpdateService, Update(id, Records({"A"}) + HealthCheck("TCP"))),
            "InvalidInput: Type of health check cannot be changed");
  Start(UpdateService, Update(id, Records({"A"}) + HealthCheck("HTTP",
                                                               "resource_path: '/x' "
                                                               "failure_threshold: 3")));
  EXPECT_EQ(GetService(id).health_check_config().resource_path(), "/x");
  EXPECT_EQ(GetService(id).health_check_config().failure_threshold(), 3);
}

TEST_F(UpdateServiceTest, KeepsTheCustomHealthCheckAndForbidsAnotherBesideIt) {
  const std::string id = Service(PublicNamespace("a.com"), "web", Records({"A"}) + kCustom).id();
  Start(UpdateService, Update(id, Records({"A"})));
  EXPECT_TRUE(GetService(id).has_health_check_custom_config());
  EXPECT_EQ(TryType(UpdateService, Update(id, Records({"A"}) + HealthCheck("HTTP"))),
            "InvalidInput");
}

TEST_F(UpdateServiceTest, RulesOfHealthCheckConfigHoldAsAtCreation) {
  const std::string cname =
      Service(PublicNamespace("a.com"), "c", Records({"CNAME"}, "WEIGHTED")).id();
  EXPECT_EQ(Try(UpdateService, Update(cname, Records({"CNAME"}) + HealthCheck("HTTP"))),
            "InvalidInput: Health check config must not be used. Health checks are not supported "
            "for CNAME");
  const std::string priv = Service(PrivateNamespace("corp"), "p", Records({"A"})).id();
  options.aws_health_check_rules = true;
  EXPECT_EQ(Try(UpdateService, Update(priv, Records({"A"}) + HealthCheck("HTTP"))),
            "InvalidInput: Health check config cannot be applied to a service with private "
            "namespace");
}

TEST_F(UpdateServiceTest, DescriptionIsKeptWhenLeftOutAndClearedWhenEmpty) {
  const std::string id =
      Service(PrivateNamespace("corp"), "web", Records({"A"}) + " description: 'd'").id();
  Start(UpdateService, Update(id, Records({"A"})));
  EXPECT_EQ(GetService(id).description(), "d");
  Start(UpdateService, Update(id, Records({"A"}) + " description: ''"));
  EXPECT_FALSE(GetService(id).has_description());
}

TEST_F(UpdateServiceTest, InHttpNamespacesOnlyTheDescriptionChanges) {
  const std::string id = Service(HttpNamespace("apps"), "web", HealthCheck("TCP")).id();
  EXPECT_EQ(TryType(UpdateService, Update(id, HealthCheck("HTTP"))), "InvalidInput");
  EXPECT_EQ(TryType(UpdateService, Update(id, Records({"A"}))), "InvalidInput");
  Start(UpdateService, Update(id, HealthCheck("TCP") + " description: 'with the same check'"));
  EXPECT_EQ(GetService(id).description(), "with the same check");
  Start(UpdateService, Update(id, "description: 'd'"));
  EXPECT_EQ(GetService(id).description(), "d");
  EXPECT_TRUE(GetService(id).has_health_check_config()) << "not a replace there";
}

TEST_F(UpdateServiceTest, InHttpNamespacesNothingChangesAsOnAws) {
  const std::string id = Service(HttpNamespace("apps"), "web").id();
  options.aws_update_rules = true;
  EXPECT_EQ(Try(UpdateService, Update(id, "description: 'd'")),
            "InvalidInput: Services in an HTTP namespace cannot be updated.");
}

TEST_F(UpdateServiceTest, RecordsThatAnInstanceCannotHaveFailTheOperation) {
  const std::string in = PrivateNamespace("corp");
  const std::string srv = Service(in, "srv", Records({"SRV"})).id();
  const std::string a = Service(in, "a", Records({"A"})).id();
  for (const std::string& id : {srv, a}) {
    Start(UpdateService, Update(id, ""));
  }
  Register(srv, "a..b", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "80"}});
  Register(a, "i-1");
  const v1::Operation of_srv = GetOperation(Start(UpdateService, Update(srv, Records({"SRV"}))));
  EXPECT_EQ(of_srv.error_code(), "INVALID_CHANGE_BATCH");
  EXPECT_THAT(of_srv.error_message(), HasSubstr("a..b.srv.corp"));
  EXPECT_EQ(GetService(srv).dns_config().dns_records_size(), 0) << "nothing partial";
  const v1::Operation of_a = GetOperation(Start(UpdateService, Update(a, Records({"A"}))));
  EXPECT_EQ(of_a.status(), v1::OPERATION_STATUS_FAIL);
  EXPECT_THAT(of_a.error_message(), HasSubstr("Instance 'i-1': "));
  EXPECT_EQ(Try(DeregisterInstance, Instance(a, "i-1")), "OK");
  EXPECT_EQ(GetOperation(Start(UpdateService, Update(a, Records({"A"})))).status(),
            v1::OPERATION_STATUS_SUCCESS);
}

TEST_F(UpdateServiceTest, UnknownServiceIsServiceNotFound) {
  EXPECT_EQ(Try(UpdateService, Update("srv-x", "")), "ServiceNotFound: Service srv-x not found.");
}

TEST_F(UpdateServiceTest, OneAtATime) {
  const std::string id = Service(PrivateNamespace("corp"), "web", Records({"A"}, "", 60)).id();
  options.operation_delay = absl::Seconds(1);
  const std::string operation = Start(UpdateService, Update(id, Records({"A"}, "", 5)));
  EXPECT_EQ(Try(UpdateService, Update(id, Records({"A"}, "", 6))),
            absl::StrCat("DuplicateRequest: Another operation of type UpdateService and id ",
                         operation, " is in progress"));
  EXPECT_EQ(TryType(UpdateService, Update(id, Records({"AAAA"}))), "InvalidInput")
      << "rules before conflicts";
  EXPECT_EQ(GetService(id).dns_config().dns_records(0).ttl(), 60);
  Complete(operation);
  EXPECT_EQ(GetService(id).dns_config().dns_records(0).ttl(), 5);
}

class DeleteServiceTest : public ServiceTest {};

TEST_F(DeleteServiceTest, WithInstancesIsResourceInUse) {
  const std::string id = Service(HttpNamespace("apps"), "web").id();
  Register(id, "i-1");
  const std::string request = absl::StrCat("id: '", id, "'");
  EXPECT_EQ(Try(DeleteService, request),
            "ResourceInUse: Service contains registered instances; delete the instances before "
            "deleting the service");
  Start(DeregisterInstance, Instance(id, "i-1"));
  EXPECT_EQ(Try(DeleteService, request), "OK");
  EXPECT_EQ(TypeOf(TryRead(registry::GetService, request).status()), "ServiceNotFound");
}

TEST_F(DeleteServiceTest, WithUnfinishedOperationsIsResourceInUse) {
  const std::string id = Service(HttpNamespace("apps"), "web").id();
  const std::string request = absl::StrCat("id: '", id, "'");
  options.operation_delay = absl::Seconds(1);
  Complete([&] {
    std::string registration = Register(id, "i-1");
    EXPECT_EQ(TryType(DeleteService, request), "ResourceInUse") << "a registration is pending";
    return registration;
  }());
  const std::string deregistration = Start(DeregisterInstance, Instance(id, "i-1"));
  EXPECT_EQ(TryType(DeleteService, request), "ResourceInUse");
  Complete(deregistration);
  EXPECT_EQ(Try(DeleteService, request), "OK");
}

TEST_F(DeleteServiceTest, RemovesAttributesAndTags) {
  const std::string in = HttpNamespace("apps");
  const v1::Service made = Service(in, "web", "tags { key: 'k' value: 'v' }");
  EXPECT_EQ(Try(UpdateServiceAttributes,
                absl::StrCat("service_id: '", made.id(), "' attributes { key: 'a' value: 'b' }")),
            "OK");
  EXPECT_EQ(Try(DeleteService, absl::StrCat("id: '", made.id(), "'")), "OK");
  EXPECT_EQ(
      TypeOf(
          TryRead(ListTagsForResource, absl::StrCat("resource_arn: '", made.arn(), "'")).status()),
      "ResourceNotFoundException");
  Service(in, "web");
  EXPECT_EQ(Read(ListTagsForResource, absl::StrCat("resource_arn: '", made.arn(), "'")).tags_size(),
            0);
  EXPECT_TRUE(Read(GetServiceAttributes, absl::StrCat("service_id: '", made.id(), "'"))
                  .service_attributes()
                  .attributes()
                  .empty());
}

TEST_F(DeleteServiceTest, UnknownServiceIsServiceNotFound) {
  EXPECT_EQ(TryType(DeleteService, "id: 'srv-x'"), "ServiceNotFound");
}

}  // namespace
}  // namespace cloudmap::registry
