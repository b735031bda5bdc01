#include "cli/flags/flags_from_proto.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <random>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/flags/flag_help.h"
#include "cli/flags/flag_value.h"
#include "cli/flags/names.h"
#include "registry/base/status_macros.h"
#include "registry/schema/violations.h"
#include "server/json/proto_json.h"

namespace cloudmap::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Json = nlohmann::json;

constexpr char kInputFlag[] = "--cli-input-json";
// No argument that a shell passes on begins with this by accident.
constexpr char kBracketGuard = '\x01';

// RFC 9562 s5.4: a random UUID.
std::string NewToken() {
  std::random_device random;
  const auto bits = [&random](uint32_t keep, uint32_t set) { return (random() & keep) | set; };
  return absl::StrFormat("%08x-%04x-%04x-%04x-%04x%08x", random(), bits(0xffff, 0),
                         bits(0x0fff, 0x4000), bits(0x3fff, 0x8000), bits(0xffff, 0), random());
}

// The whole file, or standard input for "-"; nullopt when it cannot be read.
std::optional<std::string> ReadFile(const std::string& path) {
  const bool standard = path == "-";
  const std::unique_ptr<FILE, int (*)(FILE*)> file(
      standard ? stdin : std::fopen(path.c_str(), "rbe"),
      standard ? [](FILE*) { return 0; } : std::fclose);
  if (file == nullptr) {
    return std::nullopt;
  }
  std::string text;
  std::array<char, 4096> chunk{};
  while (const size_t size = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
    text.append(chunk.data(), size);
  }
  return std::ferror(file.get()) == 0 ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace

std::string Unprotected(std::string value) {
  if (!value.empty() && value.front() == kBracketGuard) {
    value.erase(0, 1);
  }
  return value;
}

std::string ProtectBrackets(std::string argument) {
  const size_t equals = argument.find('=');
  const size_t start =
      absl::StartsWith(argument, "--") && equals != std::string::npos ? equals + 1 : 0;
  if (start < argument.size() && argument[start] == '[') {
    argument.insert(start, 1, kBracketGuard);
  }
  return argument;
}

RequestFlags::RequestFlags(const Descriptor& type, CLI::App& app) : type_(type) {
  for (const bool required : {true, false}) {
    for (int i = 0; i < type.field_count(); ++i) {
      if (RulesOf(*type.field(i)).required() == required) {
        Declare(*type.field(i), app);
      }
    }
  }
  app.add_option(kInputFlag, input_file_,
                 "The request as JSON from FILE, or - for standard input; flags go over it")
      ->type_name("FILE")
      ->group("Options");
}

void RequestFlags::Declare(const FieldDescriptor& field, CLI::App& app) {
  Flag& flag = flags_.emplace_back();
  flag.field = &field;
  flag.name = absl::StrCat("--", KebabCase(field.json_name()));
  const std::string help = ConstraintsOf(field);
  flag.option = field.is_repeated() ? app.add_option(flag.name, flag.values, help)
                                    : app.add_option(flag.name, flag.value, help);
  flag.option->type_name(SyntaxOf(field))
      ->group(RulesOf(field).required() ? "Required" : "Options");
}

bool RequestFlags::Given(absl::string_view json_name) const {
  for (const Flag& flag : flags_) {
    if (flag.field->json_name() == json_name) {
      return flag.option->count() > 0;
    }
  }
  return false;
}

absl::StatusOr<Json> RequestFlags::ReadInput() const {
  if (input_file_.empty()) {
    return Json::object();
  }
  const std::string path = Unprotected(input_file_);
  const std::optional<std::string> text = ReadFile(path);
  if (!text.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(kInputFlag, ": cannot read ", path, "; name a readable file or -"));
  }
  const Json input = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (input.is_discarded()) {
    return absl::InvalidArgumentError(
        absl::StrCat(kInputFlag, ": ", path, " does not hold valid JSON"));
  }
  return FitObject(kInputFlag, type_, input);
}

absl::Status RequestFlags::CheckRequired(const Json& request) const {
  std::vector<std::string> missing;
  for (const Flag& flag : flags_) {
    const auto member = request.find(flag.field->json_name());
    if (RulesOf(*flag.field).required() && (member == request.end() || member->is_null())) {
      missing.push_back(flag.name);
    }
  }
  return missing.empty()
             ? absl::OkStatus()
             : absl::InvalidArgumentError(absl::StrCat("missing ", absl::StrJoin(missing, ", ")));
}

absl::StatusOr<std::unique_ptr<Message>> RequestFlags::BuildRequest() const {
  ASSIGN_OR_RETURN(Json request, ReadInput());
  for (const Flag& flag : flags_) {
    const std::string& member = flag.field->json_name();
    if (flag.option->count() > 0) {
      std::vector<std::string> values =
          flag.field->is_repeated() ? flag.values : std::vector<std::string>{flag.value};
      for (std::string& value : values) {
        value = Unprotected(std::move(value));
      }
      ASSIGN_OR_RETURN(request[member], ValueOfFlag(flag.name, *flag.field, values));
    } else if (RulesOf(*flag.field).idempotency_token() && !request.contains(member)) {
      request[member] = NewToken();
    }
  }
  RETURN_IF_ERROR(CheckRequired(request));

  std::unique_ptr<Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type_)->New());
  registry::Violations found;
  const absl::Status decoded = json::Decode(request.dump(), *message, found);
  const absl::Status status = decoded.ok() ? found.ToStatus() : decoded;
  if (!status.ok()) {
    return absl::InvalidArgumentError(status.message());
  }
  return message;
}

}  // namespace cloudmap::cli
