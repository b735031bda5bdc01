#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "registry/testing/rules_harness.h"

namespace cloudmap::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Pair;
using ::testing::StartsWith;

class CreateNamespace : public RulesTest {};

TEST_F(CreateNamespace, HttpOperationSucceedsAndNamesTheNamespace) {
  const std::string id = Start(CreateHttpNamespace, "name: 'apps' creator_request_id: 'r-1'");
  const v1::Operation operation = GetOperation(id);
  EXPECT_EQ(operation.id(), id);
  EXPECT_THAT(id, MatchesRegex("[a-z2-7]{32}-k9302yzd"));
  EXPECT_EQ(operation.type(), v1::OPERATION_TYPE_CREATE_NAMESPACE);
  EXPECT_EQ(operation.status(), v1::OPERATION_STATUS_SUCCESS);
  EXPECT_EQ(operation.owner_account(), "000000000000");
  EXPECT_FALSE(operation.has_error_code());
  EXPECT_FALSE(operation.has_error_message());
  EXPECT_EQ(operation.create_date().seconds(), 1587055860);
  EXPECT_EQ(operation.create_date().nanos(), 121'000'000);
  EXPECT_THAT(operation.targets(), ElementsAre(Pair("NAMESPACE", MatchesRegex("ns-[a-z2-7]{16}"))));
}

TEST_F(CreateNamespace, HttpHasNoHostedZoneButEmptyDnsProperties) {
  const std::string id = HttpNamespace("apps");
  const v1::Namespace made = GetNamespace(id);
  EXPECT_EQ(made.arn(), "arn:aws:servicediscovery:us-east-1:000000000000:namespace/" + id);
  EXPECT_EQ(made.resource_owner(), "000000000000");
  EXPECT_EQ(made.type(), v1::NAMESPACE_TYPE_HTTP);
  EXPECT_EQ(made.name(), "apps");
  EXPECT_FALSE(made.has_description());
  EXPECT_EQ(made.service_count(), 0);
  EXPECT_TRUE(made.properties().has_dns_properties());
  EXPECT_TRUE(made.properties().dns_properties().has_soa());
  EXPECT_FALSE(made.properties().dns_properties().soa().has_ttl());
  EXPECT_FALSE(made.properties().dns_properties().has_hosted_zone_id());
  EXPECT_EQ(made.properties().http_properties().http_name(), "apps");
  EXPECT_FALSE(made.creator_request_id().empty());
}

TEST_F(CreateNamespace, DnsHasAHostedZoneAndTheSoaTtlOfItsTypeUnlessGiven) {
  for (const auto& [id, ttl] :
       {std::pair(PrivateNamespace("local"), 15), std::pair(PublicNamespace("example.com"), 60)}) {
    const v1::DnsProperties dns = GetNamespace(id).properties().dns_properties();
    EXPECT_THAT(dns.hosted_zone_id(), MatchesRegex("Z[A-Z0-9]{20}"));
    EXPECT_EQ(dns.soa().ttl(), ttl);
  }
  const std::string soa = "properties { dns_properties { soa { ttl: 30 } } }";
  const std::string given = NamespaceOf(
      Start(CreatePrivateDnsNamespace, "name: 'corp.test' vpc: 'vpc-1' description: 'd' " + soa));
  EXPECT_EQ(GetNamespace(given).properties().dns_properties().soa().ttl(), 30);
  EXPECT_EQ(GetNamespace(given).description(), "d");
  EXPECT_EQ(GetNamespace(given).type(), v1::NAMESPACE_TYPE_DNS_PRIVATE);
  const std::string zero =
      NamespaceOf(Start(CreatePublicDnsNamespace,
                        "name: 'zero.com' properties { dns_properties { soa { ttl: 0 } } }"));
  EXPECT_EQ(GetNamespace(zero).properties().dns_properties().soa().ttl(), 0);
}

TEST_F(CreateNamespace, APrivateNameThatDnsCannotHoldIsInvalidInput) {
  for (const char* name : {"a..b", ".a", "a.."}) {
    EXPECT_EQ(TryType(CreatePrivateDnsNamespace, absl::StrCat("name: '", name, "' vpc: 'v'")),
              "InvalidInput")
        << name;
  }
  EXPECT_EQ(Try(CreateHttpNamespace, "name: 'a..b'"), "OK");
}

