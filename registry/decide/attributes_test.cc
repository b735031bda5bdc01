#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "registry/testing/rules_harness.h"

namespace cloudmap::registry {
namespace {

using ::testing::Pair;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

class ServiceAttributesTest : public RulesTest {
 protected:
  ServiceAttributesTest() { service_ = Service(HttpNamespace("apps"), "web").id(); }
  std::string Update(const Attributes& attributes) {
    return absl::StrCat("service_id: '", service_, "'", MapText("attributes", attributes));
  }
  Attributes Get() {
    const auto response = Read(GetServiceAttributes, absl::StrCat("service_id: '", service_, "'"));
    EXPECT_EQ(response.service_attributes().service_arn(), GetService(service_).arn());
    EXPECT_EQ(response.service_attributes().resource_owner(), "000000000000");
    const auto& map = response.service_attributes().attributes();
    return {map.begin(), map.end()};
  }
  static Attributes Numbered(int first, int count) {
    Attributes attributes;
    for (int i = first; i < first + count; ++i) {
      attributes[absl::StrCat("k", i)] = "v";
    }
    return attributes;
  }
  std::string service_;
};

TEST_F(ServiceAttributesTest, NoneIsAnEmptyMap) { EXPECT_TRUE(Get().empty()); }

TEST_F(ServiceAttributesTest, UpdateMergesAndOverwrites) {
  EXPECT_EQ(Try(UpdateServiceAttributes, Update({{"a", "1"}, {"b c", ""}})), "OK");
  EXPECT_EQ(Try(UpdateServiceAttributes, Update({{"a", "2"}, {"d", "3"}})), "OK");
  EXPECT_EQ(Get(), (Attributes{{"a", "2"}, {"b c", ""}, {"d", "3"}}));
}

TEST_F(ServiceAttributesTest, ThirtyAreTheLimit) {
  EXPECT_EQ(Try(UpdateServiceAttributes, Update(Numbered(0, 20))), "OK");
  EXPECT_EQ(Try(UpdateServiceAttributes, Update(Numbered(10, 20))), "OK");
  EXPECT_EQ(TryType(UpdateServiceAttributes, Update(Numbered(30, 1))),
            "ServiceAttributesLimitExceededException");
  EXPECT_EQ(Get(), Numbered(0, 30));
  EXPECT_THAT(Try(UpdateServiceAttributes, Update(Numbered(0, 31))),
              StartsWith("InvalidInput: 1 validation error detected: "))
      << "31 in one request break the model's constraint";
  EXPECT_EQ(Try(UpdateServiceAttributes, Update({{"k0", "new"}})), "OK")
      << "an overwrite adds none";
}

TEST_F(ServiceAttributesTest, DeleteIgnoresUnknownKeys) {
  EXPECT_EQ(Try(UpdateServiceAttributes, Update({{"a", "1"}, {"b", "2"}})), "OK");
  EXPECT_EQ(Try(DeleteServiceAttributes,
                absl::StrCat("service_id: '", service_, "' attributes: 'a' attributes: 'x'")),
            "OK");
  EXPECT_EQ(Get(), (Attributes{{"b", "2"}}));
}

TEST_F(ServiceAttributesTest, UnknownServiceIsServiceNotFound) {
  service_ = "srv-x";
  EXPECT_EQ(TryType(UpdateServiceAttributes, Update({{"a", "1"}})), "ServiceNotFound");
  EXPECT_EQ(TryType(DeleteServiceAttributes, "service_id: 'srv-x' attributes: 'a'"),
            "ServiceNotFound");
  EXPECT_EQ(TypeOf(TryRead(GetServiceAttributes, "service_id: 'srv-x'").status()),
            "ServiceNotFound");
}

TEST_F(ServiceAttributesTest, AreNotInDiscoveryAndLeaveTheRevisionAlone) {
  Register(service_, "i-1", {{"own", "1"}});
  const int64_t revision = Revision("apps", "web");
  EXPECT_EQ(Try(UpdateServiceAttributes, Update({{"a", "1"}})), "OK");
  EXPECT_EQ(Revision("apps", "web"), revision);
  EXPECT_EQ(Discover("apps", "web").instances(0).attributes_size(), 1);
  EXPECT_EQ(GetService(service_).instance_count(), 1) << "instances stay";
}

class TagsTest : public RulesTest {
 protected:
  TagsTest() {
    namespace_ = HttpNamespace("apps");
    namespace_arn_ = GetNamespace(namespace_).arn();
    service_arn_ = Service(namespace_, "web").arn();
  }
  static std::string Tags(int first, int count, const std::string& value = "v") {
    std::string text;
    for (int i = first; i < first + count; ++i) {
      absl::StrAppend(&text, " tags { key: 'k", i, "' value: '", value, "' }");
    }
    return text;
  }
  static std::string On(const std::string& arn, const std::string& rest = "") {
    return absl::StrCat("resource_arn: '", arn, "' ", rest);
  }
  std::map<std::string, std::string> Get(const std::string& arn) {
    std::map<std::string, std::string> tags;
    const v1::ListTagsForResourceResponse response = Read(ListTagsForResource, On(arn));
    for (const v1::Tag& tag : response.tags()) {
      tags[tag.key()] = tag.value();
    }
    return tags;
  }
  std::string namespace_;
  std::string namespace_arn_;
  std::string service_arn_;
};

TEST_F(TagsTest, OfNamespacesAndServicesAreAddedOverwrittenAndRemoved) {
  for (const std::string& arn : {namespace_arn_, service_arn_}) {
    EXPECT_TRUE(Get(arn).empty());
    EXPECT_EQ(Try(TagResource, On(arn, "tags { key: 'a' value: '1' } tags { key: 'b' value: '' }")),
              "OK");
    EXPECT_EQ(Try(TagResource, On(arn, "tags { key: 'a' value: '2' }")), "OK");
    EXPECT_THAT(Get(arn), UnorderedElementsAre(Pair("a", "2"), Pair("b", "")));
    EXPECT_EQ(Try(UntagResource, On(arn, "tag_keys: 'a' tag_keys: 'unknown'")), "OK");
    EXPECT_THAT(Get(arn), UnorderedElementsAre(Pair("b", "")));
  }
}

TEST_F(TagsTest, UnknownArnIsResourceNotFoundException) {
  for (const std::string& arn :
       {std::string("arn:aws:servicediscovery:us-east-1:000000000000:namespace/ns-x"),
        std::string("arn:aws:servicediscovery:us-east-1:111122223333:namespace/") + namespace_,
        std::string("arn:aws:servicediscovery:us-east-1:000000000000:instance/i-1"),
        namespace_ /* an id is no ARN */}) {
    EXPECT_EQ(TryType(TagResource, On(arn, Tags(0, 1))), "ResourceNotFoundException") << arn;
    EXPECT_EQ(TryType(UntagResource, On(arn, "tag_keys: 'a'")), "ResourceNotFoundException") << arn;
    EXPECT_EQ(TypeOf(TryRead(ListTagsForResource, On(arn)).status()), "ResourceNotFoundException")
        << arn;
  }
}

TEST_F(TagsTest, The51stIsTooManyAndNamesTheResource) {
  EXPECT_EQ(Try(TagResource, On(service_arn_, Tags(0, 50))), "OK");
  EXPECT_EQ(Try(TagResource, On(service_arn_, Tags(0, 50, "new"))), "OK");
  const auto more = Submit(TagResource, On(service_arn_, Tags(50, 1)));
  EXPECT_EQ(TypeOf(more.status()), "TooManyTagsException");
  EXPECT_THAT(DetailOf(more.status()).members(),
              UnorderedElementsAre(Pair("ResourceName", service_arn_)));
  EXPECT_EQ(Get(service_arn_).size(), 50U);
}

TEST_F(TagsTest, TooManyOnCreationCreateNothing) {
  const size_t namespaces = state.namespaces().size();
  EXPECT_EQ(TryType(CreateHttpNamespace, "name: 'n'" + Tags(0, 51)), "TooManyTagsException");
  EXPECT_EQ(TryType(CreatePublicDnsNamespace, "name: 'a.b'" + Tags(0, 51)), "TooManyTagsException");
  EXPECT_EQ(TryType(CreatePrivateDnsNamespace, "name: 'n' vpc: 'v'" + Tags(0, 51)),
            "TooManyTagsException");
  EXPECT_EQ(TryType(CreateService,
                    absl::StrCat("name: 'n' namespace_id: '", namespace_, "'", Tags(0, 51))),
            "TooManyTagsException");
  EXPECT_EQ(state.namespaces().size(), namespaces);
  EXPECT_EQ(GetNamespace(namespace_).service_count(), 1);
  EXPECT_THAT(Try(TagResource, On(service_arn_, Tags(0, 201))),
              StartsWith("InvalidInput: 1 validation error detected: "));
}

TEST_F(TagsTest, GivenOnCreationAreThere) {
  const std::string made = NamespaceOf(Start(CreateHttpNamespace, "name: 'n'" + Tags(0, 2)));
  EXPECT_EQ(Get(GetNamespace(made).arn()).size(), 2U);
  EXPECT_EQ(Get(Service(made, "s", Tags(0, 3)).arn()).size(), 3U);
}

TEST_F(TagsTest, AwsPrefixInAnyCaseAndDuplicateKeysAreInvalidInput) {
  for (const char* key : {"aws:x", "AWS:x"}) {
    EXPECT_EQ(
        TryType(TagResource, On(service_arn_, absl::StrCat("tags { key: '", key, "' value: '' }"))),
        "InvalidInput");
  }
  EXPECT_EQ(TryType(TagResource, On(service_arn_, Tags(0, 1) + Tags(0, 1))), "InvalidInput");
  EXPECT_EQ(TryType(CreateHttpNamespace, "name: 'n'" + Tags(0, 1) + Tags(0, 1)), "InvalidInput");
  EXPECT_EQ(Try(TagResource, On(service_arn_, "tags { key: 'awsome' value: '' }")), "OK");
  EXPECT_EQ(Get(service_arn_).size(), 1U);
}

TEST_F(TagsTest, ATagNeedsKeyAndValue) {
  EXPECT_THAT(Try(TagResource, On(service_arn_, "tags { key: 'a' }")),
              StartsWith("InvalidInput: 1 validation error detected: Value null at "
                         "'tags.1.member.value'"));
  EXPECT_THAT(Try(TagResource, On(service_arn_, "tags { value: 'a' }")),
              StartsWith("InvalidInput: 1 validation error detected: Value null at "
                         "'tags.1.member.key'"));
}

TEST_F(TagsTest, ChangeNothingElse) {
  const std::string id = GetService(service_arn_).id();
  Register(id, "i-1");
  const int64_t revision = Revision("apps", "web");
  EXPECT_EQ(Try(TagResource, On(service_arn_, Tags(0, 1))), "OK");
  EXPECT_EQ(Try(TagResource, On(namespace_arn_, Tags(0, 1))), "OK");
  EXPECT_EQ(Revision("apps", "web"), revision);
  EXPECT_EQ(GetService(id).instance_count(), 1);
  EXPECT_EQ(GetNamespace(namespace_).service_count(), 1);
}

}  // namespace
}  // namespace cloudmap::registry
