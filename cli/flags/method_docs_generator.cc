// Writes the source of MethodDocs() from a descriptor set with comments:
//
//   protoc --include_source_info --include_imports --descriptor_set_out=SET ...
//   method_docs_generator SET cloudmap.v1.ServiceDiscovery > method_docs.cc
#include <cstdio>
#include <fstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"

namespace {

std::string Line(const std::string& comment) {
  return absl::CEscape(absl::StripAsciiWhitespace(absl::StrReplaceAll(comment, {{"\n", " "}})));
}

int Generate(const google::protobuf::ServiceDescriptor& service) {
  std::printf(
      "#include <array>\n\n#include \"cli/flags/method_docs.h\"\n\nnamespace cloudmap::cli {\n"
      "namespace {\nconstexpr std::array kDocs = {\n");
  google::protobuf::SourceLocation location;
  // protoc takes the comment above the first group for one that trails the service's brace.
  std::string group = service.GetSourceLocation(&location) ? Line(location.trailing_comments) : "";
  for (int i = 0; i < service.method_count(); ++i) {
    const std::string& name = service.method(i)->name();
    if (!service.method(i)->GetSourceLocation(&location) || location.leading_comments.empty()) {
      std::fprintf(stderr, "%s has no comment; write one above it in the proto\n", name.c_str());
      return 1;
    }
    if (!location.leading_detached_comments.empty()) {
      group = Line(location.leading_detached_comments.back());
    }
    std::printf("    MethodDoc{\"%s\", \"%s\", \"%s\"},\n", name.c_str(), group.c_str(),
                Line(location.leading_comments).c_str());
  }
  std::printf(
      "};\n}  // namespace\n\nstd::span<const MethodDoc> MethodDocs() { return kDocs; }\n\n"
      "}  // namespace cloudmap::cli\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: method_docs_generator DESCRIPTOR_SET SERVICE\n");
    return 2;
  }
  google::protobuf::FileDescriptorSet set;
  std::ifstream input(argv[1], std::ios::binary);
  if (!set.ParseFromIstream(&input)) {
    std::fprintf(stderr, "%s is not a descriptor set\n", argv[1]);
    return 1;
  }
  google::protobuf::DescriptorPool pool;
  for (const auto& file : set.file()) {
    pool.BuildFile(file);
  }
  const auto* service = pool.FindServiceByName(argv[2]);
  if (service == nullptr) {
    std::fprintf(stderr, "%s declares no %s\n", argv[1], argv[2]);
    return 1;
  }
  return Generate(*service);
}
