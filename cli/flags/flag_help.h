// What --help says of a flag, from its field's type and (rules).
//
// Thread safety: pure functions.
#pragma once

#include <string>

#include "cloudmap/v1/options.pb.h"
#include "google/protobuf/descriptor.h"

namespace cloudmap::cli {

const v1::FieldRules& RulesOf(const google::protobuf::FieldDescriptor& field);

// How a value is written: "TEXT", "N", "A|AAAA", "KEY=VALUE[,...]",
// "DnsRecords=[{Type=SRV|A|AAAA|CNAME,TTL=N},...]".
std::string SyntaxOf(const google::protobuf::FieldDescriptor& field);
std::string SyntaxOf(const google::protobuf::Descriptor& type);

// "1 to 64 characters; matches ^[0-9a-zA-Z_/:.@-]+$", or "" when there is no constraint.
std::string ConstraintsOf(const google::protobuf::FieldDescriptor& field);

// A call that works once its ids are replaced: the required flags, and those without which the
// operation is rarely meant.
std::string ExampleOf(const google::protobuf::MethodDescriptor& method);

}  // namespace cloudmap::cli