TEST_F(CreateNamespace, ASecondHttpOneOfANameAlreadyExistsWithItsMembers) {
  const std::string operation = Start(CreateHttpNamespace, "name: 'apps' creator_request_id: 'a'");
  const auto again = Submit(CreateHttpNamespace, "name: 'apps' creator_request_id: 'b'");
  EXPECT_EQ(Describe(again.status()),
            absl::StrCat("NamespaceAlreadyExists: Another operation of type CreateHttpNamespace "
                         "and id ",
                         operation, " has completed"));
  EXPECT_THAT(DetailOf(again.status()).members(),
              ::testing::UnorderedElementsAre(Pair("CreatorRequestId", "a"),
                                              Pair("NamespaceId", NamespaceOf(operation))));
}

TEST_F(CreateNamespace, TheTrailingDotOfADnsNameIsDropped) {
  const std::string id = PrivateNamespace("services.example.org.", "vpc-1");
  EXPECT_EQ(GetNamespace(id).name(), "services.example.org");
  EXPECT_EQ(GetNamespace(id).properties().http_properties().http_name(), "services.example.org");
  EXPECT_EQ(TryType(CreatePublicDnsNamespace, "name: 'example.com.'"), "InvalidInput")
      << "AWS's pattern for public names";
  EXPECT_EQ(
      GetOperation(Start(CreatePrivateDnsNamespace, "name: 'services.example.org' vpc: 'vpc-1'"))
          .error_code(),
      "CANNOT_CREATE_HOSTED_ZONE");
  EXPECT_EQ(GetNamespace(HttpNamespace("apps.")).name(), "apps.") << "an HTTP name is any text";
}

TEST_F(CreateNamespace, HttpNamesCompareWithCase) {
  HttpNamespace("apps");
  EXPECT_EQ(Try(CreateHttpNamespace, "name: 'Apps'"), "OK");
}

TEST_F(CreateNamespace, ASecondPublicOneOfANameAlreadyExistsWhateverTheCase) {
  PublicNamespace("example.com");
  EXPECT_EQ(TryType(CreatePublicDnsNamespace, "name: 'Example.COM'"), "NamespaceAlreadyExists");
}

TEST_F(CreateNamespace, SameNameAndVpcFailsAsAnOperationLikeRoute53) {
  PrivateNamespace("corp.test", "vpc-1");
  const std::string id = Start(CreatePrivateDnsNamespace, "name: 'corp.test' vpc: 'vpc-1'");
  const v1::Operation operation = GetOperation(id);
  EXPECT_EQ(operation.status(), v1::OPERATION_STATUS_FAIL);
  EXPECT_EQ(operation.error_code(), "CANNOT_CREATE_HOSTED_ZONE");
  EXPECT_EQ(operation.error_message(),
            absl::StrCat("The VPC that you chose, vpc-1 in region us-east-1, is already associated "
                         "with another private hosted zone that has an overlapping name space, "
                         "corp.test.. (Service: AmazonRoute53; Status Code: 400; Error Code: "
                         "ConflictingDomainExists; Request ID: ",
                         id, ")"));
  EXPECT_EQ(TypeOf(TryRead(registry::GetNamespace,
                           absl::StrCat("id: '", operation.targets().at("NAMESPACE"), "'"))
                       .status()),
            "NamespaceNotFound");
}

// moto refuses any second namespace of a VPC.
TEST_F(CreateNamespace, OtherNamesInOneVpcAreFine) {
  PrivateNamespace("corp.test", "vpc-1");
  PrivateNamespace("other.test", "vpc-1");
  PrivateNamespace("sub.corp.test", "vpc-1");
  PrivateNamespace("test", "vpc-1");
  EXPECT_EQ(state.namespaces().size(), 4U);
}

TEST_F(CreateNamespace, ATakenHttpNameGetsASuffix) {
  const std::string first = PrivateNamespace("corp.test", "vpc-1");
  const std::string second = PrivateNamespace("corp.test", "vpc-2");
  const std::string http = HttpNamespace("corp.test");
  const std::string pub = PublicNamespace("corp.test");
  const auto http_name = [this](const std::string& id) {
    return GetNamespace(id).properties().http_properties().http_name();
  };
  EXPECT_EQ(http_name(first), "corp.test");
  for (const std::string& id : {second, http, pub}) {
    EXPECT_THAT(http_name(id), MatchesRegex("corp.test-[a-z2-7]{16}"));
    EXPECT_THAT(http_name(id), ::testing::Not(HasSubstr(id.substr(3))));
    EXPECT_EQ(GetNamespace(id).name(), "corp.test");
  }
  EXPECT_NE(http_name(second), http_name(pub));
}

