// How names of the API are spelled on the command line, as the AWS CLI does it.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace cloudmap::cli {

// "RegisterInstance" is "register-instance", "ResourceARN" is "resource-arn".
std::string KebabCase(absl::string_view name);

}  // namespace cloudmap::cli
