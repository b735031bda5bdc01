// A packed record holds all that its message does, also what is added to the message later.
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/unknown_field_set.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "registry/model/record.h"

namespace cloudmap::registry {
namespace {

using google::protobuf::FieldDescriptor;

// `record` with every member set, each to something else.
template <typename Record>
Record Filled() {
  Record record;
  const auto* reflection = Record::GetReflection();
  const auto* descriptor = Record::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (field->is_map()) {
      continue;
    }
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        reflection->SetString(&record, field, field->name());
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        reflection->SetInt64(&record, field, 1000 + i);
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        reflection->SetEnumValue(&record, field, 1 + i % 2);
        break;
      default:
        ADD_FAILURE() << field->full_name() << " is of a type that this test does not set";
    }
  }
  return record;
}

TEST(PackedOperation, HoldsEveryMemberOfItsRecord) {
  const auto record = Filled<OperationRecord>();
  const PackedOperation packed(record);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(packed.ToRecord(), record))
      << packed.ToRecord().DebugString();
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
      PackedOperation(packed.fields()).ToRecord(), record));
}

TEST(PackedInstance, HoldsEveryMemberOfItsRecord) {
  auto record = Filled<InstanceRecord>();
  (*record.mutable_attributes())["b"] = "2";
  (*record.mutable_attributes())["a"] = "";
  (*record.mutable_attributes())["c"] = "";
  const PackedInstance packed(record);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(packed.ToRecord(), record))
      << packed.ToRecord().DebugString();
}

TEST(PackedInstance, FindsAttributesAndGivesThemInOrder) {
  InstanceRecord record;
  for (int i = 0; i < 40; ++i) {
    (*record.mutable_attributes())["key-" + std::to_string(i)] = std::to_string(i);
  }
  const PackedInstance packed(record);
  ASSERT_EQ(packed.attribute_count(), 40U);
  for (size_t i = 1; i < packed.attribute_count(); ++i) {
    EXPECT_LT(packed.attribute(i - 1).first, packed.attribute(i).first);
  }
  EXPECT_EQ(packed.FindAttribute("key-17"), "17");
  EXPECT_EQ(packed.FindAttribute("key"), std::nullopt);
  EXPECT_EQ(PackedInstance(InstanceRecord()).attribute_count(), 0U);
}

// A newer version's members outlive a rewrite by this one.
TEST(PackedRecords, KeepWhatTheyDoNotKnow) {
  auto operation = Filled<OperationRecord>();
  OperationRecord::GetReflection()->MutableUnknownFields(&operation)->AddVarint(1000, 7);
  EXPECT_EQ(PackedOperation(operation).ToRecord().SerializeAsString(),
            operation.SerializeAsString());
  EXPECT_EQ(PackedOperation(PackedOperation(operation).fields()).ToRecord().SerializeAsString(),
            operation.SerializeAsString());
  auto instance = Filled<InstanceRecord>();
  (*instance.mutable_attributes())["a"] = "1";
  InstanceRecord::GetReflection()->MutableUnknownFields(&instance)->AddLengthDelimited(1001, "new");
  const PackedInstance packed(instance);
  EXPECT_EQ(packed.ToRecord().SerializeAsString(), instance.SerializeAsString());
  EXPECT_EQ(packed.FindAttribute("a"), "1");
}

TEST(PackedRecords, EmptyOnesStayEmpty) {
  EXPECT_EQ(PackedOperation(OperationRecord()).ToRecord().ByteSizeLong(), 0U);
  EXPECT_EQ(PackedInstance(InstanceRecord()).ToRecord().ByteSizeLong(), 0U);
}

}  // namespace
}  // namespace cloudmap::registry
