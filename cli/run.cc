#include "cli/run.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cli/calls.h"
#include "cli/client.h"
#include "cli/flags/flag_help.h"
#include "cli/flags/flags_from_proto.h"
#include "cli/flags/method_docs.h"
#include "cli/flags/names.h"
#include "cli/print.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "nlohmann/json.hpp"
#include "registry/base/nearest_name.h"
#include "registry/base/status_macros.h"
#include "server/json/proto_json.h"

namespace cloudmap::cli {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr char kProgram[] = "cloudmapctl";
constexpr char kDescription[] =
    "cloudmapctl: the command line of cloudmapd, an AWS Cloud Map-compatible service-discovery\n"
    "server. Commands and flags are named as in `aws servicediscovery`.";
constexpr char kTopFooter[] =
    "Each command has its own flags: cloudmapctl COMMAND --help\n"
    "\n"
    "Exit codes: 0 done; 1 the server answered an error, or an awaited operation failed;\n"
    "            2 the command line is wrong; 3 the server cannot be reached.";

struct GlobalOptions {
  ConnectOptions connect;
  std::string output = "table";
  std::string timeout = "5s";
};

struct Command {
  const MethodDescriptor* method = nullptr;
  CLI::App* app = nullptr;
  std::unique_ptr<RequestFlags> flags;
  bool wait = false;
  std::string wait_timeout = "5m";
  bool no_paginate = false;
};

absl::StatusOr<absl::Duration> PositiveDuration(absl::string_view flag, const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) || duration <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": '", text, "' is no duration; write 500ms, 5s or 2m"));
  }
  return duration;
}

void DeclareGlobalOptions(CLI::App& app, GlobalOptions& options) {
  app.set_version_flag("--version", absl::StrCat(kProgram, " ", CLOUDMAP_VERSION));
  app.add_option("--server", options.connect.server, "The server's gRPC address")
      ->type_name("HOST:PORT")
      ->envname("CLOUDMAPCTL_SERVER")
      ->capture_default_str();
  app.add_option("--output", options.output, "How responses are written; tables leave out ARNs")
      ->type_name("table|json")
      ->check(CLI::IsMember({"table", "json"}).description(""))
      ->capture_default_str();
  app.add_option("--timeout", options.timeout, "Of each call to the server")
      ->type_name("DURATION")
      ->capture_default_str();
  app.add_option("--tls-ca", options.connect.tls_ca,
                 "Use TLS and accept servers whose certificate this CA signed")
      ->type_name("FILE");
  app.add_option("--tls-cert", options.connect.tls_cert, "Use TLS and show this client certificate")
      ->type_name("FILE");
  app.add_option("--tls-key", options.connect.tls_key, "The key of --tls-cert")->type_name("FILE");
}

void DeclareCommand(CLI::App& app, const MethodDescriptor& method, const MethodDoc& doc,
                    Command& command) {
  command.method = &method;
  command.app = app.add_subcommand(KebabCase(method.name()), std::string(doc.summary));
  command.app->group(std::string(doc.group));
  command.app->set_help_flag();
  command.flags = std::make_unique<RequestFlags>(*method.input_type(), *command.app);
  if (IsAsynchronous(method)) {
    command.app->add_flag("--wait", command.wait,
                          "Wait for the operation to end and print it; exit code 1 if it failed");
    command.app->add_option("--wait-timeout", command.wait_timeout, "How long --wait waits")
        ->type_name("DURATION")
        ->capture_default_str();
  }
  if (IsPaged(method)) {
    command.app->add_flag("--no-paginate", command.no_paginate,
                          "Print one page instead of all (also with --max-results or "
                          "--next-token)");
  }
  // Last, so that the required flags come first in the help.
  command.app->set_help_flag("-h,--help", "Print this help");
  command.app->footer(absl::StrCat("Example:\n  ", ExampleOf(method),
                                   "\n\nOptions for all commands, such as --server and --output: "
                                   "cloudmapctl --help"));
}

absl::StatusOr<std::unique_ptr<Message>> Execute(const Command& command, Client& client) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Message> request, command.flags->BuildRequest());
  const bool one_page = command.no_paginate || command.flags->Given("MaxResults") ||
                        command.flags->Given("NextToken");
  if (IsPaged(*command.method) && !one_page) {
    return CallAllPages(client, *command.method, *request);
  }
  ASSIGN_OR_RETURN(std::unique_ptr<Message> response, client.Call(*command.method, *request));
  if (!command.wait) {
    return response;
  }
  ASSIGN_OR_RETURN(const absl::Duration timeout,
                   PositiveDuration("--wait-timeout", command.wait_timeout));
  return WaitForOperation(client, *response, timeout);
}

int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kOk;
    case absl::StatusCode::kInvalidArgument:
      return kUsageError;
    case absl::StatusCode::kUnavailable:
      return kUnreachable;
    default:
      return kServerError;
  }
}

std::string ErrorLine(absl::string_view text) {
  return absl::StrCat(kProgram, ": ", absl::StrReplaceAll(text, {{"\n", " "}}), "\n");
}

CliResult UsageError(const Command* command, absl::string_view text) {
  const std::string name =
      command == nullptr ? "" : absl::StrCat(" ", KebabCase(command->method->name()));
  return {kUsageError, "", ErrorLine(absl::StrCat(text, "; see ", kProgram, name, " --help"))};
}

