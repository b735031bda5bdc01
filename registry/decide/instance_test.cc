#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "registry/testing/instance_fixture.h"

namespace cloudmap::registry {
namespace {

using ::testing::Pair;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

class RegisterInstanceTest : public InstanceTest {};

TEST_F(RegisterInstanceTest, OperationNamesInstanceServiceAndNamespace) {
  const std::string service = HttpService();
  const std::string id = Register(service, "i-1", {{"stage", "beta"}});
  const v1::Operation operation = GetOperation(id);
  EXPECT_EQ(operation.type(), v1::OPERATION_TYPE_REGISTER_INSTANCE);
  EXPECT_EQ(operation.status(), v1::OPERATION_STATUS_SUCCESS);
  EXPECT_THAT(operation.targets(),
              UnorderedElementsAre(Pair("INSTANCE", "i-1"), Pair("SERVICE", service),
                                   Pair("NAMESPACE", GetService(service).namespace_id())));
  const std::string gone = Start(DeregisterInstance, Instance(service, "i-1"));
  EXPECT_EQ(gone.substr(0, 32), id.substr(0, 32)) << "one target, one prefix";
  EXPECT_EQ(GetOperation(gone).type(), v1::OPERATION_TYPE_DEREGISTER_INSTANCE);
  EXPECT_EQ(GetOperation(gone).targets().at("INSTANCE"), "i-1");
}

TEST_F(RegisterInstanceTest, GetInstanceGivesEverythingThatWasRegistered) {
  const std::string service = ServiceWith(absl::StrCat(kA, " health_check_custom_config {}"));
  Register(
      service, "i-1",
      {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INIT_HEALTH_STATUS", "UNHEALTHY"}, {"a", "b"}});
  const v1::GetInstanceResponse response = Read(GetInstance, Instance(service, "i-1"));
  EXPECT_EQ(response.resource_owner(), "000000000000");
  EXPECT_EQ(response.instance().id(), "i-1");
  EXPECT_EQ(response.instance().created_by_account(), "000000000000");
  EXPECT_FALSE(response.instance().creator_request_id().empty());
  EXPECT_THAT(response.instance().attributes(),
              UnorderedElementsAre(Pair("AWS_INSTANCE_IPV4", "10.0.0.1"),
                                   Pair("AWS_INIT_HEALTH_STATUS", "UNHEALTHY"), Pair("a", "b")));
  EXPECT_EQ(GetService(service).instance_count(), 1);
}

// moto appends a second copy.
TEST_F(RegisterInstanceTest, ASecondRegistrationReplacesTheFirst) {
  const std::string service = HttpService();
  Register(service, "i-1", {{"a", "1"}, {"b", "1"}});
  Register(service, "i-1", {{"a", "2"}});
  EXPECT_EQ(Read(ListInstances, absl::StrCat("service_id: '", service, "'")).instances_size(), 1);
  EXPECT_EQ(Discover("apps", "web").instances_size(), 1);
  EXPECT_EQ(GetService(service).instance_count(), 1);
  EXPECT_THAT(Get(service, "i-1").attributes(), UnorderedElementsAre(Pair("a", "2")));
}

TEST_F(RegisterInstanceTest, InstanceIdsAreCaseSensitiveAndOfOneService) {
  const std::string in = HttpNamespace("apps");
  const std::string a = Service(in, "a").id();
  const std::string b = Service(in, "b").id();
  Register(a, "i", {{"k", "1"}});
  Register(a, "I", {{"k", "2"}});
  Register(b, "i", {{"k", "3"}});
  EXPECT_EQ(Get(a, "i").attributes().at("k"), "1");
  EXPECT_EQ(Get(a, "I").attributes().at("k"), "2");
  EXPECT_EQ(Get(b, "i").attributes().at("k"), "3");
}

TEST_F(RegisterInstanceTest, UnknownServiceIsServiceNotFoundBeforeAnyRule) {
  EXPECT_EQ(TryRegister("srv-x", {{"AWS_X", "v"}}), "ServiceNotFound: Service srv-x not found.");
}

TEST_F(RegisterInstanceTest, ConstraintsComeBeforeLookup) {
  EXPECT_THAT(Try(RegisterInstance, "service_id: 'srv-x' instance_id: 'a b'"),
              StartsWith("InvalidInput: 1 validation error detected: Value 'a b' at 'instanceId'"));
}

TEST_F(RegisterInstanceTest, AServiceArnIsAsGoodAsItsId) {
  const std::string service = HttpService();
  EXPECT_EQ(TryRegister(GetService(service).arn(), {}), "OK");
  EXPECT_EQ(Get(GetService(service).arn(), "i-1").id(), "i-1");
}

TEST_F(RegisterInstanceTest, RevisionGrowsWithEveryRegistrationAndDeregistrationAndNeverShrinks) {
  const std::string service = HttpService();
  int64_t last = Revision("apps", "web");
  EXPECT_LT(last, int64_t{1} << 53);
  const auto expect_growth = [&] {
    EXPECT_GT(Revision("apps", "web"), last);
    last = Revision("apps", "web");
    EXPECT_EQ(Discover("apps", "web").instances_revision(), last);
  };
  Register(service, "i-1");
  expect_growth();
  Register(service, "i-2");
  expect_growth();
  Register(service, "i-2");
  expect_growth();
  Start(DeregisterInstance, Instance(service, "i-1"));
  expect_growth();
  Start(DeregisterInstance, Instance(service, "i-2"));
  expect_growth();
  EXPECT_EQ(Try(DeleteService, absl::StrCat("id: '", service, "'")), "OK");
  Service(GetNamespace(state.FindNamespaceByHttpName("apps")->record->id()).id(), "web");
  expect_growth();
}

TEST_F(RegisterInstanceTest, OtherServicesKeepTheirRevision) {
  const std::string in = HttpNamespace("apps");
  const std::string a = Service(in, "a").id();
  Service(in, "b");
  const int64_t before = Revision("apps", "b");
  Register(a, "i-1");
  EXPECT_EQ(Revision("apps", "b"), before);
}

TEST_F(RegisterInstanceTest, AnSrvHostNameThatDnsCannotHoldFailsTheOperation) {
  const std::string service = ServiceWith(kSrv);
  const Attributes attributes = {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "80"}};
  const int64_t revision = Revision("example.com", "web");
  for (const std::string& id : {std::string(64, 'a'), std::string("a..b"), std::string(".a")}) {
    const v1::Operation operation = GetOperation(Register(service, id, attributes));
    EXPECT_EQ(operation.status(), v1::OPERATION_STATUS_FAIL) << id;
    EXPECT_EQ(operation.error_code(), "INVALID_CHANGE_BATCH");
    EXPECT_FALSE(operation.error_message().empty());
    EXPECT_EQ(TypeOf(TryRead(GetInstance, Instance(service, id)).status()), "InstanceNotFound");
  }
  EXPECT_EQ(Revision("example.com", "web"), revision);
  EXPECT_EQ(GetOperation(Register(service, std::string(63, 'a'), attributes)).status(),
            v1::OPERATION_STATUS_SUCCESS);
}

TEST_F(RegisterInstanceTest, CnameAtTheApexFailsTheOperation) {
  const std::string service = ServiceWith(kCname, ".");
  const v1::Operation operation =
      GetOperation(Register(service, "i-1", {{"AWS_INSTANCE_CNAME", "example.org"}}));
  EXPECT_EQ(operation.status(), v1::OPERATION_STATUS_FAIL);
  EXPECT_EQ(operation.error_code(), "INVALID_CHANGE_BATCH");
}

TEST_F(RegisterInstanceTest, ARetryGetsTheEarlierOperationAndAnotherTokenUpdates) {
  const std::string service = HttpService();
  const std::string request = Registration(service, "i-1", {{"a", "1"}, {"b", "2"}});
  const std::string first = Start(RegisterInstance, request + " creator_request_id: 't1'");
  const int64_t revision = Revision("apps", "web");
  EXPECT_EQ(Start(RegisterInstance, request + " creator_request_id: 't1'"), first);
  EXPECT_EQ(Revision("apps", "web"), revision);
  EXPECT_NE(Start(RegisterInstance, request + " creator_request_id: 't2'"), first);
  EXPECT_GT(Revision("apps", "web"), revision);
  EXPECT_EQ(Get(service, "i-1").creator_request_id(), "t2");
}

TEST_F(RegisterInstanceTest, TheIdThatStandsForAMissingTokenIsNoToken) {
  const std::string service = HttpService();
  const std::string request = Registration(service, "i-1", {{"a", "1"}});
  const std::string first = Start(RegisterInstance, request);
  EXPECT_EQ(Get(service, "i-1").creator_request_id(), first);
  EXPECT_NE(Start(RegisterInstance, absl::StrCat(request, " creator_request_id: '", first, "'")),
            first);
}

TEST_F(RegisterInstanceTest, ATokenOfAnInstanceThatLeftRegistersItAgain) {
  const std::string service = HttpService();
  const std::string request =
      absl::StrCat(Registration(service, "i-1", {}), " creator_request_id: 't'");
  const std::string first = Start(RegisterInstance, request);
  Start(DeregisterInstance, Instance(service, "i-1"));
  EXPECT_NE(Start(RegisterInstance, request), first);
  EXPECT_EQ(Get(service, "i-1").id(), "i-1");
}

TEST_F(RegisterInstanceTest, OneTokenServesManyInstances) {
  const std::string service = HttpService();
  for (const char* id : {"i-1", "i-2"}) {
    Start(RegisterInstance,
          absl::StrCat(Registration(service, id, {}), " creator_request_id: 'x'"));
  }
  EXPECT_EQ(GetService(service).instance_count(), 2);
}

class PendingInstance : public InstanceTest {
 protected:
  PendingInstance() {
    service_ = HttpService();
    options.operation_delay = absl::Seconds(10);
  }
  std::string service_;
};

TEST_F(PendingInstance, IsNotFoundUntilItsOperationCompletes) {
  const int64_t revision = Revision("apps", "web");
  const std::string id = Register(service_, "i-1", {{"a", "b"}});
  EXPECT_EQ(GetOperation(id).status(), v1::OPERATION_STATUS_PENDING);
  EXPECT_EQ(TypeOf(TryRead(GetInstance, Instance(service_, "i-1")).status()), "InstanceNotFound");
  EXPECT_EQ(Revision("apps", "web"), revision);
  now += absl::Seconds(10);
  Complete(id);
  EXPECT_EQ(GetOperation(id).status(), v1::OPERATION_STATUS_SUCCESS);
  EXPECT_GT(Revision("apps", "web"), revision);
  EXPECT_EQ(Get(service_, "i-1").attributes().at("a"), "b");
}

TEST_F(PendingInstance, AnotherRegistrationOrADeregistrationIsADuplicateRequest) {
  const std::string id = Register(service_, "i-1");
  const auto again = Submit(RegisterInstance, Registration(service_, "i-1", {}));
  EXPECT_EQ(Describe(again.status()),
            absl::StrCat("DuplicateRequest: Another operation of type RegisterInstance and id ", id,
                         " is in progress"));
  EXPECT_EQ(DetailOf(again.status()).members().at("DuplicateOperationId"), id);
  EXPECT_EQ(TryType(DeregisterInstance, Instance(service_, "i-1")), "DuplicateRequest");
  EXPECT_EQ(Try(RegisterInstance, Registration(service_, "i-2", {})), "OK");
  EXPECT_EQ(TryRegister(service_, {{"AWS_X", ""}}).substr(0, 12), "InvalidInput")
      << "rules before conflicts";
}

TEST_F(PendingInstance, ARetryGetsTheSameOperation) {
  const std::string request =
      absl::StrCat(Registration(service_, "i-1", {}), " creator_request_id: 't'");
  const std::string id = Start(RegisterInstance, request);
  EXPECT_EQ(Start(RegisterInstance, request), id);
}

TEST_F(PendingInstance, ARetryOfWhatIsInForceIsOneWhateverIsPending) {
  const std::string first = absl::StrCat(Registration(service_, "i-1", {{"a", "1"}, {"b", "2"}}),
                                         " creator_request_id: 't1'");
  const std::string id = Start(RegisterInstance, first);
  Complete(id);
  const std::string second =
      absl::StrCat(Registration(service_, "i-1", {{"a", "3"}}), " creator_request_id: 't2'");
  const std::string pending = Start(RegisterInstance, second);
  EXPECT_EQ(Start(RegisterInstance, first), id);
  EXPECT_EQ(Start(RegisterInstance, second), pending);
  Complete(pending);
  EXPECT_NE(Start(RegisterInstance, first), id) << "no longer in force";
}

TEST_F(PendingInstance, DeregistrationTakesEffectWhenItCompletes) {
  Complete(Register(service_, "i-1"));
  const std::string id = Start(DeregisterInstance, Instance(service_, "i-1"));
  EXPECT_EQ(Get(service_, "i-1").id(), "i-1");
  EXPECT_EQ(Try(DeregisterInstance, Instance(service_, "i-1")),
            absl::StrCat("DuplicateRequest: Another operation of type DeregisterInstance and id ",
                         id, " is in progress"));
  Complete(id);
  EXPECT_EQ(TryType(DeregisterInstance, Instance(service_, "i-1")), "InstanceNotFound");
}

TEST_F(PendingInstance, OperationsOfOneInstanceFollowEachOther) {
  for (int i = 0; i < 3; ++i) {
    Complete(Register(service_, "i-1", {{"n", absl::StrCat(i)}}));
    EXPECT_EQ(Get(service_, "i-1").attributes().at("n"), absl::StrCat(i));
    Complete(Start(DeregisterInstance, Instance(service_, "i-1")));
  }
  EXPECT_EQ(GetService(service_).instance_count(), 0);
}

class DeregisterInstanceTest : public InstanceTest {};

TEST_F(DeregisterInstanceTest, UnknownInstanceIsInstanceNotFound) {
  const std::string service = HttpService();
  EXPECT_EQ(Try(DeregisterInstance, Instance(service, "i-x")),
            absl::StrCat("InstanceNotFound: Instance i-x not found in service ", service, "."));
  EXPECT_EQ(TryType(DeregisterInstance, Instance("srv-x", "i-x")), "ServiceNotFound");
}

class InstanceQuotas : public InstanceTest {
 protected:
  void Fill(const std::string& service, size_t count) {
    Mutation mutation;
    for (size_t i = 0; i < count; ++i) {
      InstanceRecord record;
      record.set_service_id(service);
      record.set_id(absl::StrCat("i-", i));
      mutation.Put(std::move(record));
    }
    state = Apply(state, mutation.changes(), state.revision() + 1);
  }
};

TEST_F(InstanceQuotas, AThousandPerServiceOnlyUnderAwsQuotas) {
  const std::string service = HttpService();
  Fill(service, 1000);
  const std::string one_more = Registration(service, "one-more", {});
  options.aws_quotas = true;
  EXPECT_EQ(TryType(RegisterInstance, one_more), "ResourceLimitExceeded");
  EXPECT_EQ(Try(RegisterInstance, Registration(service, "i-0", {{"a", "b"}})), "OK")
      << "an update adds nothing";
  EXPECT_THAT(Try(RegisterInstance, Registration(service, "one-more", {{"AWS_X", ""}})),
              StartsWith("InvalidInput"))
      << "rules before quotas";
  options.aws_quotas = false;
  EXPECT_EQ(Try(RegisterInstance, one_more), "OK");
}

TEST_F(InstanceQuotas, PendingRegistrationsCount) {
  const std::string service = HttpService();
  Fill(service, 999);
  options.aws_quotas = true;
  options.operation_delay = absl::Seconds(1);
  const std::string pending = Start(RegisterInstance, Registration(service, "the-1000th", {}));
  const std::string one_more = Registration(service, "one-more", {});
  EXPECT_EQ(TryType(RegisterInstance, one_more), "ResourceLimitExceeded");
  EXPECT_EQ(Try(RegisterInstance, Registration(service, "i-0", {{"a", "b"}})), "OK")
      << "an update adds nothing";
  Complete(pending);
  EXPECT_EQ(TryType(RegisterInstance, one_more), "ResourceLimitExceeded");
}

TEST_F(InstanceQuotas, TwoThousandPerNamespace) {
  const std::string in = HttpNamespace("apps");
  const std::string a = Service(in, "a").id();
  const std::string b = Service(in, "b").id();
  const std::string c = Service(in, "c").id();
  Fill(a, 1000);
  Fill(b, 999);
  options.aws_quotas = true;
  EXPECT_EQ(Try(RegisterInstance, Registration(c, "x", {})), "OK");
  EXPECT_EQ(TryType(RegisterInstance, Registration(c, "y", {})), "ResourceLimitExceeded");
  Start(DeregisterInstance, Instance(a, "i-0"));
  EXPECT_EQ(Try(RegisterInstance, Registration(c, "y", {})), "OK");
}

}  // namespace
}  // namespace cloudmap::registry
