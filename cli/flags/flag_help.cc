#include "cli/flags/flag_help.h"

#include <array>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "cli/flags/names.h"
#include "registry/schema/enum_names.h"

namespace cloudmap::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

// Longer patterns tell a reader less than the error does.
constexpr size_t kPatternCharactersMax = 48;

std::string ElementSyntax(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SyntaxOf(*field.message_type());
    case FieldDescriptor::CPPTYPE_ENUM:
      return absl::StrJoin(registry::EnumNames(*field.enum_type()), "|");
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return "N";
    default:
      return "TEXT";
  }
}

// The syntax of a member of a structure, where braces and brackets tell whose members are whose.
std::string NestedSyntax(const FieldDescriptor& field) {
  std::string syntax = ElementSyntax(field);
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    syntax = absl::StrCat("{", syntax, "}");
  }
  return field.is_repeated() ? absl::StrCat("[", syntax, ",...]") : syntax;
}

std::string Range(const v1::Bounds& bounds, absl::string_view unit) {
  if (bounds.has_min() && bounds.has_max()) {
    return bounds.min() == bounds.max() ? absl::StrCat(bounds.min(), unit)
                                        : absl::StrCat(bounds.min(), " to ", bounds.max(), unit);
  }
  return bounds.has_min() ? absl::StrCat("at least ", bounds.min(), unit)
                          : absl::StrCat("at most ", bounds.max(), unit);
}

void AddConstraints(const v1::FieldRules& rules, absl::string_view of,
                    std::vector<std::string>& out) {
  if (rules.has_items()) {
    out.push_back(absl::StrCat(of, Range(rules.items(), " entries")));
  }
  if (rules.has_length()) {
    out.push_back(absl::StrCat(of, Range(rules.length(), " characters")));
  }
  if (rules.has_value()) {
    out.push_back(absl::StrCat(of, Range(rules.value(), "")));
  }
  if (rules.format() != v1::FORMAT_UNSPECIFIED) {
    const std::string& pattern = v1::Format_descriptor()
                                     ->FindValueByNumber(rules.format())
                                     ->options()
                                     .GetExtension(v1::pattern);
    if (pattern.size() <= kPatternCharactersMax) {
      out.push_back(absl::StrCat(of, "matches ", pattern));
    }
  }
  if (rules.has_key()) {
    AddConstraints(rules.key(), "keys: ", out);
  }
  if (rules.has_element()) {
    AddConstraints(rules.element(), "values: ", out);
  }
}

// What an example of the command line gives a member.
struct Sample {
  absl::string_view member;
  absl::string_view value;
  // Shown although the API does not require it.
  bool always;
};
constexpr std::array kSamples = {
    Sample{"NamespaceId", "ns-e1tpmexample0001", true},
    Sample{"ServiceId", "srv-e4anhexample0004", false},
    Sample{"InstanceId", "i-1", false},
    Sample{"OperationId", "gv4g5meo7ndmeh4fqskygvk23d2fijwa", false},
    Sample{"ResourceARN",
           "arn:aws:servicediscovery:us-east-1:000000000000:namespace/ns-e1tpmexample0001", false},
    Sample{"Name", "corp.local", false},
    Sample{"NamespaceName", "corp.local", false},
    Sample{"ServiceName", "web", false},
    Sample{"Vpc", "vpc-1", false},
    Sample{"Status", "UNHEALTHY", false},
    Sample{"DnsConfig", "'DnsRecords=[{Type=A,TTL=10}]'", true},
    Sample{"Service", "'DnsConfig={DnsRecords=[{Type=A,TTL=60}]}'", false},
    Sample{"Namespace", "'Description=Our services'", false},
    Sample{"Tags", "Key=team,Value=search", false},
    Sample{"TagKeys", "team", false},
};

const Sample* SampleOf(const FieldDescriptor& field) {
  for (const Sample& sample : kSamples) {
    if (field.json_name() == sample.member) {
      return &sample;
    }
  }
  return nullptr;
}

std::string SampleValue(const MethodDescriptor& method, const FieldDescriptor& field) {
  if (field.json_name() == "Id") {
    return absl::StrContains(method.name(), "Namespace") ? "ns-e1tpmexample0001"
                                                         : "srv-e4anhexample0004";
  }
  if (field.json_name() == "Name" && method.name() == "CreateService") {
    return "web";
  }
  if (field.json_name() == "Attributes") {
    const std::string pair =
        method.name() == "RegisterInstance" ? "AWS_INSTANCE_IPV4=10.0.0.1" : "color=blue";
    return field.is_map() ? pair : "color";
  }
  const Sample* sample = SampleOf(field);
  return sample != nullptr ? std::string(sample->value) : SyntaxOf(field);
}

}  // namespace

const v1::FieldRules& RulesOf(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::rules);
}

std::string SyntaxOf(const FieldDescriptor& field) {
  if (field.is_map()) {
    return "KEY=VALUE[,...]";
  }
  const bool list_of_words =
      field.is_repeated() && field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE;
  return absl::StrCat(ElementSyntax(field), list_of_words ? "[,...]" : "");
}

std::string SyntaxOf(const Descriptor& type) {
  std::vector<std::string> members;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    members.push_back(absl::StrCat(field.json_name(), "=", NestedSyntax(field)));
  }
  return absl::StrJoin(members, ",");
}

std::string ConstraintsOf(const FieldDescriptor& field) {
  std::vector<std::string> constraints;
  AddConstraints(RulesOf(field), "", constraints);
  if (RulesOf(field).idempotency_token()) {
    constraints.emplace_back("a new random one when left out");
  }
  return absl::StrJoin(constraints, "; ");
}

std::string ExampleOf(const MethodDescriptor& method) {
  std::string example = absl::StrCat("cloudmapctl ", KebabCase(method.name()));
  const Descriptor& request = *method.input_type();
  for (int i = 0; i < request.field_count(); ++i) {
    const FieldDescriptor& field = *request.field(i);
    const Sample* sample = SampleOf(field);
    if (RulesOf(field).required() || (sample != nullptr && sample->always)) {
      absl::StrAppend(&example, " --", KebabCase(field.json_name()), " ",
                      SampleValue(method, field));
    }
  }
  return example;
}

}  // namespace cloudmap::cli