// A sentence for stderr about a response that is not an error and yet probably not what was meant;
// "" for all others.
std::string WarningOf(const Message& response) {
  const auto* found = dynamic_cast<const v1::DiscoverInstancesResponse*>(&response);
  if (found != nullptr && found->instances().empty() && found->has_instances_revision() &&
      found->instances_revision() == 0) {
    return "warning: the namespace has no service of that name";
  }
  return "";
}

CliResult RunCommand(const Command& command, GlobalOptions& options) {
  const absl::StatusOr<absl::Duration> timeout = PositiveDuration("--timeout", options.timeout);
  if (!timeout.ok()) {
    return UsageError(&command, timeout.status().message());
  }
  options.connect.timeout = *timeout;
  absl::StatusOr<Client> client = Client::Connect(options.connect);
  if (!client.ok()) {
    return UsageError(&command, client.status().message());
  }
  const absl::StatusOr<std::unique_ptr<Message>> response = Execute(command, *client);
  if (absl::IsInvalidArgument(response.status())) {
    return UsageError(&command, response.status().message());
  }
  CliResult result;
  if (response.ok()) {
    result.out = options.output == "json" ? absl::StrCat(json::EncodePretty(**response), "\n")
                                          : PrintTable(**response);
    if (const std::string warning = WarningOf(**response); !warning.empty()) {
      result.err = ErrorLine(warning);
    }
  }
  const absl::Status status =
      response.ok() && command.wait ? OperationError(**response) : response.status();
  result.exit_code = ExitCodeOf(status);
  if (!status.ok()) {
    result.err = ErrorLine(status.message());
  }
  return result;
}

// True when `text` can be written into JSON, as the rest of the program does with arguments.
bool IsUtf8(const std::string& text) {
  try {
    return !nlohmann::json(text).dump().empty();
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

// All options of the apps as they are written on the command line.
std::vector<std::string> FlagsOf(const std::vector<const CLI::App*>& apps) {
  std::vector<std::string> flags;
  for (const CLI::App* app : apps) {
    for (const CLI::Option* option : app->get_options()) {
      flags.push_back(option->get_name());
    }
  }
  return flags;
}

std::string UnknownCommand(const CLI::App& app, const std::vector<std::string>& rest) {
  if (absl::StartsWith(rest[0], "-")) {
    return DescribeUnknown(rest, FlagsOf({&app}));
  }
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    names.push_back(command->get_name());
  }
  const std::string nearest = NearestName(rest[0], names);
  return absl::StrCat("unknown command '", rest[0], "'", nearest.empty() ? "" : " (did you mean ",
                      nearest, nearest.empty() ? "" : "?)");
}

// The result when there is nothing left to run: help or the version was asked for, or the command
// line is wrong. nullopt when a command was parsed.
std::optional<CliResult> Parse(CLI::App& app, std::vector<std::string> arguments,
                               const std::deque<Command>& commands) {
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    return CliResult{kOk, app.help(), ""};
  } catch (const CLI::CallForVersion& version) {
    return CliResult{kOk, absl::StrCat(version.what(), "\n"), ""};
  } catch (const CLI::ParseError& error) {
    const std::vector<std::string> rest = app.remaining(/*recurse=*/true);
    for (const Command& command : commands) {
      if (command.app->parsed()) {
        const bool unknown = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
        return UsageError(
            &command, unknown ? DescribeUnknown(rest, FlagsOf({&app, command.app})) : error.what());
      }
    }
    return UsageError(nullptr, rest.empty() ? error.what() : UnknownCommand(app, rest));
  }
}

}  // namespace

CliResult RunCli(std::vector<std::string> arguments) {
  CLI::App app(kDescription, kProgram);
  GlobalOptions options;
  app.set_help_flag("-h,--help", "Print this help");
  app.fallthrough();
  app.require_subcommand(1);
  app.footer(kTopFooter);
  app.get_formatter()->column_width(38);
  DeclareGlobalOptions(app, options);

  const ServiceDescriptor& service =
      *v1::GetOperationRequest::descriptor()->file()->FindServiceByName("ServiceDiscovery");
  std::deque<Command> commands;
  for (const MethodDoc& doc : MethodDocs()) {
    DeclareCommand(app, *service.FindMethodByName(std::string(doc.method)), doc,
                   commands.emplace_back());
  }

  for (std::string& argument : arguments) {
    if (!IsUtf8(argument)) {
      return UsageError(nullptr, "an argument is not UTF-8");
    }
    argument = ProtectBrackets(std::move(argument));
  }
  if (std::optional<CliResult> done = Parse(app, std::move(arguments), commands)) {
    return *std::move(done);
  }
  // These values may begin with a bracket as well: "[::1]:8054", or a file's name.
  for (std::string* value :
       {&options.connect.server, &options.connect.tls_ca, &options.connect.tls_cert,
        &options.connect.tls_key, &options.timeout, &options.output}) {
    *value = Unprotected(std::move(*value));
  }
  for (Command& command : commands) {
    if (command.app->parsed()) {
      command.wait_timeout = Unprotected(std::move(command.wait_timeout));
      return RunCommand(command, options);
    }
  }
  return UsageError(nullptr, "no command");
}

}  // namespace cloudmap::cli
