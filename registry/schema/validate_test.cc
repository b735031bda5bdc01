#include "registry/schema/validate.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "registry/errors.h"
#include "registry/schema/formats.h"
#include "registry/schema/string_maps.h"

namespace cloudmap::registry {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// The message of what Validate finds, "" if nothing.
std::string Message(const google::protobuf::Message& request) {
  Violations violations;
  Validate(request, violations);
  const absl::Status status = violations.ToStatus();
  return status.ok() ? "" : DetailOf(status).message();
}

template <typename Request>
std::string MessageOf(const std::string& text) {
  Request request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  return Message(request);
}

std::string Quoted(size_t size, char c = 'x') {
  return absl::StrCat("'", std::string(size, c), "'");
}

TEST(Validate, MissingRequiredMemberIsNamedAsAwsDoes) {
  EXPECT_EQ(MessageOf<v1::GetServiceRequest>(""),
            "1 validation error detected: Value null at 'id' failed to satisfy constraint: Member "
            "must not be null");
}

TEST(Validate, TooLongAndBadPatternAreJoinedLengthFirst) {
  EXPECT_EQ(MessageOf<v1::CreatePrivateDnsNamespaceRequest>("vpc: 'v' name: " + Quoted(254, ' ')),
            absl::StrCat("2 validation errors detected: Value '", std::string(254, ' '),
                         "' at 'name' failed to satisfy constraint: Member must have length less "
                         "than or equal to 253; Value '",
                         std::string(254, ' '),
                         "' at 'name' failed to satisfy constraint: Member must satisfy regular "
                         "expression pattern: ^(?!arn:)[!-~]{1,253}$"));
}

TEST(Validate, ABadMapKeyListsAllConstraintsOfKeys) {
  EXPECT_EQ(MessageOf<v1::RegisterInstanceRequest>(
                "service_id: 's' instance_id: 'i' attributes { key: 'my key' value: 'v' }"),
            "1 validation error detected: Value '{my key=v}' at 'attributes' failed to satisfy "
            "constraint: Map keys must satisfy constraint: [Member must have length less than or "
            "equal to 255, Member must have length greater than or equal to 0, Member must satisfy "
            "regular expression pattern: ^[a-zA-Z0-9!-~]+$, Member must not be null]");
}

TEST(Validate, ABadMapValueListsAllConstraintsOfValues) {
  EXPECT_EQ(MessageOf<v1::RegisterInstanceRequest>(
                "service_id: 's' instance_id: 'i' attributes { key: 'k' value: ' v' }"),
            "1 validation error detected: Value '{k= v}' at 'attributes' failed to satisfy "
            "constraint: Map value must satisfy constraint: [Member must have length less than or "
            "equal to 1024, Member must have length greater than or equal to 0, Member must "
            "satisfy regular expression pattern: ^([a-zA-Z0-9!-~][ \\ta-zA-Z0-9!-~]*){0,1}"
            "[a-zA-Z0-9!-~]{0,1}$, Member must not be null]");
}

TEST(Validate, MapEntriesAreQuotedInOrder) {
  EXPECT_THAT(MessageOf<v1::RegisterInstanceRequest>(
                  "service_id: 's' instance_id: 'i' attributes { key: 'b' value: ' ' } "
                  "attributes { key: 'a' value: '1' } attributes { key: 'c' value: '' }"),
              HasSubstr("Value '{a=1, b= , c=}' at 'attributes'"));
}

TEST(Validate, ErrorsOfAllMembersAreCollected) {
  EXPECT_THAT(MessageOf<v1::RegisterInstanceRequest>("instance_id: 'a b'"),
              ::testing::AllOf(StartsWith("2 validation errors detected: "),
                               HasSubstr("Value null at 'serviceId'"),
                               HasSubstr("Value 'a b' at 'instanceId'")));
}

TEST(Validate, NestedMembersHaveAPath) {
  EXPECT_EQ(MessageOf<v1::CreateServiceRequest>(
                "name: 'web' dns_config { dns_records { type: RECORD_TYPE_A ttl: -1 } "
                "dns_records { ttl: 1 } }"),
            "2 validation errors detected: Value '-1' at 'dnsConfig.dnsRecords.1.member.tTL' "
            "failed to satisfy constraint: Member must have value greater than or equal to 0; "
            "Value null at 'dnsConfig.dnsRecords.2.member.type' failed to satisfy constraint: "
            "Member must not be null");
}

TEST(Validate, OnceAParentIsGivenItsRequiredMembersAreNeeded) {
  EXPECT_EQ(MessageOf<v1::CreatePublicDnsNamespaceRequest>("name: 'a.b'"), "");
  EXPECT_THAT(MessageOf<v1::CreatePublicDnsNamespaceRequest>("name: 'a.b' properties {}"),
              HasSubstr("Value null at 'properties.dnsProperties'"));
  EXPECT_THAT(MessageOf<v1::UpdatePublicDnsNamespaceRequest>(
                  "id: 'n' namespace { properties { dns_properties { soa {} } } }"),
              HasSubstr("Value null at 'namespace.properties.dnsProperties.sOA.tTL'"));
}

TEST(Validate, AnEnumValueOutsideTheSetListsTheSet) {
  v1::UpdateInstanceCustomHealthStatusRequest request;
  request.set_service_id("s");
  request.set_instance_id("i");
  request.set_status(static_cast<v1::CustomHealthStatus>(9));
  EXPECT_EQ(Message(request),
            "1 validation error detected: Value '9' at 'status' failed to satisfy constraint: "
            "Member must satisfy enum value set: [HEALTHY, UNHEALTHY]");
  request.set_status(v1::CUSTOM_HEALTH_STATUS_UNSPECIFIED);
  EXPECT_THAT(Message(request), HasSubstr("enum value set"));
  request.clear_status();
  EXPECT_THAT(Message(request), HasSubstr("Value null at 'status'"));
}

TEST(Validate, ListElementsHaveTheirConstraints) {
  EXPECT_THAT(
      MessageOf<v1::UntagResourceRequest>("resource_arn: 'arn:x' tag_keys: 'a' tag_keys: ''"),
      HasSubstr("Value '[a, ]' at 'tagKeys' failed to satisfy constraint: Member must "
                "satisfy constraint: [Member must have length less than or equal to 128, "
                "Member must have length greater than or equal to 1, Member must not be "
                "null]"));
}

TEST(Validate, AnAbsentMapThatTheTransportReportedIsNotReportedTwice) {
  v1::UpdateServiceAttributesRequest request;
  request.set_service_id("s");
  Violations violations;
  violations.AddNull("attributes");
  Validate(request, violations);
  EXPECT_EQ(DetailOf(violations.ToStatus()).message(),
            "1 validation error detected: Value null at 'attributes' failed to satisfy constraint: "
            "Member must not be null");
}

TEST(Validate, LengthsCountCharactersNotBytes) {
  std::string umlauts;
  for (int i = 0; i < 1024; ++i) {
    umlauts += "\u00fc";
  }
  v1::CreateHttpNamespaceRequest request;
  request.set_name("a");
  request.set_description(umlauts);
  EXPECT_EQ(Message(request), "");
  request.set_description(umlauts + "\u00fc");
  EXPECT_THAT(Message(request), HasSubstr("length less than or equal to 1024"));
}

// Section 2.2, shape by shape: {request, member text at the limit, member text beyond it}.
struct Limit {
  const char* request;
  std::string within;
  std::string beyond;
  const char* constraint;
};

std::vector<Limit> Limits() {
  const auto text = [](const char* field, size_t size) {
    return absl::StrCat(field, ": ", Quoted(size));
  };
  const auto limit = [&text](const char* request, const std::string& rest, const char* field,
                             size_t max) {
    return Limit{request, rest + text(field, max), rest + text(field, max + 1),
                 "length less than or equal to"};
  };
  std::vector<Limit> limits = {
      limit("GetServiceRequest", "", "id", 255),
      limit("GetNamespaceRequest", "", "id", 255),
      limit("RegisterInstanceRequest", "instance_id: 'i' ", "service_id", 255),
      limit("RegisterInstanceRequest", "service_id: 's' ", "instance_id", 64),
      limit("RegisterInstanceRequest", "service_id: 's' instance_id: 'i' ", "creator_request_id",
            64),
      limit("GetInstanceRequest", "service_id: 's' ", "instance_id", 64),
      limit("DeregisterInstanceRequest", "service_id: 's' ", "instance_id", 64),
      limit("UpdateInstanceCustomHealthStatusRequest",
            "service_id: 's' status: CUSTOM_HEALTH_STATUS_HEALTHY ", "instance_id", 64),
      limit("GetInstancesHealthStatusRequest", "service_id: 's' ", "instances", 64),
      limit("CreatePrivateDnsNamespaceRequest", "name: 'n' ", "vpc", 64),
      limit("CreateHttpNamespaceRequest", "name: 'n' ", "creator_request_id", 64),
      limit("UpdateHttpNamespaceRequest", "id: 'n' namespace { description: '' } ",
            "updater_request_id", 64),
      limit("CreateHttpNamespaceRequest", "", "name", 1024),
      limit("CreatePrivateDnsNamespaceRequest", "vpc: 'v' ", "name", 253),
      limit("CreateHttpNamespaceRequest", "name: 'n' ", "description", 1024),
      limit("ListNamespacesRequest", "", "next_token", 4096),
      limit("GetOperationRequest", "", "operation_id", 255),
      limit("TagResourceRequest", "", "resource_arn", 1011),
  };
  const auto pair = [](const char* request, std::string within, std::string beyond) {
    return Limit{request, std::move(within), std::move(beyond), "Member must have"};
  };
  limits.push_back(pair("ListNamespacesRequest", "max_results: 1", "max_results: 0"));
  limits.push_back(pair("ListNamespacesRequest", "max_results: 100", "max_results: 101"));
  limits.push_back(pair("ListServicesRequest", "max_results: 100", "max_results: 101"));
  limits.push_back(pair("ListInstancesRequest", "service_id: 's' max_results: 100",
                        "service_id: 's' max_results: 101"));
  limits.push_back(pair("ListOperationsRequest", "max_results: 100", "max_results: 101"));
  limits.push_back(pair("GetInstancesHealthStatusRequest", "service_id: 's' max_results: 100",
                        "service_id: 's' max_results: 101"));
  const std::string discover = "namespace_name: 'n' service_name: 's' ";
  limits.push_back(pair("DiscoverInstancesRequest", discover + "max_results: 1000",
                        discover + "max_results: 1001"));
  limits.push_back(
      pair("DiscoverInstancesRequest", discover + "max_results: 1", discover + "max_results: 0"));
  limits.push_back(pair("DiscoverInstancesRequest", discover + "owner_account: '123456789012'",
                        discover + "owner_account: '12345678901'"));
  limits.push_back(pair("CreateServiceRequest",
                        "name: 's' health_check_config { type: "
                        "HEALTH_CHECK_TYPE_TCP failure_threshold: 10 }",
                        "name: 's' health_check_config { type: HEALTH_CHECK_TYPE_TCP "
                        "failure_threshold: 11 }"));
  limits.push_back(pair("CreateServiceRequest",
                        "name: 's' health_check_custom_config { "
                        "failure_threshold: 1 }",
                        "name: 's' health_check_custom_config { failure_threshold: 0 }"));
  const auto ttl = [](const char* value) {
    return absl::StrCat("name: 's' dns_config { dns_records { type: RECORD_TYPE_A ttl: ", value,
                        " } }");
  };
  limits.push_back(pair("CreateServiceRequest", ttl("0"), ttl("-1")));
  limits.push_back(pair("CreateServiceRequest", ttl("2147483647"), ttl("2147483648")));
  const auto soa = [](const char* value) {
    return absl::StrCat("name: 'n' vpc: 'v' properties { dns_properties { soa { ttl: ", value,
                        " } } }");
  };
  limits.push_back(pair("CreatePrivateDnsNamespaceRequest", soa("0"), soa("-1")));
  limits.push_back(pair("CreatePrivateDnsNamespaceRequest", soa("2147483647"), soa("2147483648")));
  const auto path = [](size_t size) {
    return absl::StrCat(
        "name: 's' health_check_config { type: HEALTH_CHECK_TYPE_HTTP "
        "resource_path: ",
        Quoted(size), " }");
  };
  limits.push_back(pair("CreateServiceRequest", path(255), path(256)));
  const auto tag = [](size_t key, size_t value) {
    return absl::StrCat("resource_arn: 'a' tags { key: ", Quoted(key), " value: ", Quoted(value),
                        " }");
  };
  limits.push_back(pair("TagResourceRequest", tag(128, 256), tag(129, 256)));
  limits.push_back(pair("TagResourceRequest", tag(1, 0), tag(0, 0)));
  limits.push_back(pair("TagResourceRequest", tag(128, 256), tag(128, 257)));
  const auto filter = [](size_t size) {
    return absl::StrCat("filters { name: NAMESPACE_FILTER_NAME_NAME values: ", Quoted(size), " }");
  };
  limits.push_back(pair("ListNamespacesRequest", filter(1), filter(0)));
  limits.push_back(pair("ListNamespacesRequest", filter(255), filter(256)));
  const auto keys = [](const char* field, int count) {
    std::string all = "service_id: 's' ";
    for (int i = 0; i < count; ++i) {
      absl::StrAppend(&all, field, ": 'k", i, "' ");
    }
    return all;
  };
  limits.push_back(
      pair("DeleteServiceAttributesRequest", keys("attributes", 30), keys("attributes", 31)));
  limits.push_back(
      pair("DeleteServiceAttributesRequest", keys("attributes", 1), "service_id: 's'"));
  return limits;
}

TEST(Validate, EveryLimitOfTheModelHoldsToTheLastValue) {
  for (const Limit& limit : Limits()) {
    const auto* type =
        v1::RegisterInstanceRequest::descriptor()->file()->FindMessageTypeByName(limit.request);
    ASSERT_NE(type, nullptr) << limit.request;
    for (const bool within : {true, false}) {
      const std::unique_ptr<google::protobuf::Message> request(
          google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
      const std::string& text = within ? limit.within : limit.beyond;
      ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, request.get())) << text;
      const std::string message = Message(*request);
      if (within) {
        EXPECT_EQ(message, "") << limit.request << " " << text;
      } else {
        // A name that is too long breaks its pattern, too.
        EXPECT_THAT(message,
                    ::testing::AllOf(HasSubstr(" detected: Value '"), HasSubstr(limit.constraint)))
            << limit.request << " " << text;
      }
    }
  }
}

