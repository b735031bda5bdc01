#include <string>

#include "cloudmap/v1/errors.pb.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "server/json/escape.h"
#include "server/json/proto_json.h"

namespace cloudmap::json {
namespace {

TEST(Encode, WritesEveryKindOfMemberInTheOrderOfTheProto) {
  v1::GetServiceResponse response;
  v1::Service& service = *response.mutable_service();
  service.set_name("web");
  service.set_instance_count(0);
  service.set_type(v1::SERVICE_TYPE_DNS_HTTP);
  service.mutable_dns_config()->set_routing_policy(v1::ROUTING_POLICY_MULTIVALUE);
  v1::DnsRecord& record = *service.mutable_dns_config()->add_dns_records();
  record.set_type(v1::RECORD_TYPE_AAAA);
  record.set_ttl(2147483647);
  service.mutable_dns_config()->add_dns_records()->set_type(v1::RECORD_TYPE_A);
  service.mutable_create_date()->set_seconds(1587055860);
  service.mutable_create_date()->set_nanos(121'000'000);
  EXPECT_EQ(Encode(response),
            R"({"Service":{"Name":"web","InstanceCount":0,"DnsConfig":)"
            R"({"RoutingPolicy":"MULTIVALUE","DnsRecords":[{"Type":"AAAA","TTL":2147483647},)"
            R"({"Type":"A"}]},"Type":"DNS_HTTP","CreateDate":1587055860.121}})");
}

TEST(Encode, AMessageThatIsSetAppearsEvenWhenEmpty) {
  v1::Service service;
  service.mutable_dns_config();
  EXPECT_EQ(Encode(service), R"({"DnsConfig":{}})");
}

TEST(Encode, AnEmptyMessageIsAnEmptyObject) {
  EXPECT_EQ(Encode(v1::DeleteServiceResponse()), "{}");
}

TEST(Encode, ListsAndMapsOfAResponseAlwaysAppear) {
  EXPECT_EQ(Encode(v1::ListNamespacesResponse()), R"({"Namespaces":[]})");
  EXPECT_EQ(Encode(v1::ListServicesResponse()), R"({"Services":[]})");
  EXPECT_EQ(Encode(v1::ListInstancesResponse()), R"({"Instances":[]})");
  EXPECT_EQ(Encode(v1::DiscoverInstancesResponse()), R"({"Instances":[]})");
  EXPECT_EQ(Encode(v1::ListOperationsResponse()), R"({"Operations":[]})");
  EXPECT_EQ(Encode(v1::ListTagsForResourceResponse()), R"({"Tags":[]})");
  EXPECT_EQ(Encode(v1::GetInstancesHealthStatusResponse()), R"({"Status":{}})");
}

TEST(Encode, AttributesAndTargetsAlwaysAppear) {
  EXPECT_EQ(Encode(v1::ServiceAttributes()), R"({"Attributes":{}})");
  EXPECT_EQ(Encode(v1::Instance()), R"({"Attributes":{}})");
  EXPECT_EQ(Encode(v1::InstanceSummary()), R"({"Attributes":{}})");
  EXPECT_EQ(Encode(v1::HttpInstanceSummary()), R"({"Attributes":{}})");
  EXPECT_EQ(Encode(v1::Operation()), R"({"Targets":{}})");
}

TEST(Encode, MapsAreInTheOrderOfTheirKeys) {
  v1::GetInstancesHealthStatusResponse response;
  for (const char* id : {"c", "a", "b"}) {
    (*response.mutable_status())[id] = v1::HEALTH_STATUS_HEALTHY;
  }
  (*response.mutable_status())["b"] = v1::HEALTH_STATUS_UNKNOWN;
  EXPECT_EQ(Encode(response), R"({"Status":{"a":"HEALTHY","b":"UNKNOWN","c":"HEALTHY"}})");
}

TEST(Encode, TimestampsHaveUpToThreeDecimals) {
  const auto encoded = [](int64_t seconds, int32_t nanos) {
    v1::NamespaceSummary summary;
    summary.mutable_create_date()->set_seconds(seconds);
    summary.mutable_create_date()->set_nanos(nanos);
    return Encode(summary);
  };
  EXPECT_EQ(encoded(1587055860, 0), R"({"CreateDate":1587055860})");
  EXPECT_EQ(encoded(1587055860, 500'000'000), R"({"CreateDate":1587055860.5})");
  EXPECT_EQ(encoded(1587055860, 20'000'000), R"({"CreateDate":1587055860.02})");
  EXPECT_EQ(encoded(1587055860, 7'999'999), R"({"CreateDate":1587055860.007})");
  EXPECT_EQ(encoded(0, 0), R"({"CreateDate":0})");
  EXPECT_EQ(encoded(-1, 500'000'000), R"({"CreateDate":-0.5})");
}

TEST(Encode, LongNumbersArePlainNumbers) {
  v1::DiscoverInstancesRevisionResponse response;
  response.set_instances_revision(9007199254740991);
  EXPECT_EQ(Encode(response), R"({"InstancesRevision":9007199254740991})");
}

TEST(Encode, EscapesStrings) {
  std::string all;
  for (int c = 0; c < 128; ++c) {
    all.push_back(static_cast<char>(c));
  }
  all += "\xe2\x82\xac \xf0\x9f\x98\x80";
  v1::HttpProperties properties;
  properties.set_http_name(all);
  EXPECT_EQ(nlohmann::json::parse(Encode(properties)).at("HttpName").get<std::string>(), all);
  std::string quoted;
  AppendQuoted("a\"b\\c\nd\x01", quoted);
  EXPECT_EQ(quoted, R"("a\"b\\c\nd\u0001")");
}

TEST(Encode, MapKeysAreEscapedToo) {
  v1::Instance instance;
  (*instance.mutable_attributes())["a\"b"] = "\\";
  EXPECT_EQ(Encode(instance), R"({"Attributes":{"a\"b":"\\"}})");
}