TEST_F(CreateNamespace, ANameIsFreeAgainAfterDeletion) {
  const std::string id = HttpNamespace("apps");
  Start(DeleteNamespace, absl::StrCat("id: '", id, "'"));
  const std::string again = HttpNamespace("apps");
  EXPECT_EQ(GetNamespace(again).properties().http_properties().http_name(), "apps");
}

TEST_F(CreateNamespace, The51stIsOverTheQuotaOnlyUnderAwsQuotas) {
  options.aws_quotas = true;
  for (int i = 0; i < 50; ++i) {
    HttpNamespace(absl::StrCat("ns", i));
  }
  EXPECT_EQ(TryType(CreateHttpNamespace, "name: 'one-more'"), "ResourceLimitExceeded");
  EXPECT_EQ(TryType(CreateHttpNamespace, "name: 'ns0'"), "ResourceLimitExceeded")
      << "quota before conflict";
  options.aws_quotas = false;
  EXPECT_EQ(Try(CreateHttpNamespace, "name: 'one-more'"), "OK");
}

TEST_F(CreateNamespace, PendingOnesCountForTheQuota) {
  options.aws_quotas = true;
  options.operation_delay = absl::Seconds(1);
  for (int i = 0; i < 50; ++i) {
    Start(CreateHttpNamespace, absl::StrCat("name: 'ns", i, "'"));
  }
  EXPECT_EQ(TryType(CreateHttpNamespace, "name: 'one-more'"), "ResourceLimitExceeded");
}

class NamespaceTokens : public RulesTest {};

TEST_F(NamespaceTokens, ARetryGetsTheSameOperation) {
  const std::string request = "name: 'apps' description: 'd' creator_request_id: 't'";
  const std::string id = Start(CreateHttpNamespace, request);
  now += absl::Seconds(5);
  const int64_t revision = state.revision();
  EXPECT_EQ(Start(CreateHttpNamespace, request), id);
  EXPECT_EQ(state.revision(), revision) << "nothing is written";
}

TEST_F(NamespaceTokens, OtherParametersUnderOneTokenAreAsWithoutAToken) {
  const std::string operation = Start(CreateHttpNamespace, "name: 'apps' creator_request_id: 't'");
  const auto other =
      Submit(CreateHttpNamespace, "name: 'apps' description: 'd' creator_request_id: 't'");
  EXPECT_EQ(TypeOf(other.status()), "NamespaceAlreadyExists");
  EXPECT_EQ(DetailOf(other.status()).members().at("NamespaceId"), NamespaceOf(operation));
}

TEST_F(NamespaceTokens, ATokenBelongsToOneNameAndVpc) {
  const std::string token = " creator_request_id: 't'";
  const auto create = [&](const char* name, const char* vpc) {
    return Start(CreatePrivateDnsNamespace,
                 absl::StrCat("name: '", name, "' vpc: '", vpc, "'", token));
  };
  const std::string apps = create("apps.test", "vpc-1");
  const std::string others = create("others.test", "vpc-1");
  const std::string elsewhere = create("apps.test", "vpc-2");
  for (const std::string& operation : {apps, others, elsewhere}) {
    EXPECT_EQ(GetOperation(operation).status(), v1::OPERATION_STATUS_SUCCESS);
  }
  EXPECT_EQ(GetNamespace(NamespaceOf(others)).name(), "others.test");
  EXPECT_EQ(create("apps.test", "vpc-1"), apps) << "each name's retry finds its own";
  EXPECT_EQ(create("others.test", "vpc-1"), others);
  EXPECT_EQ(create("apps.test", "vpc-2"), elsewhere);
}

TEST_F(NamespaceTokens, ARetryMayWriteTheTrailingDotOrNot) {
  const auto create = [this](const char* name) {
    return Start(CreatePrivateDnsNamespace,
                 absl::StrCat("name: '", name, "' vpc: 'vpc-1' creator_request_id: 't'"));
  };
  const std::string dotted = create("services.example.org.");
  EXPECT_EQ(create("services.example.org"), dotted);
  EXPECT_EQ(create("services.example.org."), dotted);
  options.operation_delay = absl::Seconds(30);
  const std::string pending = create("other.example.org");
  EXPECT_EQ(create("other.example.org."), pending);
  Complete(pending);
  EXPECT_EQ(create("other.example.org."), pending);
}

TEST_F(NamespaceTokens, AreOfOneMethod) {
  Start(CreateHttpNamespace, "name: 'corp.test' creator_request_id: 't'");
  EXPECT_EQ(Try(CreatePublicDnsNamespace, "name: 'corp.test' creator_request_id: 't'"), "OK");
}

