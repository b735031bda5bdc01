#include "server/grpc/grpc_reflection.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"

namespace cloudmap::api {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using grpc::reflection::v1::FileDescriptorResponse;
using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

// The file and all that it imports, itself first.
void AppendFile(const FileDescriptor& file, std::set<const FileDescriptor*>& seen,
                FileDescriptorResponse& response) {
  if (!seen.insert(&file).second) {
    return;
  }
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  response.add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) {
    AppendFile(*file.dependency(i), seen, response);
  }
}

const FileDescriptor* FileOfExtension(const DescriptorPool& pool, const std::string& type,
                                      int number) {
  const auto* extended = pool.FindMessageTypeByName(type);
  const FieldDescriptor* field =
      extended == nullptr ? nullptr : pool.FindExtensionByNumber(extended, number);
  return field == nullptr ? nullptr : field->file();
}

}  // namespace

GrpcReflection::GrpcReflection(std::vector<std::string> services)
    : services_(std::move(services)) {}

ServerReflectionResponse GrpcReflection::Answer(const ServerReflectionRequest& request) const {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  const FileDescriptor* file = nullptr;
  std::string asked;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kListServices:
      for (const std::string& service : services_) {
        response.mutable_list_services_response()->add_service()->set_name(service);
      }
      return response;
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      asked = request.all_extension_numbers_of_type();
      if (const auto* type = pool.FindMessageTypeByName(asked)) {
        std::vector<const FieldDescriptor*> extensions;
        pool.FindAllExtensions(type, &extensions);
        auto& numbers = *response.mutable_all_extension_numbers_response();
        numbers.set_base_type_name(asked);
        for (const FieldDescriptor* extension : extensions) {
          numbers.add_extension_number(extension->number());
        }
        return response;
      }
      break;
    case ServerReflectionRequest::kFileByFilename:
      asked = request.file_by_filename();
      file = pool.FindFileByName(asked);
      break;
    case ServerReflectionRequest::kFileContainingSymbol:
      asked = request.file_containing_symbol();
      file = pool.FindFileContainingSymbol(asked);
      break;
    case ServerReflectionRequest::kFileContainingExtension: {
      const auto& extension = request.file_containing_extension();
      asked = absl::StrCat(extension.containing_type(), " ", extension.extension_number());
      file = FileOfExtension(pool, extension.containing_type(), extension.extension_number());
      break;
    }
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      response.mutable_error_response()->set_error_code(grpc::StatusCode::INVALID_ARGUMENT);
      response.mutable_error_response()->set_error_message("The request asks for nothing.");
      return response;
  }
  if (file == nullptr) {
    response.mutable_error_response()->set_error_code(grpc::StatusCode::NOT_FOUND);
    response.mutable_error_response()->set_error_message(
        absl::StrCat("'", asked, "' is not known here."));
    return response;
  }
  std::set<const FileDescriptor*> seen;
  AppendFile(*file, seen, *response.mutable_file_descriptor_response());
  return response;
}

grpc::Status GrpcReflection::ServerReflectionInfo(
    grpc::ServerContext* /*context*/,
    grpc::ServerReaderWriter<ServerReflectionResponse, ServerReflectionRequest>* stream) {
  ServerReflectionRequest request;
  while (stream->Read(&request)) {
    if (!stream->Write(Answer(request))) {
      break;
    }
  }
  return grpc::Status::OK;
}

}  // namespace cloudmap::api
