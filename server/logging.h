// Sets up the process's log on stderr (spdlog's default logger).
#pragma once

#include <string>

namespace cloudmap {

// `level`: debug, info, warn or error. `format`: text, or json for one object a line.
void SetUpLogging(const std::string& level, const std::string& format);

}  // namespace cloudmap
