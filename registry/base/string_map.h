// The map<string, string> of messages: attributes, tags, parameters.
#pragma once

#include <string>

#include "google/protobuf/map.h"

namespace cloudmap {

using StringMap = google::protobuf::Map<std::string, std::string>;

}  // namespace cloudmap
