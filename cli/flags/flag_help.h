// The texts of --help that follow from the proto: how to write a flag's value, what is allowed in
// it, and an example of the whole command.
//
//   SyntaxOf(dns_records)       "Type=SRV|A|AAAA|CNAME,TTL=N"
//   ConstraintsOf(instance_id)  "at most 64 characters; matches ^[0-9a-zA-Z_/:.@-]+$"
//   ExampleOf(get_service)      "cloudmapctl get-service --id srv-e4anhexample0004"
//
// Pure functions that cannot fail; thread-safe.
#pragma once

#include <string>

#include "cloudmap/v1/options.pb.h"
#include "google/protobuf/descriptor.h"

namespace cloudmap::cli {

// The (rules) that the proto states for `field`; the default ones when it states none. The
// reference lives as long as the descriptor.
const v1::FieldRules& RulesOf(const google::protobuf::FieldDescriptor& field);

// How a value of `field` is written: "TEXT", "N", "A|AAAA", "KEY=VALUE[,...]" for a map,
// "DnsRecords=[{Type=SRV|A|AAAA|CNAME,TTL=N},...]" for a structure, with "[,...]" behind it where a
// list of words is taken.
std::string SyntaxOf(const google::protobuf::FieldDescriptor& field);
// The same for the members of a structure, without braces around them.
std::string SyntaxOf(const google::protobuf::Descriptor& type);

// The (rules) of `field` as a phrase, "at most 64 characters; a new random one when left out"; ""
// when there are none. Patterns that are longer than a reader takes in are left out: the server's
// error shows them.
std::string ConstraintsOf(const google::protobuf::FieldDescriptor& field);

// A command line for `method` that works once its ids are replaced by real ones. It has the
// required flags, and those without which the operation is rarely meant.
std::string ExampleOf(const google::protobuf::MethodDescriptor& method);

}  // namespace cloudmap::cli
