// cloudmapctl as a function: arguments in, texts and exit code out, so that tests run it without a
// process.
//
//   CliResult result = RunCli({"list-namespaces", "--output", "json"});
//   // result.exit_code == kOk, result.out == "{\n  \"Namespaces\": ..."
//
// Every method of cloudmap.v1.ServiceDiscovery is a subcommand under its AWS CLI name; nothing is
// written per operation. The environment variable CLOUDMAPCTL_SERVER stands in for --server.
#pragma once

#include <string>
#include <vector>

namespace cloudmap::cli {

// What the process exits with; docs and scripts rely on the numbers.
enum ExitCode : int {
  kOk = 0,
  // The server answered an error, or an awaited operation failed or did not end in time.
  kServerError = 1,
  // The command line is wrong; nothing was sent.
  kUsageError = 2,
  // No answer: nobody listens there, or not within --timeout.
  kUnreachable = 3,
};

struct CliResult {
  int exit_code = kOk;
  // For stdout; empty unless the call succeeded, help was asked for, or an operation failed.
  std::string out;
  // For stderr: at most one line, the error or a warning, with its newline.
  std::string err;
};

// Runs one command to its end on the calling thread. `arguments` are those after the program's
// name, in any bytes: what is not UTF-8 is a usage error. Thread-safe.
CliResult RunCli(std::vector<std::string> arguments);

}  // namespace cloudmap::cli
