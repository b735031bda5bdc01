// The type that protobuf gives a map<string, string> member of a message: attributes, tags,
// parameters. It has no order; what is shown to anybody is sorted first.
#pragma once

#include <string>

#include "google/protobuf/map.h"

namespace cloudmap {

using StringMap = google::protobuf::Map<std::string, std::string>;

}  // namespace cloudmap