TEST(Validate, EveryOperationWithoutItsMembersIsInvalidInputButLists) {
  const auto* service =
      v1::RegisterInstanceRequest::descriptor()->file()->FindServiceByName("ServiceDiscovery");
  ASSERT_EQ(service->method_count(), 30);
  for (int i = 0; i < service->method_count(); ++i) {
    const auto* method = service->method(i);
    const std::unique_ptr<google::protobuf::Message> request(
        google::protobuf::MessageFactory::generated_factory()
            ->GetPrototype(method->input_type())
            ->New());
    const bool is_list = method->name() == "ListNamespaces" || method->name() == "ListServices" ||
                         method->name() == "ListOperations";
    EXPECT_EQ(Message(*request).empty(), is_list) << method->name();
  }
}

struct FormatCase {
  v1::Format format;
  std::string text;
  bool matches;
};

TEST(Formats, AcceptWhatTheModelsPatternsDo) {
  const std::string label63(63, 'a');
  const FormatCase cases[] = {
      {v1::FORMAT_NAMESPACE_NAME_HTTP, "a/b*~!", true},
      {v1::FORMAT_NAMESPACE_NAME_HTTP, "a b", false},
      {v1::FORMAT_NAMESPACE_NAME_HTTP, "", false},
      {v1::FORMAT_NAMESPACE_NAME_HTTP, "arn:a", false},
      {v1::FORMAT_NAMESPACE_NAME_HTTP, "barn:a", true},
      {v1::FORMAT_NAMESPACE_NAME_HTTP, "\u00fc", false},
      {v1::FORMAT_NAMESPACE_NAME_PRIVATE, "local", true},
      {v1::FORMAT_NAMESPACE_NAME_PRIVATE, "my_app.local", true},
      {v1::FORMAT_NAMESPACE_NAME_PRIVATE, "arn:a", false},
      {v1::FORMAT_NAMESPACE_NAME_PUBLIC, "example.com", true},
      {v1::FORMAT_NAMESPACE_NAME_PUBLIC, "a-b.c", true},
      {v1::FORMAT_NAMESPACE_NAME_PUBLIC, "local", false},
      {v1::FORMAT_NAMESPACE_NAME_PUBLIC, "my_app.com", false},
      {v1::FORMAT_NAMESPACE_NAME_PUBLIC, "-a.com", false},
      {v1::FORMAT_NAMESPACE_NAME_PUBLIC, "a-.com", false},
      {v1::FORMAT_NAMESPACE_NAME_PUBLIC, "a..com", false},
      {v1::FORMAT_NAMESPACE_NAME_PUBLIC, "a.com.", false},
      {v1::FORMAT_NAMESPACE_NAME_PUBLIC, label63 + ".com", true},
      {v1::FORMAT_NAMESPACE_NAME_PUBLIC, label63 + "a.com", false},
      {v1::FORMAT_NAMESPACE_NAME, "arn:a", true},
      {v1::FORMAT_SERVICE_NAME, "web", true},
      {v1::FORMAT_SERVICE_NAME, "_http._tcp", true},
      {v1::FORMAT_SERVICE_NAME, ".", true},
      {v1::FORMAT_SERVICE_NAME, "a", true},
      {v1::FORMAT_SERVICE_NAME, "_", false},
      {v1::FORMAT_SERVICE_NAME, "__", true},
      {v1::FORMAT_SERVICE_NAME, "-a", false},
      {v1::FORMAT_SERVICE_NAME, "a-", false},
      {v1::FORMAT_SERVICE_NAME, "a-b", true},
      {v1::FORMAT_SERVICE_NAME, "a..b", false},
      {v1::FORMAT_SERVICE_NAME, ".a", false},
      {v1::FORMAT_SERVICE_NAME, "a.", false},
      {v1::FORMAT_SERVICE_NAME, "", false},
      {v1::FORMAT_SERVICE_NAME, "a b", false},
      {v1::FORMAT_SERVICE_NAME, label63, true},
      {v1::FORMAT_SERVICE_NAME, label63 + "a", false},
      {v1::FORMAT_SERVICE_NAME, label63 + "." + label63, true},  // 127
      {v1::FORMAT_SERVICE_NAME, label63 + "." + label63 + ".", false},
      {v1::FORMAT_SERVICE_NAME, label63 + "." + label63.substr(1) + ".a", false},  // 128
      {v1::FORMAT_INSTANCE_ID, "0aZ_/:.@-", true},
      {v1::FORMAT_INSTANCE_ID, "a b", false},
      {v1::FORMAT_INSTANCE_ID, "a+b", false},
      {v1::FORMAT_INSTANCE_ID, "", false},
      {v1::FORMAT_ATTRIBUTE_KEY, "a!~", true},
      {v1::FORMAT_ATTRIBUTE_KEY, "a b", false},
      {v1::FORMAT_ATTRIBUTE_KEY, "", false},
      {v1::FORMAT_ATTRIBUTE_VALUE, "", true},
      {v1::FORMAT_ATTRIBUTE_VALUE, "a b\tc", true},
      {v1::FORMAT_ATTRIBUTE_VALUE, "a ", true},
      {v1::FORMAT_ATTRIBUTE_VALUE, " a", false},
      {v1::FORMAT_ATTRIBUTE_VALUE, "\ta", false},
      {v1::FORMAT_ATTRIBUTE_VALUE, "a\nb", false},
      {v1::FORMAT_ATTRIBUTE_VALUE, "\u00fc", false},
      {v1::FORMAT_UNSPECIFIED, "\n", true},
  };
  for (const FormatCase& c : cases) {
    EXPECT_EQ(Matches(c.format, c.text), c.matches) << v1::Format_Name(c.format) << " " << c.text;
  }
}

