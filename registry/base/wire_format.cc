#include "registry/base/wire_format.h"

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/unknown_field_set.h"

namespace cloudmap {

std::string SerializeDeterministically(const google::protobuf::MessageLite& message) {
  std::string bytes;
  bytes.resize(message.ByteSizeLong());
  google::protobuf::io::ArrayOutputStream array(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedOutputStream coded(&array);
  coded.SetSerializationDeterministic(true);
  message.SerializeWithCachedSizes(&coded);
  return bytes;
}

std::string UnknownFieldsOf(const google::protobuf::Message& message) {
  std::string bytes;
  message.GetReflection()->GetUnknownFields(message).SerializeToString(&bytes);
  return bytes;
}

void SetUnknownFields(absl::string_view unknown, google::protobuf::Message& message) {
  if (!unknown.empty()) {
    message.GetReflection()->MutableUnknownFields(&message)->ParseFromArray(
        unknown.data(), static_cast<int>(unknown.size()));
  }
}

}  // namespace cloudmap