TEST_F(NamespaceTokens, ATokenIsFreeOnceItsNamespaceIsGone) {
  const std::string first = Start(CreateHttpNamespace, "name: 'apps' creator_request_id: 't'");
  Start(DeleteNamespace, absl::StrCat("id: '", NamespaceOf(first), "'"));
  EXPECT_NE(Start(CreateHttpNamespace, "name: 'apps' creator_request_id: 't'"), first);
}

class PendingNamespace : public RulesTest {
 protected:
  PendingNamespace() { options.operation_delay = absl::Seconds(30); }
};

TEST_F(PendingNamespace, IsInvisibleUntilItsOperationCompletes) {
  const std::string id = Start(CreateHttpNamespace, "name: 'apps'");
  const v1::Operation pending = GetOperation(id);
  EXPECT_EQ(pending.status(), v1::OPERATION_STATUS_PENDING);
  const std::string namespace_id = pending.targets().at("NAMESPACE");
  const std::string request = absl::StrCat("id: '", namespace_id, "'");
  EXPECT_EQ(TypeOf(TryRead(registry::GetNamespace, request).status()), "NamespaceNotFound");
  EXPECT_EQ(Read(ListNamespaces, "").namespaces_size(), 0);
  now += absl::Seconds(30);
  Complete(id);
  const v1::Operation done = GetOperation(id);
  EXPECT_EQ(done.status(), v1::OPERATION_STATUS_SUCCESS);
  EXPECT_EQ(done.update_date().seconds(), done.create_date().seconds() + 30);
  EXPECT_EQ(GetNamespace(namespace_id).name(), "apps");
}

TEST_F(PendingNamespace, ASecondCreationIsADuplicateRequest) {
  const std::string id = Start(CreateHttpNamespace, "name: 'apps' creator_request_id: 'a'");
  const auto again = Submit(CreateHttpNamespace, "name: 'apps' creator_request_id: 'b'");
  EXPECT_EQ(Describe(again.status()),
            absl::StrCat("DuplicateRequest: Another operation of type CreateHttpNamespace and id ",
                         id, " is in progress"));
  EXPECT_THAT(DetailOf(again.status()).members(), ElementsAre(Pair("DuplicateOperationId", id)));
}

TEST_F(PendingNamespace, ARetryGetsTheSameOperation) {
  const std::string id = Start(CreateHttpNamespace, "name: 'apps' creator_request_id: 'a'");
  EXPECT_EQ(Start(CreateHttpNamespace, "name: 'apps' creator_request_id: 'a'"), id);
  EXPECT_EQ(TryType(CreateHttpNamespace, "name: 'apps' description: 'd' creator_request_id: 'a'"),
            "DuplicateRequest");
  EXPECT_EQ(Try(CreateHttpNamespace, "name: 'other' creator_request_id: 'a'"), "OK");
}

TEST_F(PendingNamespace, PrivateOnesOfOtherVpcsDoNotWait) {
  Start(CreatePrivateDnsNamespace, "name: 'corp' vpc: 'vpc-1'");
  EXPECT_EQ(Try(CreatePrivateDnsNamespace, "name: 'corp' vpc: 'vpc-2'"), "OK");
  EXPECT_EQ(TryType(CreatePrivateDnsNamespace, "name: 'corp' vpc: 'vpc-1'"), "DuplicateRequest");
}

TEST_F(PendingNamespace, TwoOfOneHttpNameAreToldApartWhenTheyComplete) {
  const std::string a = Start(CreateHttpNamespace, "name: 'corp'");
  const std::string b = Start(CreatePrivateDnsNamespace, "name: 'corp' vpc: 'vpc-1'");
  Complete(b);
  Complete(a);
  const auto http_name = [this](const std::string& operation) {
    return GetNamespace(NamespaceOf(operation)).properties().http_properties().http_name();
  };
  EXPECT_EQ(http_name(b), "corp");
  EXPECT_THAT(http_name(a), StartsWith("corp-"));
}

TEST_F(PendingNamespace, CompletingTwiceChangesNothing) {
  const std::string id = Start(CreateHttpNamespace, "name: 'apps'");
  Complete(id);
  const int64_t revision = state.revision();
  Complete(id);
  Complete("no-such-operation");
  EXPECT_EQ(state.revision(), revision);
}

