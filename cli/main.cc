#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "cli/run.h"

int main(int argc, char** argv) {
  // gRPC's own log would mix with the one line that says what went wrong. Nothing else runs yet.
  setenv("GRPC_VERBOSITY", "NONE", /*replace=*/0);  // NOLINT(concurrency-mt-unsafe)
  const cloudmap::cli::CliResult result =
      cloudmap::cli::RunCli(std::vector<std::string>(argv + 1, argv + argc));
  std::fputs(result.out.c_str(), stdout);
  std::fputs(result.err.c_str(), stderr);
  return std::fflush(stdout) == 0 ? result.exit_code : cloudmap::cli::kServerError;
}
