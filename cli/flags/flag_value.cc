#include "cli/flags/flag_value.h"

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/flags/flag_help.h"
#include "cli/flags/shorthand.h"
#include "registry/base/status_macros.h"
#include "registry/schema/enum_names.h"

namespace cloudmap::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using Json = nlohmann::json;

absl::Status Wrong(absl::string_view path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

absl::StatusOr<Json> FitScalar(absl::string_view path, const FieldDescriptor& field,
                               const Json& value) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return FitObject(path, *field.message_type(), value);
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64: {
      int64_t number = 0;
      if (value.is_string() && absl::SimpleAtoi(value.get_ref<const std::string&>(), &number)) {
        return Json(number);
      }
      return value.is_number_integer() ? absl::StatusOr<Json>(value)
                                       : Wrong(path, absl::StrCat(value.dump(), " is no integer"));
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      if (value.is_string() &&
          registry::FindEnumValue(*field.enum_type(), value.get_ref<const std::string&>()) !=
              nullptr) {
        return value;
      }
      return Wrong(path,
                   absl::StrCat(value.dump(), " is none of ",
                                absl::StrJoin(registry::EnumNames(*field.enum_type()), ", ")));
    }
    default:
      return value.is_string() ? absl::StatusOr<Json>(value)
                               : Wrong(path, absl::StrCat(value.dump(), " is no string"));
  }
}

absl::StatusOr<Json> FitMap(absl::string_view path, const FieldDescriptor& field,
                            const Json& value) {
  if (!value.is_object()) {
    return Wrong(path, absl::StrCat(value.dump(), " is no object; write ", SyntaxOf(field)));
  }
  Json fitted = Json::object();
  for (const auto& [key, element] : value.items()) {
    ASSIGN_OR_RETURN(fitted[key], FitScalar(absl::StrCat(path, ".", key),
                                            *field.message_type()->map_value(), element));
  }
  return fitted;
}

absl::StatusOr<Json> FitMember(absl::string_view path, const FieldDescriptor& field,
                               const Json& value) {
  if (value.is_null()) {
    return value;
  }
  if (field.is_map()) {
    return FitMap(path, field, value);
  }
  if (!field.is_repeated()) {
    return FitScalar(path, field, value);
  }
  const Json list = value.is_array() ? value : Json::array({value});
  Json fitted = Json::array();
  for (const Json& element : list) {
    ASSIGN_OR_RETURN(Json one, FitScalar(path, field, element));
    fitted.push_back(std::move(one));
  }
  return fitted;
}

bool LooksLikeJson(absl::string_view text) {
  const absl::string_view trimmed = absl::StripLeadingAsciiWhitespace(text);
  return absl::StartsWith(trimmed, "{") || absl::StartsWith(trimmed, "[");
}

absl::StatusOr<Json> ParseJson(absl::string_view flag, absl::string_view text) {
  Json value = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) {
    return Wrong(flag, absl::StrCat("'", text, "' is not valid JSON; quote it for the shell"));
  }
  return value;
}

// One of the words given with a flag whose member is a list, a map or a structure, as JSON that
// still has to be fitted to the member's type.
absl::StatusOr<Json> ParseStructured(absl::string_view flag, const FieldDescriptor& field,
                                     absl::string_view text) {
  if (LooksLikeJson(text)) {
    return ParseJson(flag, text);
  }
  if (!field.is_map() && field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    const std::vector<std::string> words = absl::StrSplit(text, ',', absl::SkipEmpty());
    return Json(words);
  }
  absl::StatusOr<Json> value = field.is_map() ? ParsePairs(text) : ParseShorthand(text);
  if (!value.ok()) {
    return Wrong(flag, absl::StrCat(value.status().message(), "; write ", SyntaxOf(field),
                                    ", quote values that hold a comma, or give JSON"));
  }
  return value;
}

}  // namespace

absl::StatusOr<Json> FitObject(absl::string_view path, const Descriptor& type, const Json& value) {
  if (!value.is_object()) {
    return Wrong(path, absl::StrCat(value.dump(), " is no object; write ", SyntaxOf(type)));
  }
  Json fitted = Json::object();
  for (const auto& [name, member] : value.items()) {
    const FieldDescriptor* field = nullptr;
    std::vector<std::string> known;
    for (int i = 0; i < type.field_count(); ++i) {
      known.push_back(type.field(i)->json_name());
      if (known.back() == name) {
        field = type.field(i);
      }
    }
    if (field == nullptr) {
      return Wrong(path, absl::StrCat("unknown member '", name, "'; there are ",
                                      absl::StrJoin(known, ", ")));
    }
    ASSIGN_OR_RETURN(fitted[name], FitMember(absl::StrCat(path, ".", name), *field, member));
  }
  return fitted;
}

absl::StatusOr<Json> ValueOfFlag(absl::string_view flag, const FieldDescriptor& field,
                                 const std::vector<std::string>& values) {
  if (!field.is_repeated() && field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    return FitScalar(flag, field, Json(values.back()));
  }
  if (!field.is_repeated()) {
    ASSIGN_OR_RETURN(const Json value, ParseStructured(flag, field, values.back()));
    return FitScalar(flag, field, value);
  }
  Json all = field.is_map() ? Json::object() : Json::array();
  for (const std::string& text : values) {
    ASSIGN_OR_RETURN(const Json value, ParseStructured(flag, field, text));
    ASSIGN_OR_RETURN(const Json fitted, FitMember(flag, field, value));
    if (field.is_map()) {
      all.update(fitted);
    } else {
      all.insert(all.end(), fitted.begin(), fitted.end());
    }
  }
  return all;
}

}  // namespace cloudmap::cli