TEST_F(PendingNamespace, DeletionLocksTheNamespace) {
  options.operation_delay = absl::ZeroDuration();
  const std::string id = HttpNamespace("apps");
  options.operation_delay = absl::Seconds(30);
  const std::string request = absl::StrCat("id: '", id, "'");
  const std::string operation = Start(DeleteNamespace, request);
  EXPECT_EQ(Try(DeleteNamespace, request),
            absl::StrCat("DuplicateRequest: Another operation of type DeleteNamespace and id ",
                         operation, " is in progress"));
  EXPECT_EQ(TryType(UpdateHttpNamespace, request + " namespace { description: 'd' }"),
            "DuplicateRequest");
  EXPECT_EQ(GetNamespace(id).name(), "apps") << "there until the operation completes";
  EXPECT_EQ(TryType(CreateService, absl::StrCat("name: 'web' namespace_id: '", id, "'")),
            "NamespaceNotFound");
  Complete(operation);
  EXPECT_EQ(TypeOf(TryRead(registry::GetNamespace, request).status()), "NamespaceNotFound");
  EXPECT_EQ(GetOperation(operation).status(), v1::OPERATION_STATUS_SUCCESS);
}

class UpdateNamespace : public RulesTest {};

TEST_F(UpdateNamespace, ChangesDescriptionAndSoaTtlAlone) {
  const std::string id = PrivateNamespace("corp.test");
  const std::string operation =
      Start(UpdatePrivateDnsNamespace,
            absl::StrCat("id: '", id,
                         "' namespace { description: 'd' properties { dns_properties "
                         "{ soa { ttl: 60 } } } }"));
  EXPECT_EQ(GetOperation(operation).type(), v1::OPERATION_TYPE_UPDATE_NAMESPACE);
  EXPECT_THAT(GetOperation(operation).targets(), ElementsAre(Pair("NAMESPACE", id)));
  EXPECT_EQ(GetNamespace(id).description(), "d");
  EXPECT_EQ(GetNamespace(id).properties().dns_properties().soa().ttl(), 60);
  EXPECT_EQ(GetNamespace(id).name(), "corp.test");
}

TEST_F(UpdateNamespace, KeepsWhatIsLeftOutAndClearsAnEmptyDescription) {
  const std::string id =
      NamespaceOf(Start(CreatePublicDnsNamespace,
                        "name: 'a.com' description: 'd' properties { dns_properties { soa { ttl: "
                        "60 } } }"));
  Start(UpdatePublicDnsNamespace, absl::StrCat("id: '", id, "' namespace {}"));
  EXPECT_EQ(GetNamespace(id).description(), "d");
  EXPECT_EQ(GetNamespace(id).properties().dns_properties().soa().ttl(), 60);
  Start(UpdatePublicDnsNamespace, absl::StrCat("id: '", id, "' namespace { description: '' }"));
  EXPECT_FALSE(GetNamespace(id).has_description());
  EXPECT_EQ(GetNamespace(id).properties().dns_properties().soa().ttl(), 60);
}

TEST_F(UpdateNamespace, OfTheWrongTypeIsInvalidInput) {
  const std::string http = HttpNamespace("apps");
  const std::string priv = PrivateNamespace("corp.test");
  EXPECT_EQ(TryType(UpdatePrivateDnsNamespace, absl::StrCat("id: '", http, "' namespace {}")),
            "InvalidInput");
  EXPECT_EQ(TryType(UpdatePublicDnsNamespace, absl::StrCat("id: '", priv, "' namespace {}")),
            "InvalidInput");
  EXPECT_EQ(
      TryType(UpdateHttpNamespace, absl::StrCat("id: '", priv, "' namespace { description: '' }")),
      "InvalidInput");
}

TEST_F(UpdateNamespace, UnknownIdIsNamespaceNotFound) {
  EXPECT_EQ(TryType(UpdateHttpNamespace, "id: 'ns-x' namespace { description: '' }"),
            "NamespaceNotFound");
}

TEST_F(UpdateNamespace, ARetryDoesNotActTwice) {
  const std::string id = HttpNamespace("apps");
  const auto update = [&](const char* description, const char* token) {
    return absl::StrCat("id: '", id, "' namespace { description: '", description,
                        "' } updater_request_id: '", token, "'");
  };
  const std::string first = Start(UpdateHttpNamespace, update("a", "t1"));
  Start(UpdateHttpNamespace, update("b", "t2"));
  EXPECT_EQ(Start(UpdateHttpNamespace, update("a", "t1")), first);
  EXPECT_EQ(GetNamespace(id).description(), "b");
}

