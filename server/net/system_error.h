// Why a system call failed, as the middle of a sentence: "address already in use".
#pragma once

#include <string>

namespace cloudmap {

// `error` is an errno value.
std::string ReasonOf(int error);

}  // namespace cloudmap
