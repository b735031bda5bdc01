#include "registry/query/instance_summary_wire.h"

#include <cstdint>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

namespace cloudmap::registry {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;
using Summary = v1::HttpInstanceSummary;

constexpr int kVarintBytesMax = 10;
// Protobuf encodes the entry of a map as a message with these two fields:
// https://protobuf.dev/programming-guides/encoding/#maps
constexpr int kKeyFieldNumber = 1;
constexpr int kValueFieldNumber = 2;

static_assert(Summary::kInstanceIdFieldNumber < Summary::kNamespaceNameFieldNumber &&
                  Summary::kNamespaceNameFieldNumber < Summary::kServiceNameFieldNumber &&
                  Summary::kServiceNameFieldNumber < Summary::kHealthStatusFieldNumber &&
                  Summary::kHealthStatusFieldNumber < Summary::kAttributesFieldNumber,
              "fields are written in the order of their numbers");

void AppendVarint(uint64_t value, std::string& out) {
  uint8_t bytes[kVarintBytesMax];
  const uint8_t* end = CodedOutputStream::WriteVarint64ToArray(value, bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(end - bytes));
}

void AppendTag(int field, WireFormatLite::WireType type, std::string& out) {
  AppendVarint(WireFormatLite::MakeTag(field, type), out);
}

void AppendLength(int field, size_t length, std::string& out) {
  AppendTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED, out);
  AppendVarint(length, out);
}

void AppendString(int field, absl::string_view text, std::string& out) {
  AppendLength(field, text.size(), out);
  out.append(text.data(), text.size());
}

// The bytes of a field with its tag, for field numbers below 16, whose tags take one byte.
size_t LengthDelimitedSize(size_t length) {
  return 1 + CodedOutputStream::VarintSize64(length) + length;
}

}  // namespace

InstanceSummaryWriter::InstanceSummaryWriter(absl::string_view namespace_name,
                                             absl::string_view service_name, std::string& out)
    : out_(out) {
  AppendString(Summary::kNamespaceNameFieldNumber, namespace_name, names_);
  AppendString(Summary::kServiceNameFieldNumber, service_name, names_);
}

void InstanceSummaryWriter::Append(const PackedInstance& instance, v1::HealthStatus health) {
  size_t attribute_bytes = 0;
  for (size_t i = 0; i < instance.attribute_count(); ++i) {
    const auto [key, value] = instance.attribute(i);
    attribute_bytes +=
        LengthDelimitedSize(LengthDelimitedSize(key.size()) + LengthDelimitedSize(value.size()));
  }

  const auto health_number = static_cast<uint64_t>(health);
  AppendLength(v1::DiscoverInstancesResponse::kInstancesFieldNumber,
               LengthDelimitedSize(instance.id().size()) + names_.size() + 1 +
                   CodedOutputStream::VarintSize64(health_number) + attribute_bytes,
               out_);
  AppendString(Summary::kInstanceIdFieldNumber, instance.id(), out_);
  out_.append(names_);
  AppendTag(Summary::kHealthStatusFieldNumber, WireFormatLite::WIRETYPE_VARINT, out_);
  AppendVarint(health_number, out_);
  for (size_t i = 0; i < instance.attribute_count(); ++i) {
    const auto [key, value] = instance.attribute(i);
    AppendLength(Summary::kAttributesFieldNumber,
                 LengthDelimitedSize(key.size()) + LengthDelimitedSize(value.size()), out_);
    AppendString(kKeyFieldNumber, key, out_);
    AppendString(kValueFieldNumber, value, out_);
  }
}

void AppendInstancesRevision(int64_t revision, std::string& out) {
  AppendTag(v1::DiscoverInstancesResponse::kInstancesRevisionFieldNumber,
            WireFormatLite::WIRETYPE_VARINT, out);
  AppendVarint(static_cast<uint64_t>(revision), out);
}

}  // namespace cloudmap::registry
