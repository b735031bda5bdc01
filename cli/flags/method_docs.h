// The comments above the methods in service_discovery.proto, which descriptors do not carry at run
// time. method_docs_generator writes the table from the proto while the CLI is built, so that a
// method's one-line description is written once.
//
//   for (const MethodDoc& doc : MethodDocs()) { ... doc.method ... }
#pragma once

#include <span>

#include "absl/strings/string_view.h"

namespace cloudmap::cli {

// All three are static text.
struct MethodDoc {
  absl::string_view method;  // "RegisterInstance"
  // The comment that stands by itself above the first method of a group: "Instances".
  absl::string_view group;
  // The method's own comment: "Creates or replaces an instance and its DNS records."
  absl::string_view summary;
};

// Every method of the service, in the order of the proto.
std::span<const MethodDoc> MethodDocs();

}  // namespace cloudmap::cli
