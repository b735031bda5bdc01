// What the server asks of its threads beyond std::thread.
#pragma once

#include <string>

namespace cloudmap {

// Names the calling thread for ps and gdb; the kernel keeps 15 characters.
void SetThreadName(const std::string& name);

}  // namespace cloudmap