// A field type without a JSON form would stop the server at the first answer that has it.
TEST(Encode, EveryFieldOfTheApiHasAJsonForm) {
  const auto* service =
      v1::DeleteServiceResponse::descriptor()->file()->FindServiceByName("ServiceDiscovery");
  ASSERT_NE(service, nullptr);
  using google::protobuf::FieldDescriptor;
  int fields = 0;
  for (const auto* file : {service->file(), v1::Service::descriptor()->file()}) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      for (int j = 0; j < file->message_type(i)->field_count(); ++j) {
        const FieldDescriptor* field = file->message_type(i)->field(j);
        if (field->is_map()) {
          EXPECT_EQ(field->message_type()->map_key()->type(), FieldDescriptor::TYPE_STRING);
          field = field->message_type()->map_value();
        }
        ++fields;
        EXPECT_FALSE(field->is_packed()) << field->full_name();
        EXPECT_TRUE(field->type() == FieldDescriptor::TYPE_STRING ||
                    field->type() == FieldDescriptor::TYPE_ENUM ||
                    field->type() == FieldDescriptor::TYPE_MESSAGE ||
                    field->type() == FieldDescriptor::TYPE_INT32 ||
                    field->type() == FieldDescriptor::TYPE_INT64 ||
                    field->type() == FieldDescriptor::TYPE_BOOL)
            << field->full_name();
      }
    }
  }
  EXPECT_GT(fields, 150);
}

TEST(Encode, LeavesOutFieldsThatItsProtoDoesNotKnow) {
  v1::GetServiceResponse response;
  response.mutable_service()->set_id("srv-1");
  response.mutable_service()
      ->GetReflection()
      ->MutableUnknownFields(response.mutable_service())
      ->AddLengthDelimited(1000, "new");
  response.GetReflection()->MutableUnknownFields(&response)->AddVarint(1001, 7);
  v1::GetServiceResponse received;
  ASSERT_TRUE(received.ParseFromString(response.SerializeAsString()));
  EXPECT_EQ(Encode(received), R"({"Service":{"Id":"srv-1"}})");
}

TEST(Encode, AnEnumValueThatItsProtoDoesNotKnowIsItsNumber) {
  v1::OperationSummary summary;
  summary.set_status(static_cast<v1::OperationStatus>(77));
  EXPECT_EQ(Encode(summary), R"({"Status":"77"})");
}

TEST(Encode, WorksForMessagesOutsideTheApi) {
  v1::ErrorShape shape;
  shape.set_aws_name("InvalidInput");
  shape.add_members("a");
  shape.add_members("b");
  EXPECT_EQ(Encode(shape), R"({"awsName":"InvalidInput","members":["a","b"]})");
}

TEST(EncodePretty, IsTheSameJsonIndented) {
  v1::GetNamespaceResponse response;
  response.mutable_namespace_()->set_id("ns-1");
  EXPECT_EQ(EncodePretty(response), "{\n  \"Namespace\": {\n    \"Id\": \"ns-1\"\n  }\n}");
  EXPECT_EQ(nlohmann::json::parse(EncodePretty(response)), nlohmann::json::parse(Encode(response)));
}

}  // namespace
}  // namespace cloudmap::json
