// cloudmapctl as a function: arguments in, output and exit code out.
//
// Every method of cloudmap.v1.ServiceDiscovery is a subcommand; nothing is written per operation.
// Thread safety: none needed; it reads CLOUDMAPCTL_SERVER from the environment.
#pragma once

#include <string>
#include <vector>

namespace cloudmap::cli {

enum ExitCode : int { kOk = 0, kServerError = 1, kUsageError = 2, kUnreachable = 3 };

struct Outcome {
  int exit_code = kOk;
  std::string out;
  std::string err;  // at most one line
};

// `arguments` are without the program's name.
Outcome RunCli(std::vector<std::string> arguments);

}  // namespace cloudmap::cli