TEST_F(UpdateNamespace, OtherParametersUnderOneTokenAreADuplicateRequest) {
  const std::string id = HttpNamespace("apps");
  const std::string rest = absl::StrCat("id: '", id, "' updater_request_id: 't' ");
  const std::string first = Start(UpdateHttpNamespace, rest + "namespace { description: 'a' }");
  const auto other = Submit(UpdateHttpNamespace, rest + "namespace { description: 'b' }");
  EXPECT_EQ(TypeOf(other.status()), "DuplicateRequest");
  EXPECT_EQ(DetailOf(other.status()).members().at("DuplicateOperationId"), first);
  EXPECT_EQ(GetNamespace(id).description(), "a");
}

TEST_F(UpdateNamespace, OneAtATime) {
  const std::string id = HttpNamespace("apps");
  options.operation_delay = absl::Seconds(1);
  const std::string request = absl::StrCat("id: '", id, "' namespace { description: 'd' }");
  const std::string operation = Start(UpdateHttpNamespace, request);
  EXPECT_EQ(Try(UpdateHttpNamespace, request),
            absl::StrCat("DuplicateRequest: Another operation of type UpdateHttpNamespace and id ",
                         operation, " is in progress"));
  EXPECT_FALSE(GetNamespace(id).has_description());
  Complete(operation);
  EXPECT_EQ(GetNamespace(id).description(), "d");
  EXPECT_EQ(Try(UpdateHttpNamespace, request), "OK");
}

class DeleteNamespaceTest : public RulesTest {};

TEST_F(DeleteNamespaceTest, WithServicesIsResourceInUse) {
  const std::string id = HttpNamespace("apps");
  const std::string service = Service(id, "web").id();
  const std::string request = absl::StrCat("id: '", id, "'");
  EXPECT_EQ(Try(DeleteNamespace, request),
            "ResourceInUse: Namespace has associated services; delete the services before deleting "
            "the namespace");
  EXPECT_EQ(Try(DeleteService, absl::StrCat("id: '", service, "'")), "OK");
  EXPECT_EQ(Try(DeleteNamespace, request), "OK");
}

TEST_F(DeleteNamespaceTest, WithServicesIsResourceInUseEvenDuringAnUpdate) {
  const std::string id = HttpNamespace("apps");
  Service(id, "web");
  options.operation_delay = absl::Seconds(1);
  Start(UpdateHttpNamespace, absl::StrCat("id: '", id, "' namespace { description: 'd' }"));
  EXPECT_EQ(TryType(DeleteNamespace, absl::StrCat("id: '", id, "'")), "ResourceInUse");
}

TEST_F(DeleteNamespaceTest, OperationSharesItsPrefixWithTheCreation) {
  const std::string create = Start(CreateHttpNamespace, "name: 'apps'");
  const std::string id = NamespaceOf(create);
  const std::string remove = Start(DeleteNamespace, absl::StrCat("id: '", id, "'"));
  EXPECT_NE(create, remove) << "two operations of one millisecond";
  EXPECT_EQ(create.substr(0, 32), remove.substr(0, 32));
  EXPECT_EQ(GetOperation(remove).type(), v1::OPERATION_TYPE_DELETE_NAMESPACE);
  EXPECT_THAT(GetOperation(remove).targets(), ElementsAre(Pair("NAMESPACE", id)));
}

TEST_F(DeleteNamespaceTest, UnknownIdIsNamespaceNotFound) {
  EXPECT_EQ(Try(DeleteNamespace, "id: 'ns-x'"), "NamespaceNotFound: Namespace ns-x not found.");
}

TEST_F(DeleteNamespaceTest, ArnsAreAsGoodAsIds) {
  const std::string id = HttpNamespace("apps");
  const std::string arn = GetNamespace(id).arn();
  EXPECT_EQ(GetNamespace(arn).id(), id);
  EXPECT_EQ(Try(UpdateHttpNamespace, absl::StrCat("id: '", arn, "' namespace { description: '' }")),
            "OK");
  EXPECT_EQ(Service(arn, "web").namespace_id(), id);
  EXPECT_EQ(TryType(DeleteNamespace,
                    "id: 'arn:aws:servicediscovery:us-east-1:111122223333:namespace/" + id + "'"),
            "NamespaceNotFound")
      << "another account's";
  EXPECT_EQ(TryType(DeleteNamespace, absl::StrCat("id: '", arn, "'")), "ResourceInUse");
}

}  // namespace
}  // namespace cloudmap::registry
