// The comments on the methods in service_discovery.proto, which descriptors do not carry at run
// time; the table is generated from the proto when the CLI is built.
#pragma once

#include <span>

#include "absl/strings/string_view.h"

namespace cloudmap::cli {

struct MethodDoc {
  absl::string_view method;   // "RegisterInstance"
  absl::string_view group;    // "Instances"
  absl::string_view summary;  // "Creates or replaces an instance and its DNS records."
};

// In the order of the proto.
std::span<const MethodDoc> MethodDocs();

}  // namespace cloudmap::cli
