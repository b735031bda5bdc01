// Names of the API as the command line spells them. They are those of the AWS CLI, so that scripts
// for `aws servicediscovery` work with cloudmapctl.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace cloudmap::cli {

// Lower case with a dash between words: "RegisterInstance" is "register-instance". A run of
// capitals is one word: "ResourceARN" is "resource-arn". A pure function of ASCII names.
std::string KebabCase(absl::string_view name);

}  // namespace cloudmap::cli