TEST(Formats, QuoteTheModelsServiceNamePattern) {
  EXPECT_THAT(MessageOf<v1::CreateServiceRequest>("name: '-'"),
              HasSubstr("pattern: ((?=^.{1,127}$)^([a-zA-Z0-9_][a-zA-Z0-9-_]{0,61}[a-zA-Z0-9_]|"
                        "[a-zA-Z0-9])(\\.([a-zA-Z0-9_][a-zA-Z0-9-_]{0,61}[a-zA-Z0-9_]|"
                        "[a-zA-Z0-9]))*$)|(^\\.$)"));
}

TEST(Validate, ViolationsAreBounded) {
  v1::ListNamespacesRequest request;
  for (int i = 0; i < 500'000; ++i) {
    request.add_filters();
  }
  Violations violations;
  Validate(request, violations);
  EXPECT_THAT(std::string(violations.ToStatus().message()),
              StartsWith("100 validation errors detected: "));
}

// Copies a file of the proto, and those that it imports, into a pool of its own: the same messages
// and rules with descriptors that string_maps.cc does not know, as those of a new request would be.
void CopyInto(const google::protobuf::FileDescriptor& file,
              google::protobuf::DescriptorPool& pool) {
  for (int i = 0; i < file.dependency_count(); ++i) {
    if (pool.FindFileByName(file.dependency(i)->name()) == nullptr) {
      CopyInto(*file.dependency(i), pool);
    }
  }
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  ASSERT_NE(pool.BuildFile(proto), nullptr) << file.name();
}

