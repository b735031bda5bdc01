#include "cli/print.h"

#include "cloudmap/v1/service_discovery.pb.h"
#include "gtest/gtest.h"

namespace cloudmap::cli {
namespace {

TEST(PrintTable, ListsAreAlignedColumnsOfTheMembersInUseWithoutArns) {
  v1::ListNamespacesResponse response;
  auto* first = response.add_namespaces();
  first->set_id("ns-1");
  first->set_arn("arn:aws:servicediscovery:us-east-1:000000000000:namespace/ns-1");
  first->set_name("corp.local");
  first->set_type(v1::NAMESPACE_TYPE_DNS_PRIVATE);
  first->mutable_properties()->mutable_dns_properties()->mutable_soa()->set_ttl(15);
  auto* second = response.add_namespaces();
  second->set_id("ns-22");
  second->set_name("x");
  second->set_service_count(0);
  second->mutable_create_date()->set_seconds(1587055860);
  second->mutable_create_date()->set_nanos(121000000);
  EXPECT_EQ(PrintTable(response),
            "Id     Name        Type         ServiceCount  Properties                    "
            "CreateDate\n"
            "ns-1   corp.local  DNS_PRIVATE  -             DnsProperties={SOA={TTL=15}}  -\n"
            "ns-22  x           -            0             -                             "
            "2020-04-16T16:51:00.121Z\n");
}

TEST(PrintTable, ElementsWithoutMembersAreLines) {
  v1::ListServicesResponse response;
  response.add_services();
  response.add_services()->set_arn("arn:x");
  EXPECT_EQ(PrintTable(response), "\n\n\n");
}

TEST(PrintTable, EmptyListSaysSo) { EXPECT_EQ(PrintTable(v1::ListServicesResponse()), "(none)\n"); }

TEST(PrintTable, WhatComesWithAListFollowsIt) {
  v1::DiscoverInstancesResponse response;
  auto* instance = response.add_instances();
  instance->set_instance_id("i-1");
  (*instance->mutable_attributes())["b"] = "2";
  (*instance->mutable_attributes())["a"] = "1";
  response.set_instances_revision(9);
  EXPECT_EQ(PrintTable(response),
            "InstanceId  Attributes\n"
            "i-1         a=1,b=2\n"
            "\n"
            "InstancesRevision  9\n");
}

TEST(PrintTable, SingleObjectIsATree) {
  v1::GetServiceResponse response;
  auto* service = response.mutable_service();
  service->set_id("srv-1");
  service->set_name("web");
  service->mutable_dns_config()->set_routing_policy(v1::ROUTING_POLICY_MULTIVALUE);
  auto* record = service->mutable_dns_config()->add_dns_records();
  record->set_type(v1::RECORD_TYPE_A);
  record->set_ttl(10);
  EXPECT_EQ(PrintTable(response),
            "Id         srv-1\n"
            "Name       web\n"
            "DnsConfig\n"
            "  RoutingPolicy  MULTIVALUE\n"
            "  DnsRecords\n"
            "    Type  TTL\n"
            "    A     10\n");
}

TEST(PrintTable, MapsOfAnObjectAreItsPairs) {
  v1::GetInstancesHealthStatusResponse health;
  (*health.mutable_status())["i-1"] = v1::HEALTH_STATUS_HEALTHY;
  (*health.mutable_status())["i-22"] = v1::HEALTH_STATUS_UNKNOWN;
  EXPECT_EQ(PrintTable(health), "Status\n  i-1   HEALTHY\n  i-22  UNKNOWN\n");
}

TEST(PrintTable, ResponseWithoutMembersPrintsNothing) {
  EXPECT_EQ(PrintTable(v1::DeleteServiceResponse()), "");
}

TEST(PrintTable, OperationIdAlone) {
  v1::RegisterInstanceResponse response;
  response.set_operation_id("op-1");
  EXPECT_EQ(PrintTable(response), "OperationId  op-1\n");
}

TEST(PrintTable, ControlCharactersCannotSteerTheTerminal) {
  v1::GetInstanceResponse response;
  response.mutable_instance()->set_id("i\x1b[2J\n");
  EXPECT_EQ(PrintTable(response), "Id  i\\x1b[2J\\x0a\n");
}

TEST(PrintTable, ColumnsAlignByCharactersNotBytes) {
  v1::ListTagsForResourceResponse response;
  auto* first = response.add_tags();
  first->set_key("größe");
  first->set_value("1");
  auto* second = response.add_tags();
  second->set_key("color");
  second->set_value("2");
  EXPECT_EQ(PrintTable(response), "Key    Value\ngröße  1\ncolor  2\n");
}

}  // namespace
}  // namespace cloudmap::cli
