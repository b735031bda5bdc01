#include "cli/run.h"

#include <atomic>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/flags/method_docs.h"
#include "cli/flags/names.h"
#include "cli/testing/fake_server.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cloudmap::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

FakeAnswer Ok(const google::protobuf::Message& response) {
  return {response.SerializeAsString(), grpc::Status::OK, ""};
}

FakeAnswer Failure(grpc::StatusCode code, const std::string& message, const std::string& type) {
  return {"", grpc::Status(code, message), type};
}

FakeAnswer OperationIn(v1::OperationStatus status) {
  v1::GetOperationResponse response;
  response.mutable_operation()->set_id("op-1");
  response.mutable_operation()->set_status(status);
  if (status == v1::OPERATION_STATUS_FAIL) {
    response.mutable_operation()->set_error_code("CANNOT_CREATE_HOSTED_ZONE");
    response.mutable_operation()->set_error_message("It exists.");
  }
  return Ok(response);
}

FakeAnswer Started() {
  v1::DeleteNamespaceResponse response;
  response.set_operation_id("op-1");
  return Ok(response);
}

CliResult RunOn(const FakeServer& server, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--server", server.address(), "--timeout", "60s"});
  return RunCli(std::move(arguments));
}

TEST(RunCli, SendsTheRequestAndPrintsTheResponseAsJson) {
  const FakeServer server([](absl::string_view method, const std::string& bytes) {
    v1::RegisterInstanceRequest request;
    EXPECT_EQ(method, "RegisterInstance");
    EXPECT_TRUE(request.ParseFromString(bytes));
    EXPECT_EQ(request.service_id(), "srv-1");
    EXPECT_EQ(request.attributes().at("AWS_INSTANCE_IPV4"), "10.0.0.1");
    v1::RegisterInstanceResponse response;
    response.set_operation_id("op-1");
    return Ok(response);
  });
  const CliResult result =
      RunOn(server, {"register-instance", "--service-id", "srv-1", "--instance-id", "i-1",
                     "--attributes", "AWS_INSTANCE_IPV4=10.0.0.1", "--output", "json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "{\n  \"OperationId\": \"op-1\"\n}\n");
  EXPECT_EQ(result.err, "");
}

TEST(RunCli, GlobalOptionsStandBeforeOrAfterTheCommand) {
  const FakeServer server([](absl::string_view, const std::string&) { return Started(); });
  const CliResult result = RunCli(
      {"--output", "json", "--server", server.address(), "delete-namespace", "--id", "ns-1"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("op-1"));
}

TEST(RunCli, ServerErrorIsOneLineWithTheAwsNameAndExitCodeOne) {
  const FakeServer server([](absl::string_view, const std::string&) {
    return Failure(grpc::StatusCode::NOT_FOUND, "Service srv-x not found.", "ServiceNotFound");
  });
  const CliResult result = RunOn(server, {"get-service", "--id", "srv-x"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "cloudmapctl: ServiceNotFound: Service srv-x not found.\n");
}

TEST(RunCli, ServerErrorNamedUnavailableIsStillTheServersAnswer) {
  const FakeServer server([](absl::string_view, const std::string&) {
    return Failure(grpc::StatusCode::UNAVAILABLE, "Not\nyet.", "ServiceUnavailable");
  });
  const CliResult result = RunOn(server, {"list-services"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "cloudmapctl: ServiceUnavailable: Not yet.\n");
}

TEST(RunCli, ErrorOfAServerThatIsNotOursShowsTheStatus) {
  const FakeServer server([](absl::string_view, const std::string&) {
    return Failure(grpc::StatusCode::UNIMPLEMENTED, "no such method", "");
  });
  const CliResult result = RunOn(server, {"list-services"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "cloudmapctl: gRPC status 12: no such method\n");
}

TEST(RunCli, UnreachableServerIsExitCodeThree) {
  std::string address;
  {
    const FakeServer gone([](absl::string_view, const std::string&) { return Started(); });
    address = gone.address();
  }
  const CliResult result = RunCli({"list-services", "--server", address});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, StartsWith(absl::StrCat("cloudmapctl: cannot reach ", address, " (")));
  EXPECT_THAT(result.err, HasSubstr("is cloudmapd running there?\n"));
}

TEST(RunCli, ServerComesFromTheEnvironmentUnlessGiven) {
  const FakeServer server([](absl::string_view, const std::string&) { return Started(); });
  setenv("CLOUDMAPCTL_SERVER", server.address().c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  const CliResult from_environment = RunCli({"delete-namespace", "--id", "ns-1"});
  const CliResult from_flag = RunCli({"delete-namespace", "--id", "ns-1", "--server", "nowhere"});
  unsetenv("CLOUDMAPCTL_SERVER");  // NOLINT(concurrency-mt-unsafe)
  EXPECT_EQ(from_environment.exit_code, 0) << from_environment.err;
  EXPECT_EQ(from_flag.exit_code, 2);
}

TEST(RunCli, WaitPollsUntilTheOperationEnds) {
  std::atomic<int> polls = 0;
  const FakeServer server([&](absl::string_view method, const std::string& bytes) {
    if (method == "DeleteNamespace") {
      return Started();
    }
    v1::GetOperationRequest request;
    EXPECT_EQ(method, "GetOperation");
    EXPECT_TRUE(request.ParseFromString(bytes));
    EXPECT_EQ(request.operation_id(), "op-1");
    return OperationIn(++polls < 3 ? v1::OPERATION_STATUS_PENDING : v1::OPERATION_STATUS_SUCCESS);
  });
  const CliResult result = RunOn(server, {"delete-namespace", "--id", "ns-1", "--wait"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "Id      op-1\nStatus  SUCCESS\n");
  EXPECT_EQ(polls, 3);
}

TEST(RunCli, WaitFailsWithTheOperation) {
  const FakeServer server([](absl::string_view method, const std::string&) {
    return method == "DeleteNamespace" ? Started() : OperationIn(v1::OPERATION_STATUS_FAIL);
  });
  const CliResult result = RunOn(server, {"delete-namespace", "--id", "ns-1", "--wait"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("FAIL"));
  EXPECT_EQ(result.err,
            "cloudmapctl: CANNOT_CREATE_HOSTED_ZONE: It exists. (operation op-1 failed)\n");
}

TEST(RunCli, WaitEndsAtItsTimeout) {
  const FakeServer server([](absl::string_view method, const std::string&) {
    return method == "DeleteNamespace" ? Started() : OperationIn(v1::OPERATION_STATUS_PENDING);
  });
  const CliResult result =
      RunOn(server, {"delete-namespace", "--id", "ns-1", "--wait", "--wait-timeout", "10ms"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err,
            "cloudmapctl: operation op-1 is still PENDING after 10ms; raise --wait-timeout\n");
}

// Three pages of one service each.
FakeAnswer Page(const std::string& bytes) {
  v1::ListServicesRequest request;
  EXPECT_TRUE(request.ParseFromString(bytes));
  const int page = request.next_token().empty() ? 1 : std::stoi(request.next_token());
  v1::ListServicesResponse response;
  response.add_services()->set_id(absl::StrCat("srv-", page));
  if (page < 3) {
    response.set_next_token(absl::StrCat(page + 1));
  }
  return Ok(response);
}

TEST(RunCli, ListsAreFetchedPageByPage) {
  const FakeServer server([](absl::string_view, const std::string& bytes) { return Page(bytes); });
  EXPECT_EQ(RunOn(server, {"list-services"}).out, "Id\nsrv-1\nsrv-2\nsrv-3\n");
  EXPECT_EQ(RunOn(server, {"list-services", "--no-paginate"}).out, "Id\nsrv-1\n\nNextToken  2\n");
  EXPECT_EQ(RunOn(server, {"list-services", "--next-token", "3"}).out, "Id\nsrv-3\n");
}

TEST(RunCli, RepeatedPageTokenIsAnErrorAndNoLoop) {
  const FakeServer server([](absl::string_view, const std::string&) {
    v1::ListServicesResponse response;
    response.set_next_token("again");
    return Ok(response);
  });
  const CliResult result = RunOn(server, {"list-services"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("same page token twice"));
}

TEST(RunCli, TheServersAddressMayBeIpv6) {
  for (const std::vector<std::string>& server :
       {std::vector<std::string>{"--server", "[::1]:1"}, {"--server=[::1]:1"}}) {
    std::vector<std::string> arguments = {"list-namespaces"};
    arguments.insert(arguments.end(), server.begin(), server.end());
    const CliResult result = RunCli(arguments);
    EXPECT_THAT(result.err, StartsWith("cloudmapctl: cannot reach [::1]:1 "));
  }
}

TEST(RunCli, AnUnknownServiceIsAnEmptyListAndAWarning) {
  const FakeServer server([](absl::string_view, const std::string&) {
    v1::DiscoverInstancesResponse response;
    response.set_instances_revision(0);
    return Ok(response);
  });
  const CliResult result =
      RunOn(server, {"discover-instances", "--namespace-name", "apps", "--service-name", "nope"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "cloudmapctl: warning: the namespace has no service of that name\n");
}

struct Misuse {
  std::vector<std::string> arguments;
  std::string err;
};

TEST(RunCli, MisuseIsExitCodeTwoAndOneLineWithTheRemedy) {
  const std::vector<Misuse> misuses = {
      {{}, "cloudmapctl: A subcommand is required; see cloudmapctl --help\n"},
      {{"registr"}, "cloudmapctl: unknown command 'registr'; see cloudmapctl --help\n"},
      {{"register-instanc"},
       "cloudmapctl: unknown command 'register-instanc' (did you mean register-instance?); see "
       "cloudmapctl --help\n"},
      {{"get-service", "--id", "s", "--zzz", "--outptu", "json"},
       "cloudmapctl: unknown option --zzz, unknown option --outptu (did you mean --output?); see "
       "cloudmapctl get-service --help\n"},
      {{"get-service"}, "cloudmapctl: missing --id; see cloudmapctl get-service --help\n"},
      {{"get-service", "--id", "s", "--nope"},
       "cloudmapctl: unknown option --nope; see cloudmapctl get-service "
       "--help\n"},
      {{"get-service", "--id", "s", "--server", "localhost"},
       "cloudmapctl: --server: 'localhost' is no HOST:PORT; write 127.0.0.1:8054 or [::1]:8054; "
       "see cloudmapctl get-service --help\n"},
      {{"get-service", "--id", "s", "--timeout", "soon"},
       "cloudmapctl: --timeout: 'soon' is no duration; write 500ms, 5s or 2m; see cloudmapctl "
       "get-service --help\n"},
      {{"get-service", "--id", "s", "--tls-ca", "/nonexistent.pem"},
       "cloudmapctl: --tls-ca: cannot read /nonexistent.pem; name a readable PEM file; see "
       "cloudmapctl get-service --help\n"},
      {{"get-service", "--id", "s", "--tls-cert", "x.pem"},
       "cloudmapctl: --tls-cert: give --tls-key with it; see cloudmapctl get-service --help\n"},
      {{"get-service", "--id", "\xff"},
       "cloudmapctl: an argument is not UTF-8; see cloudmapctl --help\n"},
  };
  for (const Misuse& misuse : misuses) {
    const CliResult result = RunCli(misuse.arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.err, misuse.err);
    EXPECT_EQ(result.out, "");
  }
}

TEST(Help, TopListsEveryOperationUnderItsGroup) {
  const CliResult result = RunCli({"--help"});
  EXPECT_EQ(result.exit_code, 0);
  const auto* service = v1::GetOperationRequest::descriptor()->file()->service(0);
  ASSERT_EQ(MethodDocs().size(), static_cast<size_t>(service->method_count()));
  size_t position = 0;
  for (const MethodDoc& doc : MethodDocs()) {
    position = result.out.find(absl::StrCat("\n  ", KebabCase(doc.method)), position);
    ASSERT_NE(position, std::string::npos) << doc.method;
    EXPECT_THAT(result.out, HasSubstr(std::string(doc.summary)));
  }
  for (const char* group : {"Namespaces:", "Services:", "Instances:", "Operations:", "Tags:",
                            "Exit codes:", "CLOUDMAPCTL_SERVER"}) {
    EXPECT_THAT(result.out, HasSubstr(group));
  }
}

TEST(Help, CommandListsRequiredFlagsFirstWithConstraintsAndAnExample) {
  const CliResult result = RunCli({"register-instance", "--help"});
  EXPECT_EQ(result.exit_code, 0);
  const size_t required = result.out.find("Required:");
  const size_t attributes = result.out.find("--attributes KEY=VALUE[,...]");
  const size_t options = result.out.find("Options:\n");
  const size_t token = result.out.find("--creator-request-id TEXT");
  EXPECT_LT(required, attributes);
  EXPECT_LT(attributes, options);
  EXPECT_LT(options, token);
  EXPECT_NE(token, std::string::npos);
  EXPECT_THAT(result.out, HasSubstr("at most 64 characters; matches ^[0-9a-zA-Z_/:.@-]+$"));
  EXPECT_THAT(result.out, HasSubstr("--wait"));
  EXPECT_THAT(result.out, HasSubstr("Example:\n  cloudmapctl register-instance --service-id "
                                    "srv-e4anhexample0004 --instance-id i-1 --attributes "
                                    "AWS_INSTANCE_IPV4=10.0.0.1\n"));
}

TEST(Help, VersionIsOneLine) {
  const CliResult result = RunCli({"--version"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, ::testing::MatchesRegex("cloudmapctl [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

}  // namespace
}  // namespace cloudmap::cli