// A map that string_maps.cc has no row for costs time, not the process.
TEST(Validate, ChecksMapsItHasNoRowFor) {
  google::protobuf::DescriptorPool pool;
  CopyInto(*v1::RegisterInstanceRequest::descriptor()->file(), pool);
  google::protobuf::DynamicMessageFactory factory(&pool);
  const auto* type = pool.FindMessageTypeByName("cloudmap.v1.RegisterInstanceRequest");
  for (const char* text : {"attributes { key: 'k' value: 'v' }", "attributes { key: 'my key' }",
                           "attributes { key: 'k' value: ' v' }", ""}) {
    const std::string request = absl::StrCat("service_id: 'srv-1' instance_id: 'i-1' ", text);
    const std::unique_ptr<google::protobuf::Message> unknown(factory.GetPrototype(type)->New());
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(request, unknown.get()));
    ASSERT_EQ(FindStringMap(*unknown, *type->FindFieldByName("attributes")), nullptr);
    v1::RegisterInstanceRequest known;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(request, &known));
    EXPECT_EQ(Message(*unknown), Message(known)) << text;
  }
}

TEST(Validate, KnowsTheMapsOfEveryRequest) {
  const auto* service =
      v1::RegisterInstanceRequest::descriptor()->file()->FindServiceByName("ServiceDiscovery");
  for (int i = 0; i < service->method_count(); ++i) {
    const auto* type = service->method(i)->input_type();
    const auto& prototype =
        *google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
    for (int j = 0; j < type->field_count(); ++j) {
      if (type->field(j)->is_map()) {
        EXPECT_NE(FindStringMap(prototype, *type->field(j)), nullptr)
            << type->field(j)->full_name();
      }
    }
  }
}

}  // namespace
}  // namespace cloudmap::registry
